// SPDX-License-Identifier: GPL-3.0-or-later
// The hours of a week as people write them: "mon-fri 08:30-17:15", "月-金 8:30-17:15". Pure.

import type { Lang } from "./format";
import type { Hours } from "./types";

const days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const kanji = ["月", "火", "水", "木", "金", "土", "日"];

function dayOf(text: string): number {
	const at = days.indexOf(text.toLowerCase());
	return at >= 0 ? at : kanji.indexOf(text);
}

// The days of "mon-fri,sun"; null when one is none.
function daysOf(text: string): string[] | null {
	const found = new Set<number>();
	for (const part of text.split(/[,、・]/u)) {
		const [first = "", last = first] = part.split(/[-〜~]/u);
		const from = dayOf(first), to = dayOf(last);
		if (from < 0 || to < from)
			return null;
		for (let day = from; day <= to; day++)
			found.add(day);
	}
	return [...found].sort((a, b) => a - b).map((day) => days[day]!);
}

const clock = /^([01]?\d|2[0-3]):([0-5]\d)$/;

function clockOf(text: string): string | null {
	if (text === "24:00")
		return text;
	return clock.test(text) ? text.padStart(5, "0") : null;
}

// One line a span; null when a line is none.
export function parseHours(text: string): Hours[] | null {
	const spans: Hours[] = [];
	for (const line of text.normalize("NFKC").split("\n")) {
		const match = /^\s*(\S+)\s+(\S+?)\s*[-〜~]\s*(\S+)\s*$/u.exec(line);
		if (line.trim() === "")
			continue;
		const named = match === null ? null : daysOf(match[1]!);
		const from = clockOf(match?.[2] ?? ""), to = clockOf(match?.[3] ?? "");
		if (named === null || from === null || to === null || from >= to)
			return null;
		spans.push({ days: named, from, to });
	}
	return spans;
}

export function printHours(spans: Hours[], lang: Lang): string[] {
	return spans.map((s) => {
		const names = s.days.map((d) => lang === "ja" ? kanji[days.indexOf(d)] ?? d : d);
		return `${names.join(lang === "ja" ? "・" : ",")} ${s.from}-${s.to}`;
	});
}

export function isDay(text: string): boolean {
	const found = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
	return found !== null && !Number.isNaN(Date.parse(text)) &&
		new Date(text).toISOString().startsWith(text);
}
