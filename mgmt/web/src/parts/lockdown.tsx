// SPDX-License-Identifier: GPL-3.0-or-later
// Everything but management is cut: begun by a manager or administrator, ended by a manager.

import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { useApp } from "../context";
import { dateTime } from "../format";
import type { Lockdown } from "../types";
import { ReasonDialog } from "./reason-dialog";
import { standingChanged } from "./standing-event";

function LockdownButton({ on }: { on: boolean }): JSX.Element {
	const { api, t, notify } = useApp();
	const [asking, setAsking] = useState(false);
	const word = on ? "on" : "off";

	const confirm = async (reason: string): Promise<void> => {
		const { warning } = await api.lockdown(on, reason);
		setAsking(false);
		notify(t(`lockdown.${word}Done`), warning);
		standingChanged();
	};
	return (
		<>
			<button type="button" class={on ? "danger" : ""} onClick={() => setAsking(true)}>
				{t(`lockdown.${word}`)}
			</button>
			{asking && (
				<ReasonDialog title={t(`lockdown.${word}Title`)} text={t(`lockdown.${word}Text`)}
					submit={t(`lockdown.${word}Submit`)} danger={on} onConfirm={confirm}
					onClose={() => setAsking(false)} />
			)}
		</>
	);
}

export function LockdownBanner({ lockdown }: { lockdown: Lockdown }): JSX.Element {
	const { t, me } = useApp();
	return (
		<section class="standing box box-bad" aria-label={t("lockdown.title")}>
			<div>
				<p class="big">{t("lockdown.title")}</p>
				<p>{t("lockdown.text", { time: dateTime(lockdown.since), who: lockdown.who })}</p>
				<p>{t("lockdown.reason", { reason: lockdown.reason })}</p>
			</div>
			{me.role === "manager" && <div class="buttons"><LockdownButton on={false} /></div>}
		</section>
	);
}

export function LockdownSection(): JSX.Element {
	const { t } = useApp();
	return (
		<section>
			<h2>{t("lockdown.section")}</h2>
			<p>{t("lockdown.about")}</p>
			<LockdownButton on />
		</section>
	);
}
