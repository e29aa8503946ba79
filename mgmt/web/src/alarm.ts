// SPDX-License-Identifier: GPL-3.0-or-later
// Alarms: which first, and what has become of them. Pure.

import type { Alarm, EventAction, Severity } from "./types-admission";

export const eventActions: readonly EventAction[] = ["record", "alarm", "quarantine"];

const weights: Record<Severity, number> = { critical: 0, warning: 1, notice: 2 };

export const severityTones: Record<Severity, "bad" | "wait" | "off"> = {
	critical: "bad", warning: "wait", notice: "off",
};

// What nobody has looked at first, then what still goes on, the gravest, the newest.
export function sortAlarms(alarms: readonly Alarm[]): Alarm[] {
	const rank = (a: Alarm): number => (a.acknowledged === null ? 0 : 2) + (a.closed === null ? 0 : 1);
	return [...alarms].sort((a, b) => rank(a) - rank(b) ||
		weights[a.severity] - weights[b.severity] || b.raised.localeCompare(a.raised));
}

// Where it is: "lan1", "lan1 / lan2".
export function alarmPorts(a: Pick<Alarm, "interface" | "other_interface">): string {
	return [a.interface, a.other_interface].filter((p) => p !== "").join(" / ");
}

export function alarmCards(a: Pick<Alarm, "mac" | "other_mac">): string[] {
	return [a.mac, a.other_mac].filter((m) => m !== "");
}

// Whom to call about it: "" when nobody knows the card.
export function alarmDevice(a: Pick<Alarm, "number" | "name" | "owner">): string {
	return [a.number, a.name, a.owner].filter((x) => x !== undefined && x !== "").join(" · ");
}

// Only what was changed is sent.
export function changedEvents(before: readonly { kind: string; action: EventAction }[],
	after: Record<string, EventAction>): Record<string, EventAction> {
	return Object.fromEntries(before.filter((e) => (after[e.kind] ?? e.action) !== e.action)
		.map((e) => [e.kind, after[e.kind] ?? e.action]));
}
