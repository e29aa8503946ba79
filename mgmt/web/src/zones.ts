// SPDX-License-Identifier: GPL-3.0-or-later
// How far a zone is on its way to "enforce". Pure.

import type { Unadmitted, Zone } from "./types-admission";

export const zoneModes = ["off", "detect", "enforce"] as const;
export type ZoneMode = (typeof zoneModes)[number];

export const modeTones = { off: "off", detect: "wait", enforce: "good" } as const;

const DAY_MS = 86_400_000;
export const LOOK_DAYS = 28; // a month of business, with devices that are used once in it

export interface Step {
	what: "look" | "register" | "approve" | "records";
	done: boolean;
	n: number; // days looked; cards, or devices, that are left
}

export function daysSince(since: string | null, now: Date): number {
	return since === null ? 0 : Math.max(0, Math.floor((now.getTime() - Date.parse(since)) / DAY_MS));
}

// A device that has its permit by now is no reason to wait.
export function stillOut(u: Unadmitted): boolean {
	return u.device === null || !["admitted", "approved"].includes(u.device.state);
}

// unadmitted: devices that would have been kept out; undefined: nobody could say
export function stepsOf(z: Zone, unadmitted: number | undefined, now: Date): Step[] {
	const days = daysSince(z.since, now);
	const unregistered = Math.max(0, z.seen - z.registered);
	const unpermitted = Math.max(0, z.seen - z.permitted);
	return [
		{ what: "look", done: days >= LOOK_DAYS, n: days },
		{ what: "register", done: z.seen > 0 && unregistered === 0, n: unregistered },
		{ what: "approve", done: z.seen > 0 && unpermitted === 0, n: unpermitted },
		...(unadmitted === undefined ? []
			: [{ what: "records" as const, done: unadmitted === 0, n: unadmitted }]),
	];
}
