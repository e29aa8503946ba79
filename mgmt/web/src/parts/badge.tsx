// SPDX-License-Identifier: GPL-3.0-or-later
// States as words with a sign: never by colour alone.

import type { JSX } from "preact";

export type Tone = "good" | "bad" | "wait" | "off";

const signs: Record<Tone, string> = { good: "●", bad: "▲", wait: "◐", off: "○" };

export function Badge({ tone, text }: { tone: Tone; text: string }): JSX.Element {
	return (
		<span class={`badge badge-${tone}`}>
			<span aria-hidden="true">{`${signs[tone]}\u00a0`}</span>{text}
		</span>
	);
}
