// SPDX-License-Identifier: GPL-3.0-or-later
// A unified diff; the sign at a line's beginning says it, the colour only helps.

import type { JSX } from "preact";

import { useApp } from "../context";

const kinds: Record<string, string> = { "+": "diff-add", "-": "diff-remove", "@": "diff-hunk" };

export function DiffText({ text }: { text: string }): JSX.Element {
	const { t } = useApp();
	return (
		<pre class="source" tabIndex={0} aria-label={t("policy.diff")}>
			{text.replace(/\n$/, "").split("\n").map((line, i) => (
				<span key={i} class={kinds[line[0] ?? ""]}>{`${line}\n`}</span>
			))}
		</pre>
	);
}
