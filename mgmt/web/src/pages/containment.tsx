// SPDX-License-Identifier: GPL-3.0-or-later
// On the status page: containment on flat LANs, and what it cannot do.

import type { JSX } from "preact";

import { useApp } from "../context";
import { number } from "../format";
import { Badge } from "../parts/badge";
import type { Containment } from "../types";

export function ContainmentState({ state }: { state: Containment }): JSX.Element {
	const { t, lang } = useApp();
	const n = (value: number): string => number(value, lang);
	return (
		<section>
			<h2>{t("containment.title")}</h2>
			<p>
				<Badge tone={state.ok ? "good" : "bad"}
					text={t(state.ok ? "containment.on" : "containment.broken")} />{" "}
				{t("containment.where", { zones: state.zones.join(", "), n: n(state.containing),
					of: n(state.interfaces) })}
			</p>
			<p>{t("containment.now", { devices: n(state.contained), answers: n(state.answers) })}</p>
			<p class={`box ${state.ok ? "box-wait" : "box-bad"}`}>
				{!state.ok && <b>{t("containment.brokenText")}{" "}</b>}
				{t("zones.containmentText")}
			</p>
		</section>
	);
}
