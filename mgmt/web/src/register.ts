// SPDX-License-Identifier: GPL-3.0-or-later
// The register: what a device may become next, and its permits in words. Pure.

import { duration, type Lang, longDateTime } from "./format";
import type { MessageKey, Params } from "./i18n";
import { pendingOf } from "./parts/names";
import { mayApprove, mayRequest, mayWithdraw } from "./rules";
import type { Device, DeviceKind, DeviceState, Me, Permit, User } from "./types";
import type { Asset, AssetFacts, Terms } from "./types-admission";

export const CARDS_MAX = 8;

// In the order in which somebody has to look at them.
export const states: readonly DeviceState[] = [
	"quarantined", "requested", "seen", "approved", "admitted", "suspended", "expired",
	"revoked", "retired",
];
export const kinds: readonly DeviceKind[] = [
	"business", "contractor", "private", "infrastructure", "printer", "maintenance",
];

export const stateTones: Record<DeviceState, "good" | "bad" | "wait" | "off"> = {
	seen: "bad", requested: "wait", approved: "wait", admitted: "good", suspended: "wait",
	expired: "off", revoked: "off", quarantined: "bad", retired: "off",
};

export function needsEnd(kind: DeviceKind): boolean {
	return kind === "contractor" || kind === "private" || kind === "maintenance";
}

// The longest permit in days; null: the kind has no such term.
export function longestDays(kind: DeviceKind, terms: Terms): number | null {
	return kind === "contractor" ? terms.contractor_days : kind === "private" ? terms.private_days
		: kind === "maintenance" ? terms.maintenance_days : null;
}

export function isKind(text: string): text is DeviceKind {
	return (kinds as readonly string[]).includes(text);
}

// "PC-0012 会計用PC"; without either the first card's address.
export function assetName(a: Pick<Asset, "number" | "name" | "cards">): string {
	const words = [a.number, a.name].filter((w) => w !== "").join(" ");
	return words !== "" ? words : a.cards[0]?.name || a.cards[0]?.mac || "–";
}

export interface Held {
	permit: Permit;
	cards: Device[];
}

function gather(cards: Device[], of: (card: Device) => Permit | null): Held[] {
	const found = new Map<string, Held>();
	for (const card of cards) {
		const permit = of(card);
		if (permit === null)
			continue;
		const held = found.get(permit.id) ?? { permit, cards: [] };
		held.cards.push(card);
		found.set(permit.id, held);
	}
	return [...found.values()];
}

// One permit may stand for several cards: each is named once, with its cards.
export function requestsOf(cards: Device[]): Held[] {
	return gather(cards, pendingOf);
}

export function permitsOf(cards: Device[]): Held[] {
	return gather(cards, (card) => {
		const permit = card.permit ?? null;
		return permit === null || permit.id === pendingOf(card)?.id ? null : permit;
	});
}

// The permit in force or approved, which can be taken away.
export function liveOf(cards: Device[], now: Date): Held[] {
	return permitsOf(cards).filter(({ permit, cards: own }) => {
		const over = permit.until && new Date(permit.until).getTime() <= now.getTime();
		return !over && own.some((c) => c.state !== "expired" && c.state !== "revoked");
	});
}

export type AssetAct = "releaseApprove" | "approve" | "request" | "release" | "resume" | "revoke" |
	"suspend" | "certify" | "change" | "card" | "retire" | "quarantine";

// What this person can do about this device now. The server decides again.
export function actsOn(a: Asset, me: Me, users: User[] | undefined, now: Date): AssetAct[] {
	const acts: AssetAct[] = [];
	const requests = requestsOf(a.cards);
	const may = mayWithdraw(me.role);
	const held = a.state === "quarantined" || a.state === "suspended";

	if (a.state === "retired")
		return acts;
	if (a.release !== null && mayApprove(me, a.release.requested_by, users))
		acts.push("releaseApprove");
	if (!held && requests.some((r) => mayApprove(me, r.permit.requested_by, users)))
		acts.push("approve");
	if (!held && requests.length === 0 && a.cards.length > 0 && mayRequest(me.role))
		acts.push("request");
	if (!may)
		return acts;
	if (a.state === "quarantined" && a.release === null)
		acts.push("release");
	if (a.state === "suspended")
		acts.push("resume");
	if (requests.length > 0 || liveOf(a.cards, now).length > 0)
		acts.push("revoke");
	if (a.state === "admitted" || a.state === "approved")
		acts.push("suspend");
	acts.push("certify", "change");
	if (a.cards.length < CARDS_MAX)
		acts.push("card");
	acts.push("retire");
	if (a.state !== "quarantined")
		acts.push("quarantine");
	return acts;
}

export interface Line {
	key: MessageKey;
	params: Params;
	items?: string[];
}

function endLine(p: Permit, lang: Lang): Line {
	if (p.until)
		return { key: "devices.approveUntil", params: { time: longDateTime(p.until, lang) } };
	if (p.seconds)
		return { key: "devices.approveFor", params: { time: duration(p.seconds, lang) } };
	return { key: "devices.approveNoEnd", params: {} };
}

// What an approval permits, in sentences: who approves answers for each of them.
export function approvalLines({ permit, cards }: Held, lang: Lang): Line[] {
	const places = [...new Set(cards.map((c) => c.zone || c.interface))].join(", ");
	const hosts = permit.destinations ?? [];
	const flows = permit.flows ?? [];
	const lists = permit.lists ?? [];
	const lines: Line[] = cards.map((c) => ({
		key: "devices.approvePort", params: { mac: c.mac, port: c.interface },
	}));

	if (permit.from)
		lines.push({ key: "devices.approveFrom", params: { time: longDateTime(permit.from, lang) } });
	lines.push(endLine(permit, lang));
	if (permit.address)
		lines.push({ key: "devices.approveAddress", params: { address: permit.address } });
	if (flows.length > 0)
		lines.push({ key: "devices.approveFlows", params: {}, items: flows });
	if (hosts.length > 0)
		lines.push({ key: flows.length > 0 ? "devices.approveHosts" : "devices.approveSome",
			params: {}, items: hosts });
	else if (flows.length === 0)
		lines.push({ key: "devices.approveAll", params: { zone: places } });
	if (lists.length > 0)
		lines.push({ key: "devices.approveLists", params: {}, items: lists });
	if (permit.kind === "maintenance")
		lines.push(permit.checked
			? { key: "devices.approveChecked", params: { day: permit.checked } }
			: { key: "devices.approveUnchecked", params: {} });
	return lines;
}

export function factsOf(a: Asset | undefined): AssetFacts {
	return {
		number: a?.number ?? "", name: a?.name ?? "", owner: a?.owner ?? "",
		organisation: a?.organisation ?? "", zone: a?.zone ?? "", note: a?.note ?? "",
		kind: a !== undefined && a.kind !== "" ? a.kind : "business",
	};
}

// The address of a card that it made up itself (IEEE 802, the "local" bit).
export function isLocalMac(mac: string): boolean {
	return /^[0-9a-f][26ae]/i.test(mac);
}
