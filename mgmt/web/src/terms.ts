// SPDX-License-Identifier: GPL-3.0-or-later
// The terms of permits as people enter them. Pure.

import type { Terms } from "./types-admission";

export type TermName = keyof Terms;

export const termFields: readonly { name: TermName; min: number; max: number }[] = [
	{ name: "contractor_days", min: 1, max: 366 },
	{ name: "private_days", min: 1, max: 366 },
	{ name: "maintenance_days", min: 1, max: 366 },
	{ name: "dormant_days", min: 0, max: 366 },
	{ name: "certify_days", min: 0, max: 1100 },
	{ name: "quarantine_per_hour", min: 0, max: 20 },
];

// terms: null when one of them is no number in its range; bad: which.
export function readTerms(text: Record<TermName, string>): { terms: Terms | null; bad: TermName[] } {
	const terms = {} as Terms;
	const bad: TermName[] = [];
	for (const { name, min, max } of termFields) {
		const digits = text[name].normalize("NFKC").trim();
		const n = /^\d{1,4}$/.test(digits) ? Number(digits) : -1;
		if (n < min || n > max)
			bad.push(name);
		terms[name] = n;
	}
	return { terms: bad.length === 0 ? terms : null, bad };
}
