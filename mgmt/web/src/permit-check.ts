// SPDX-License-Identifier: GPL-3.0-or-later
// What a request for a permit says, and what is wrong with it. Pure.

import { fromLocalInput } from "./format";
import type { MessageKey, Params } from "./i18n";
import { longestDays, needsEnd } from "./register";
import { DESTINATIONS_MAX, hostPattern, isAddress, oneLine, words } from "./rules";
import type { DeviceKind, PermitRequest } from "./types";
import type { Terms } from "./types-admission";

const DAY_MS = 86_400_000;
const LIMITS_MAX = 16;

export interface PermitText {
	kind: DeviceKind;
	owner: string;
	company: string;
	reason: string;
	ticket: string;
	from: string; // as in a datetime-local field
	until: string;
	address: string;
	destinations: string;
	flows: string[]; // none: all
	lists: string[];
	terminal: string;
	checked: string; // a day
	cards: string[]; // ids
}

export interface Problem {
	key: MessageKey;
	params?: Params;
}
export type Problems = Partial<Record<keyof PermitText, Problem>>;

function times(p: PermitText, terms: Terms | undefined, now: Date, found: Problems): void {
	const from = fromLocalInput(p.from);
	const until = fromLocalInput(p.until);
	const begin = Math.max(now.getTime(), from === null ? 0 : Date.parse(from));
	const days = terms === undefined ? null : longestDays(p.kind, terms);

	if (p.from !== "" && (from === null || Date.parse(from) < now.getTime()))
		found.from = { key: "devices.untilPast" };
	if (p.until === "") {
		if (needsEnd(p.kind))
			found.until = { key: "devices.untilNeeded" };
	} else if (until === null || Date.parse(until) <= now.getTime()) {
		found.until = { key: "devices.untilPast" };
	} else if (Date.parse(until) <= begin) {
		found.until = { key: "devices.untilOrder" };
	} else if (days !== null && Date.parse(until) > begin + days * DAY_MS) {
		found.until = { key: "devices.untilFar", params: { n: days } };
	}
}

// today: the site's, "2026-11-21"
export function checkPermit(p: PermitText, terms: Terms | undefined, now: Date, today: string):
	Problems {
	const found: Problems = {};
	const bad = words(p.destinations).find((d, i) => hostPattern(d) === null ||
		i >= DESTINATIONS_MAX);

	for (const name of ["owner", "reason"] as const) {
		if (p[name].trim() === "")
			found[name] = { key: "common.fillIn" };
	}
	if ((p.kind === "contractor" || p.kind === "maintenance") && p.company.trim() === "")
		found.company = { key: "common.fillIn" };
	times(p, terms, now, found);
	if (p.address.trim() !== "" && !isAddress(p.address))
		found.address = { key: "devices.addressBad" };
	if (bad !== undefined)
		found.destinations = { key: "devices.destinationsBad", params: { host: bad } };
	if (p.lists.length > 0 && p.destinations.trim() !== "")
		found.lists = { key: "devices.listsAlone" };
	for (const name of ["flows", "lists"] as const) {
		if (p[name].length > LIMITS_MAX)
			found[name] = { key: "devices.limitsMany", params: { n: LIMITS_MAX } };
	}
	if (p.kind === "maintenance" && p.terminal.trim() === "")
		found.terminal = { key: "common.fillIn" };
	if (p.kind === "maintenance" && p.checked > today)
		found.checked = { key: "check.bad" };
	if (p.cards.length === 0)
		found.cards = { key: "devices.cardsNone" };
	return found;
}

// The first card stands in the address of the request, the others in its body.
export function permitRequest(p: PermitText): PermitRequest {
	const body: PermitRequest = { kind: p.kind, owner: oneLine(p.owner), reason: oneLine(p.reason) };
	const from = fromLocalInput(p.from);
	const until = fromLocalInput(p.until);
	const destinations = words(p.destinations).flatMap((d) => hostPattern(d) ?? []);

	if (from !== null)
		body.from = from;
	if (until !== null)
		body.until = until;
	if (destinations.length > 0)
		body.destinations = destinations;
	if (p.flows.length > 0)
		body.flows = p.flows;
	if (p.lists.length > 0)
		body.lists = p.lists;
	if (p.cards.length > 1)
		body.cards = p.cards.slice(1);
	for (const name of ["company", "ticket", "address"] as const) {
		if (p[name].trim() !== "")
			body[name] = oneLine(p[name]);
	}
	if (p.kind === "maintenance") {
		body.terminal = oneLine(p.terminal);
		if (p.checked !== "")
			body.checked = p.checked;
	}
	return body;
}
