// SPDX-License-Identifier: GPL-3.0-or-later
// Values as text for people, and the times that people enter. Pure.

export type Lang = "ja" | "en";

export const ZONE = "Asia/Tokyo";

const locales: Record<Lang, string> = { ja: "ja-JP", en: "en-GB" };

export function locale(lang: Lang): string {
	return locales[lang];
}

interface Fields {
	year: string;
	month: string;
	day: string;
	hour: string;
	minute: string;
	second: string;
}

function fieldsOf(when: Date, zone: string): Fields {
	const parts = new Intl.DateTimeFormat("en-GB", {
		timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit",
		hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
	}).formatToParts(when);
	const get = (type: string): string => parts.find((p) => p.type === type)?.value ?? "";
	return {
		year: get("year"), month: get("month"), day: get("day"),
		hour: get("hour"), minute: get("minute"), second: get("second"),
	};
}

function parse(time: string | null | undefined): Date | null {
	if (time === null || time === undefined || time === "")
		return null;
	const when = new Date(time);
	return Number.isNaN(when.getTime()) ? null : when;
}

// "2026-11-21 09:05:07"; a dash when there is none, the text itself when it is no time.
export function dateTime(time: string | null | undefined, zone = ZONE): string {
	const when = parse(time);
	if (when === null)
		return time ?? "–";
	const f = fieldsOf(when, zone);
	return `${f.year}-${f.month}-${f.day} ${f.hour}:${f.minute}:${f.second}`;
}

// For sentences: "2026年11月21日(土) 9:05" or "Sat, 21 November 2026, 09:05".
export function longDateTime(time: string, lang: Lang, zone = ZONE): string {
	const when = parse(time);
	if (when === null)
		return time;
	const date = new Intl.DateTimeFormat(locale(lang), {
		timeZone: zone, year: "numeric", month: "long", day: "numeric", weekday: "short",
	}).format(when);
	const clock = new Intl.DateTimeFormat(locale(lang), {
		timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23",
	}).format(when);
	return lang === "ja" ? `${date} ${clock}` : `${date}, ${clock}`;
}

// The value of a datetime-local field for a moment.
export function toLocalInput(when: Date, zone = ZONE): string {
	const f = fieldsOf(when, zone);
	return `${f.year}-${f.month}-${f.day}T${f.hour}:${f.minute}`;
}

// What somebody entered as the site's wall-clock time, as RFC 3339 in UTC; null: no time.
export function fromLocalInput(text: string, zone = ZONE): string | null {
	const m = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d))?$/.exec(text);
	if (m === null)
		return null;
	const n = m.slice(1).map((part) => Number(part ?? 0));
	const wanted = Date.UTC(n[0]!, n[1]! - 1, n[2]!, n[3]!, n[4]!, n[5]!);
	if (new Date(wanted).toISOString().slice(0, 16) !== text.slice(0, 16))
		return null;
	let utc = wanted;
	for (let i = 0; i < 2; i++) { // the second round is for days when the offset changes
		const shown = fieldsOf(new Date(utc), zone);
		utc += wanted - Date.UTC(Number(shown.year), Number(shown.month) - 1, Number(shown.day),
			Number(shown.hour), Number(shown.minute), Number(shown.second));
	}
	return new Date(utc).toISOString().replace(/\.\d+Z$/, "Z");
}

// The moment of a clock time today at the site, as a field value: ("17:15").
export function todayAt(clock: string, now: Date, zone = ZONE): string {
	return `${toLocalInput(now, zone).slice(0, 10)}T${clock}`;
}

const units: Record<Lang, [string, string, string, string]> = {
	ja: ["日", "時間", "分", "秒"],
	en: [" d", " h", " min", " s"],
};

// Seconds as the two largest units: "2時間30分", "2 h 30 min".
export function duration(seconds: number, lang: Lang): string {
	const s = Math.max(0, Math.floor(seconds));
	const counts = [Math.floor(s / 86400), Math.floor(s / 3600) % 24, Math.floor(s / 60) % 60, s % 60];
	const first = counts.findIndex((n) => n > 0);
	if (first === -1)
		return `0${units[lang][3]}`;
	return counts.map((n, i) => [n, i] as const)
		.filter(([n, i]) => n > 0 && i >= first && i < first + 2)
		.map(([n, i]) => `${n}${units[lang][i as 0 | 1 | 2 | 3]}`)
		.join(lang === "ja" ? "" : " ");
}

export function durationMs(ms: number | undefined, lang: Lang): string {
	if (ms === undefined)
		return "–";
	return ms < 1000 ? `${ms} ms` : ms < 60000 ? `${(ms / 1000).toFixed(1)}${units[lang][3]}`
		: duration(ms / 1000, lang);
}

// Seconds until a moment, negative when it is over; null when there is no end.
export function secondsUntil(time: string | null | undefined, now: Date): number | null {
	const when = parse(time);
	return when === null ? null : Math.floor((when.getTime() - now.getTime()) / 1000);
}

// Is what was fetched then, by this PC's clock, too old to be called the present state?
export const OLD_MS = 30_000;

export function isOld(at: Date | undefined, now: Date): boolean {
	return at === undefined || Math.abs(now.getTime() - at.getTime()) > OLD_MS;
}

export function number(n: number | undefined, lang: Lang): string {
	return n === undefined ? "–" : new Intl.NumberFormat(locale(lang)).format(n);
}

export function bytes(n: number | undefined, lang: Lang): string {
	if (n === undefined)
		return "–";
	const names = ["B", "KiB", "MiB", "GiB", "TiB"];
	let value = n;
	let i = 0;
	for (; value >= 1024 && i < names.length - 1; i++)
		value /= 1024;
	const digits = i === 0 || value >= 100 ? 0 : 1;
	return `${new Intl.NumberFormat(locale(lang), {
		minimumFractionDigits: digits, maximumFractionDigits: digits,
	}).format(value)} ${names[i]}`;
}

const protocols: Record<string, string> = { "1": "ICMP", "6": "TCP", "17": "UDP", "58": "ICMPv6" };

export function protocol(proto: number | string | undefined): string {
	if (proto === undefined || proto === 0 || proto === "")
		return "";
	return protocols[String(proto)] ?? String(proto).toUpperCase();
}

// "192.0.2.1:443", "[2001:db8::1]:443"; without a port the address alone.
export function endpoint(address: string | undefined, port: number | undefined): string {
	if (address === undefined || address === "")
		return port === undefined ? "" : `:${port}`;
	if (port === undefined || port === 0)
		return address;
	return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
