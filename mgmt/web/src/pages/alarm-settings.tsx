// SPDX-License-Identifier: GPL-3.0-or-later
// What each kind of event leads to.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import { changedEvents, eventActions, severityTones } from "../alarm";
import { useApp, useLoad } from "../context";
import { Badge } from "../parts/badge";
import { LoadNote } from "../parts/message";
import { ReasonDialog } from "../parts/reason-dialog";
import { Table } from "../parts/table";
import { mayWithdraw } from "../rules";
import type { Admission, EventAction } from "../types-admission";

type Row = Admission["events"][number];

export function EventSettings(): JSX.Element {
	const { api, t, term, me, notify } = useApp();
	const terms = useLoad((background) => api.admission.terms(background));
	const [chosen, setChosen] = useState<Record<string, EventAction>>({});
	const [asking, setAsking] = useState(false);
	const may = mayWithdraw(me.role);
	const events = terms.data?.events ?? [];
	const changed = changedEvents(events, chosen);
	const count = Object.keys(changed).length;

	useEffect(() => setChosen({}), [terms.data]); // what was chosen stands until it is read back

	const confirm = async (reason: string): Promise<void> => {
		await api.admission.setEvents(changed, reason);
		setAsking(false);
		terms.reload();
		notify(t("alarms.settingsDone"));
	};
	const choice = (e: Row): JSX.Element => (
		<select aria-label={`${t("alarms.action")}: ${term("event", e.kind)}`}
			id={`event-${e.kind}`} value={chosen[e.kind] ?? e.action} onChange={(ev) => {
				const next = eventActions.find((a) => a === ev.currentTarget.value);
				if (next !== undefined)
					setChosen({ ...chosen, [e.kind]: next });
			}}>
			{eventActions.map((a) => <option key={a} value={a}>{term("eventAction", a)}</option>)}
		</select>
	);
	return (
		<section>
			<h2>{t("alarms.settings")}</h2>
			<p>{t("alarms.settingsText", { n: terms.data?.quarantine_per_hour ?? "–" })}</p>
			<LoadNote loaded={terms} />
			{terms.data !== undefined && (
				<Table<Row> caption={t("alarms.settings")} rows={events} keyOf={(e) => e.kind}
					columns={[
						{ label: t("alarms.severity"), cell: (e) => <Badge text={term("severity", e.severity)}
							tone={severityTones[e.severity] ?? "bad"} /> },
						{ label: t("alarms.kind"), style: "wide", cell: (e) => (
							<><b>{term("event", e.kind)}</b><br /><span class="quiet">{e.text}</span></>
						) },
						{ label: t("alarms.action"), cell: (e) => may
							? <label class="bare"><span class="unseen">{t("alarms.action")}</span>{choice(e)}</label>
							: term("eventAction", e.action) },
					]} />
			)}
			{may && terms.data !== undefined && (
				<div class="buttons">
					<button type="button" class="primary" disabled={count === 0}
						onClick={() => setAsking(true)}>{t("alarms.settingsSave", { n: count })}</button>
				</div>
			)}
			{asking && (
				<ReasonDialog title={t("alarms.settings")} text={t("alarms.settingsAsk")}
					submit={t("terms.submit")} onConfirm={confirm} onClose={() => setAsking(false)}>
					<ul>
						{Object.entries(changed).map(([kind, action]) => (
							<li key={kind}>{term("event", kind)}: <b>{term("eventAction", action)}</b></li>
						))}
					</ul>
				</ReasonDialog>
			)}
		</section>
	);
}
