// SPDX-License-Identifier: GPL-3.0-or-later
// Which language, and its texts.

import type { Lang } from "../format";
import { en } from "./en";
import { enAlarms } from "./en-alarms";
import { enAllow } from "./en-allow";
import { enFirewall } from "./en-firewall";
import { enPages } from "./en-pages";
import { enRegister } from "./en-register";
import { enTerms } from "./en-terms";
import { enZones } from "./en-zones";
import { ja } from "./ja";
import { jaAlarms } from "./ja-alarms";
import { jaAllow } from "./ja-allow";
import { jaFirewall } from "./ja-firewall";
import { jaPages } from "./ja-pages";
import { jaRegister } from "./ja-register";
import { jaTerms } from "./ja-terms";
import { jaZones } from "./ja-zones";

const jaAll = {
	...ja, ...jaAlarms, ...jaAllow, ...jaFirewall, ...jaPages, ...jaRegister, ...jaTerms, ...jaZones,
};

export type MessageKey = keyof typeof jaAll;
export type Params = Record<string, string | number>;

export const messages: Record<Lang, Record<MessageKey, string>> = {
	ja: jaAll,
	en: {
		...en, ...enAlarms, ...enAllow, ...enFirewall, ...enPages, ...enRegister, ...enTerms,
		...enZones,
	},
};

const STORED = "sekisho.language";

export function chooseLanguage(stored: string | null, wanted: readonly string[]): Lang {
	if (stored === "ja" || stored === "en")
		return stored;
	const first = wanted.find((l) => /^(ja|en)\b/i.test(l));
	return first !== undefined && /^en/i.test(first) ? "en" : "ja";
}

export function storedLanguage(): Lang {
	try {
		return chooseLanguage(localStorage.getItem(STORED), navigator.languages);
	} catch { // storage may be forbidden
		return chooseLanguage(null, navigator.languages);
	}
}

export function storeLanguage(lang: Lang): void {
	try {
		localStorage.setItem(STORED, lang);
	} catch {
		// then it holds until the page is closed
	}
}

export function translate(lang: Lang, key: MessageKey, params: Params = {}): string {
	return messages[lang][key].replace(/\{(\w+)\}/g, (hole: string, name: string) =>
		name in params ? String(params[name]) : hole);
}

// The word for a value that the API names; the value itself when it is a new one.
export function termOf(lang: Lang, group: string, value: string): string {
	const table: Partial<Record<string, string>> = messages[lang];
	return table[`${group}.${value}`] ?? value;
}
