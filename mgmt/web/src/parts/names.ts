// SPDX-License-Identifier: GPL-3.0-or-later
// What a device is called, and what waits for approval on it.

import type { Device, Permit } from "../types";

export function deviceName(d: Device): string {
	return d.name === undefined || d.name === "" ? d.mac : `${d.name} (${d.mac})`;
}

// An admitted device may have a request for its next permit.
export function pendingOf(d: Device): Permit | null {
	return d.request ?? (d.state === "requested" ? d.permit ?? null : null);
}
