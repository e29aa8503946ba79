// SPDX-License-Identifier: GPL-3.0-or-later
// Pages by the part of the address after '#': "#/records?text=abc".

import { useEffect, useState } from "preact/hooks";

import type { Role } from "./types";

export const pages = ["status", "alarms", "devices", "zones", "work", "allow", "lists", "review", "records",
	"connections", "flows", "proof", "users", "policy"] as const;
export type PageName = (typeof pages)[number];

export interface Route {
	page: PageName;
	query: URLSearchParams;
}

const readers: readonly Role[] = ["admin", "manager", "auditor"];
const all: readonly Role[] = ["admin", "manager", "auditor", "requester"];
const who: Record<PageName, readonly Role[]> = {
	status: all, alarms: all, devices: all, zones: readers, work: readers, allow: all, lists: all, review: readers,
	records: readers, connections: readers, flows: all, proof: readers, users: readers,
	policy: ["admin", "auditor"],
};

export function pagesFor(role: Role): PageName[] {
	return pages.filter((p) => who[p].includes(role));
}

// Whatever is not a page is the first one.
export function parseHash(hash: string): Route {
	const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
	const page = pages.find((p) => p === path) ?? "status";
	return { page, query: new URLSearchParams(query) };
}

export function href(page: PageName, query: Record<string, string> = {}): string {
	const text = new URLSearchParams(query).toString();
	return text === "" ? `#/${page}` : `#/${page}?${text}`;
}

export function useRoute(): Route {
	const [route, setRoute] = useState(() => parseHash(location.hash));
	useEffect(() => {
		const follow = (): void => setRoute(parseHash(location.hash));
		addEventListener("hashchange", follow);
		return () => removeEventListener("hashchange", follow);
	}, []);
	return route;
}
