// SPDX-License-Identifier: GPL-3.0-or-later
// Who may do what, and what a form accepts. The server decides again; this keeps
// people from being offered what it would refuse. Pure.

import type { Me, Role, User } from "./types";

export const PORTS_MAX = 16;
export const DESTINATIONS_MAX = 16;

export function mayRequest(role: Role): boolean {
	return role !== "auditor";
}

export function mayWithdraw(role: Role): boolean {
	return role === "admin" || role === "manager";
}

// Four eyes: a manager or admin who is not the requester, and one of the two a manager. What
// was asked for on the proxy's local page is by "device:ID LOGIN", or by "device:ID".
export function mayApprove(me: Me, requestedBy: string, users: User[] | undefined): boolean {
	if (me.login === requestedBy.slice(requestedBy.lastIndexOf(" ") + 1))
		return false;
	if (me.role === "manager")
		return true;
	if (me.role !== "admin")
		return false;
	return users?.find((u) => u.login === requestedBy)?.role === "manager";
}

export interface PasswordCheck {
	length: boolean;
	letter: boolean;
	digit: boolean;
	symbol: boolean;
}

export function passwordCheck(password: string): PasswordCheck {
	return {
		length: [...password].length >= 8,
		letter: /[A-Za-z]|[^\x00-\x7f]/.test(password),
		digit: /[0-9]/.test(password),
		symbol: /[!-/:-@[-`{-~]/.test(password),
	};
}

export function passwordGood(password: string): boolean {
	return Object.values(passwordCheck(password)).every((good) => good);
}

// What goes into the records is one line: breaks become spaces.
export function oneLine(text: string): string {
	return text.replace(/\s+/gu, " ").trim();
}

// Words separated by commas (also full-width ones), spaces or lines.
export function words(text: string): string[] {
	return [...new Set(text.split(/[\s,、，]+/u).filter((w) => w !== ""))];
}

// Ports from such a list; null when one is no port or there are too many.
export function ports(text: string): number[] | null {
	const list = words(text.normalize("NFKC"));
	if (list.length > PORTS_MAX || !list.every((w) => /^\d{1,5}$/.test(w)))
		return null;
	const found = list.map(Number);
	return found.every((p) => p >= 1 && p <= 65535) ? found : null;
}

const label = "[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?";
const pattern = new RegExp(`^(\\*\\.${label}\\.)?(${label}\\.)*${label}\\.?$`);

// A host name or "*." with a name of two labels or more; no address.
export function hostPattern(text: string): string | null {
	const host = text.trim().toLowerCase();
	if (host.length > 255 || !pattern.test(host) || /(^|\.)\d+\.?$/.test(host))
		return null;
	return host.replace(/\.$/, "");
}

// What may stand for a host in an entry, in any script: the server knows the rest.
export function hostText(text: string): string | null {
	const host = text.trim();
	return host === "" || host.length > 255 || /[\s/@?#]/u.test(host) ? null : host;
}

// An address, which an entry names only when that is said.
export function isAddress(text: string): boolean {
	const host = text.trim();
	return /^\d{1,3}(\.\d{1,3}){3}$/.test(host) || /^[0-9a-f:.]*:[0-9a-f:.]*$/i.test(host);
}

export function macAddress(text: string): string | null {
	const hex = text.normalize("NFKC").trim().toLowerCase().replace(/[:\-.]/g, "");
	return /^[0-9a-f]{12}$/.test(hex) ? hex.replace(/(..)(?=.)/g, "$1:") : null;
}
