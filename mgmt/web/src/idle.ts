// SPDX-License-Identifier: GPL-3.0-or-later
// Automatic sign-out. Wall-clock milliseconds, so that a closed lid counts too.

export const IDLE_MS = 5 * 60_000;
export const WARN_MS = 60_000;
export const TOUCH_MS = 60_000;

export interface IdleTimes {
	active: number; // somebody last used keyboard, mouse or touch, in any window
	touched: number; // the server last heard a request of the user's own
}

export interface IdleVerdict {
	state: "active" | "warn" | "over";
	left: number; // seconds until sign-out
	touch: boolean; // tell the server that the user is there
}

export function judgeIdle(now: number, times: IdleTimes): IdleVerdict {
	const idle = Math.max(0, now - times.active);
	const left = Math.max(0, Math.ceil((IDLE_MS - idle) / 1000));
	if (idle >= IDLE_MS)
		return { state: "over", left, touch: false };
	return {
		state: idle >= IDLE_MS - WARN_MS ? "warn" : "active",
		left,
		touch: times.active > times.touched && now - times.touched >= TOUCH_MS,
	};
}
