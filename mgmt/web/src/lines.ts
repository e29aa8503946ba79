// SPDX-License-Identifier: GPL-3.0-or-later
// Lines of a text: where one is, and how many differ. Pure.

// The line that "policy.yaml:12:3: ..." speaks of.
export function diagnosticLine(text: string): number | null {
	const m = /^[^:\s]*:(\d+):\d+:/.exec(text);
	return m === null ? null : Number(m[1]);
}

// First and last position of a line counted from 1; the end of the text beyond it.
export function lineRange(text: string, line: number): [number, number] {
	let start = 0;
	for (let i = 1; i < line; i++) {
		const end = text.indexOf("\n", start);
		if (end === -1)
			return [text.length, text.length];
		start = end + 1;
	}
	const end = text.indexOf("\n", start);
	return [start, end === -1 ? text.length : end];
}

// How many lines are only in one of the two, wherever they stand. A line that only moved
// counts on both sides, because the order of lines means something.
export function changedLines(before: string, after: string): { added: number; removed: number } {
	const a = before.split("\n");
	const b = after.split("\n");
	let head = 0;
	while (head < a.length && head < b.length && a[head] === b[head])
		head++;
	let tail = 0;
	while (tail < a.length - head && tail < b.length - head &&
		a[a.length - 1 - tail] === b[b.length - 1 - tail])
		tail++;
	const left = a.slice(head, a.length - tail);
	const right = b.slice(head, b.length - tail);
	const counts = new Map<string, number>();
	for (const line of left)
		counts.set(line, (counts.get(line) ?? 0) + 1);
	let common = 0;
	for (const line of right) {
		const n = counts.get(line) ?? 0;
		if (n > 0) {
			counts.set(line, n - 1);
			common++;
		}
	}
	if (common === left.length && common === right.length)
		common = 0; // the same lines in another order
	return { added: right.length - common, removed: left.length - common };
}
