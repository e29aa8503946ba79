// SPDX-License-Identifier: GPL-3.0-or-later
// What everybody must see on every page: a lockdown, and a policy that goes back by
// itself unless it is confirmed.

import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { useServerNow } from "../clock";
import { useApp, useLoad } from "../context";
import { duration, secondsUntil } from "../format";
import { mayWithdraw } from "../rules";
import type { Trial } from "../types";
import { LockdownBanner } from "./lockdown";
import { ConfirmDialog, ReasonDialog } from "./reason-dialog";
import { standingChanged, useStanding } from "./standing-event";

const POLL_MS = 10_000;

export function Standing(): JSX.Element {
	const { api } = useApp();
	const status = useLoad((background) => api.status(background), POLL_MS);

	useStanding(status.reload);
	return (
		<>
			{status.data?.lockdown && <LockdownBanner lockdown={status.data.lockdown} />}
			{status.data?.trial && <TrialBanner trial={status.data.trial} />}
		</>
	);
}

function TrialBanner({ trial }: { trial: Trial }): JSX.Element {
	const { api, t, lang, me, notify } = useApp();
	const [asking, setAsking] = useState<"confirm" | "rollback" | null>(null);
	const [meant, setMeant] = useState(trial.revision); // when the dialog was opened
	const now = useServerNow();
	const left = secondsUntil(trial.until, now) ?? 0;
	const done = (key: "trial.confirmed" | "trial.rolledBack", revision: number,
		warning?: string): void => {
		setAsking(null);
		notify(t(key, { revision: t("common.revision", { n: revision }) }), warning);
		standingChanged();
	};
	return (
		<section class="standing box box-wait" aria-label={t("trial.title")}>
			<div>
				<p class="big">{t("trial.title")}</p>
				<p>{left <= 0 ? t("trial.over") : t("trial.text", { who: trial.who,
					revision: t("common.revision", { n: trial.revision }),
					time: duration(left, lang) })}</p>
			</div>
			<div class="buttons">
				{mayWithdraw(me.role) && (
					<button type="button" onClick={() => setAsking("rollback")}>
						{t("trial.rollback")}
					</button>
				)}
				{me.role === "admin" && (
					<button type="button" class="primary" disabled={left <= 0}
						onClick={() => {
							setMeant(trial.revision);
							setAsking("confirm");
						}}>{t("trial.confirm")}</button>
				)}
			</div>
			{asking === "confirm" && (
				<ConfirmDialog title={t("trial.confirmTitle")} submit={t("trial.confirmSubmit")}
					onClose={() => setAsking(null)} onConfirm={async () => {
						const { revision, warning } = await api.confirmPolicy(meant);
						done("trial.confirmed", revision, warning);
					}}>
					<p>{t("trial.confirmText")}</p>
				</ConfirmDialog>
			)}
			{asking === "rollback" && (
				<ReasonDialog title={t("trial.rollbackTitle")} text={t("trial.rollbackText")} danger
					submit={t("trial.rollback")} onClose={() => setAsking(null)}
					onConfirm={async (reason) => {
						const { revision, warning } = await api.rollbackPolicy(reason);
						done("trial.rolledBack", revision, warning);
					}} />
			)}
		</section>
	);
}
