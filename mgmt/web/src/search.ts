// SPDX-License-Identifier: GPL-3.0-or-later
// A question to the records, as a form's values and as the API's query. Pure.

import type { ConnRecord, RecordPage } from "./types";

export const PAGE = 100;

export const kinds = [
	"proxy-open", "proxy-close", "proxy-deny", "proxy-alarm", "flow-open", "flow-close", "flow-deny",
	"device-seen", "change", "read", "sign-in", "gap", "service",
] as const;

export const reasons = [
	1, 2, 3, 4, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37,
	50, 51, 52, 80, 81, 82, 83, 84, 85, 86,
] as const;

export const texts = [
	"from", "to", "host", "text", "reason", "mac", "address", "zone", "device", "user", "rule",
] as const;
export type TextName = (typeof texts)[number];

export interface Search {
	text: Record<TextName, string>;
	kinds: string[];
	oldest: boolean;
}

export function emptySearch(): Search {
	const text = Object.fromEntries(texts.map((name) => [name, ""])) as Search["text"];
	return { text, kinds: [], oldest: false };
}

// Does the address hold a question at all?
export function isSearch(query: URLSearchParams): boolean {
	return ["kind", "order", ...texts].some((name) => query.has(name));
}

export function readSearch(query: URLSearchParams): Search {
	const search = emptySearch();
	for (const name of texts)
		search.text[name] = query.get(name) ?? "";
	search.kinds = query.getAll("kind").filter((k) => (kinds as readonly string[]).includes(k));
	search.oldest = query.get("order") === "oldest";
	return search;
}

// The order is always there, so that a question without conditions is still one.
export function writeSearch(search: Search): URLSearchParams {
	const query = new URLSearchParams();
	for (const name of texts) {
		const value = search.text[name].trim();
		if (value !== "")
			query.set(name, value);
	}
	for (const kind of search.kinds)
		query.append("kind", kind);
	query.set("order", search.oldest ? "oldest" : "newest");
	return query;
}

// The question for what follows the records that are there, in the order asked for.
export function pageQuery(search: Search, before: Pick<ConnRecord, "id">[]): URLSearchParams {
	const query = writeSearch(search);
	const last = before[before.length - 1];
	query.set("limit", String(PAGE));
	if (last !== undefined)
		query.set("after", last.id);
	return query;
}

// A page and those before it. What was missing when the first was asked for is not in the others.
export function joined(before: RecordPage | null, page: RecordPage): RecordPage {
	return {
		records: [...before?.records ?? [], ...page.records], more: page.more,
		behind: before?.behind ?? page.behind,
	};
}
