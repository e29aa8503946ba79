// SPDX-License-Identifier: GPL-3.0-or-later
// What the policy permits between zones, who answers for it, and what is due for review.

import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { useAction, useApp, useLoad } from "../context";
import { dateTime, number } from "../format";
import { Badge } from "../parts/badge";
import { Dialog } from "../parts/dialog";
import { Buttons, Field, Form } from "../parts/form";
import { ErrorBox, LoadNote } from "../parts/message";
import { Facts, Table } from "../parts/table";
import { mayWithdraw, oneLine } from "../rules";
import type { Flow } from "../types";

export function FlowsPage({ query }: { query: URLSearchParams }): JSX.Element {
	const { api, t, lang, me, notify } = useApp();
	const flows = useLoad((background) => api.flows(background));
	const [reviewing, setReviewing] = useState<Flow | null>(null);
	const only = query.get("id");
	const rows = (flows.data ?? []).filter((f) => only === null || f.id === only);
	const overdue = rows.filter((f) => f.overdue).length;
	return (
		<>
			<h1>{t("flows.title")}</h1>
			<p>{t("flows.intro")}</p>
			<LoadNote loaded={flows} />
			{overdue > 0 && (
				<div class="box box-bad"><p>{t("flows.overdueCount", { n: number(overdue, lang) })}</p></div>
			)}
			{flows.data !== undefined && (
				<Table<Flow> caption={t("flows.title")} rows={rows} keyOf={(f) => f.id}
					markOf={(f) => f.overdue ? "bad" : ""} columns={[
						{ label: t("flows.id"), cell: (f) => <b>{f.id}</b> },
						{ label: t("proof.from"), cell: (f) => f.from },
						{ label: t("proof.to"), cell: (f) => f.to },
						{ label: t("flows.services"), style: "text", cell: services },
						{ label: t("flows.partner"), style: "text", cell: (f) => f.partner ?? "–" },
						{ label: t("flows.basis"), style: "text", cell: (f) => f.basis ?? "–" },
						{ label: t("flows.owner"), style: "text", cell: (f) => f.owner ?? "–" },
						{ label: t("flows.due"), style: "time", cell: (f) => (
							<>
								{f.due ?? "–"}
								{f.overdue && <><br /><Badge tone="bad" text={t("flows.overdue")} /></>}
							</>
						) },
						{ label: t("flows.reviewed"), style: "text", cell: (f) => f.reviewed === null ? "–"
							: <>{dateTime(f.reviewed.at)}<br />{f.reviewed.who}: {f.reviewed.result}</> },
						{ label: t("common.actions"), style: "actions", cell: (f) => mayWithdraw(me.role)
							? <button type="button" onClick={() => setReviewing(f)}>
								{t("flows.review")}
							</button> : "" },
					]} />
			)}
			{reviewing !== null && (
				<ReviewDialog flow={reviewing} onClose={() => setReviewing(null)} onDone={() => {
					notify(t("flows.reviewDone", { id: reviewing.id }));
					setReviewing(null);
					flows.reload();
				}} />
			)}
		</>
	);
}

function services(flow: Flow): string {
	return flow.services.map((s) => `${s.name} (${s.matches.join(", ")})`).join(", ");
}

// Also on the page of the proof, behind each service of the matrix.
export function FlowFacts({ flow }: { flow: Flow }): JSX.Element {
	const { t } = useApp();
	const extent = (groups: string[]): string => groups.join(", ") || t("flows.wholeZone");
	return (
		<Facts facts={[
			[t("proof.from"), flow.from], [t("flows.source"), extent(flow.source)],
			[t("proof.to"), flow.to], [t("flows.destination"), extent(flow.destination)],
			[t("flows.services"), services(flow)],
			[t("flows.partner"), flow.partner], [t("flows.basis"), flow.basis],
			[t("flows.owner"), flow.owner],
			[t("flows.due"), flow.due === null ? null
				: `${flow.due}${flow.overdue ? ` (${t("flows.overdue")})` : ""}`],
			[t("flows.reviewed"), flow.reviewed === null ? null
				: `${dateTime(flow.reviewed.at)} ${flow.reviewed.who}: ${flow.reviewed.result}`],
		]} />
	);
}

interface ReviewDialogProps {
	flow: Flow;
	onDone: () => void;
	onClose: () => void;
}

function ReviewDialog({ flow, onDone, onClose }: ReviewDialogProps): JSX.Element {
	const { api, t, lang } = useApp();
	const [result, setResult] = useState("");
	const [next, setNext] = useState("");
	const [missing, setMissing] = useState(false);
	const action = useAction();

	const submit = (): void => {
		const given = oneLine(result);
		setMissing(given === "");
		if (given !== "")
			void action.run(async () => {
				await api.reviewFlow(flow, given, next);
				onDone();
			});
	};
	return (
		<Dialog title={t("flows.reviewTitle", { id: flow.id })} onClose={onClose}>
			<p>{t("flows.reviewText")}</p>
			<FlowFacts flow={flow} />
			<Form onSubmit={submit}>
				<Field label={t("flows.result")} required requiredText={t("common.required")} lines={3}
					maxLength={200} value={result} onValue={setResult}
					problem={missing ? t("common.fillIn") : undefined} />
				<Field label={t("flows.next")} type="date" value={next} onValue={setNext}
					hint={t("flows.nextHint")} />
				<ErrorBox error={action.error} lang={lang} />
				<Buttons submit={t("flows.reviewSubmit")} busy={action.busy} onCancel={onClose} />
			</Form>
		</Dialog>
	);
}
