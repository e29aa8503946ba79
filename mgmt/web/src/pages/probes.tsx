// SPDX-License-Identifier: GPL-3.0-or-later
// What the appliance's own packets found: the last run in full, and those of the last weeks.

import type { JSX } from "preact";

import { useAction, useApp, useLoad } from "../context";
import { dateTime, number } from "../format";
import { packetText } from "../packet";
import { Badge } from "../parts/badge";
import { ErrorBox, LoadNote } from "../parts/message";
import { Table } from "../parts/table";
import { Time } from "../parts/time";
import { href } from "../router";
import type { ProbeRun, Status } from "../types";

const tone = (result: ProbeRun["result"]): "good" | "bad" => result === "good" ? "good" : "bad";

export function ProbesSection(): JSX.Element {
	const { api, t, lang } = useApp();
	const runs = useLoad((background) => api.probes(background));
	const action = useAction();
	const run = (): void => void action.run(async () => {
		await api.runProbes();
		runs.reload();
	});
	const last = runs.data?.[0];
	return (
		<section>
			<h2>{t("probes.title")}</h2>
			<p>{t("probes.intro")}</p>
			<div class="tools">
				<button type="button" disabled={action.busy} onClick={run}>{t("probes.run")}</button>
			</div>
			{action.busy && <p class="quiet" role="status">{t("probes.running")}</p>}
			<ErrorBox error={action.error} lang={lang} />
			<LoadNote loaded={runs} />
			{runs.data !== undefined && last === undefined &&
				<p class="quiet none">{t("probes.none")}</p>}
			{last !== undefined && !action.busy && <Last run={last} />}
			{runs.data !== undefined && runs.data.length > 1 && <Runs runs={runs.data} />}
		</section>
	);
}

function Last({ run }: { run: ProbeRun }): JSX.Element {
	const { t, term, lang } = useApp();
	const zone = (name: string): string => name === "gateway" ? t("proof.gateway") : name;
	return (
		<>
			<div class={`verdict box box-${tone(run.result)}`}>
				<p class="big" role="status">{t(`probes.${run.result}`)}</p>
				<p>{t(`probes.${run.result}Text`)}</p>
				<p class="quiet">{t("probes.asOf", { time: dateTime(run.time),
					revision: t("common.revision", { n: run.revision }),
					passed: number(run.passed, lang), blocked: number(run.blocked, lang),
					untested: number(run.untested, lang) })}</p>
			</div>
			{run.wrong.length > 0 && (
				<Table<ProbeRun["wrong"][number]> caption={t("probes.wrong")} rows={run.wrong}
					markOf={() => "bad"} keyOf={(w) => String(run.wrong.indexOf(w))} columns={[
						{ label: t("proof.kind"), cell: (w) => (
							<Badge tone="bad"
								text={t(w.expected === "pass" ? "probes.blockedWrong" : "probes.passedWrong")} />
						) },
						{ label: t("probes.kind"), cell: (w) => term("probe", w.kind) },
						{ label: t("proof.from"), cell: (w) => zone(w.from) },
						{ label: t("proof.to"), cell: (w) => zone(w.to) },
						{ label: t("probes.flow"), cell: (w) => w.flow ?? "–" },
						{ label: t("proof.packet"), style: "wide", cell: (w) => packetText(w.packet) },
					]} />
			)}
			{run.not_tested.length > 0 && (
				<details>
					<summary>{t("probes.notTested", { n: number(run.untested, lang) })}</summary>
					<Table<ProbeRun["not_tested"][number]> caption={t("probes.notTestedCaption")}
						rows={run.not_tested} keyOf={(n) => String(run.not_tested.indexOf(n))} columns={[
							{ label: t("probes.kind"), cell: (n) => term("probe", n.kind) },
							{ label: t("proof.from"), cell: (n) => zone(n.from) },
							{ label: t("proof.to"), cell: (n) => zone(n.to) },
							{ label: t("probes.flow"), cell: (n) => n.flow ?? "–" },
							{ label: t("probes.family"), cell: (n) => `IPv${n.family}` },
							{ label: t("probes.why"), style: "wide", cell: (n) => term("untested", n.why) },
						]} />
				</details>
			)}
		</>
	);
}

function Runs({ runs }: { runs: ProbeRun[] }): JSX.Element {
	const { t, lang } = useApp();
	return (
		<Table<ProbeRun> caption={t("probes.history")} rows={runs} keyOf={(r) => String(r.id)}
			markOf={(r) => r.result === "bad" ? "bad" : ""} columns={[
				{ label: t("probes.time"), style: "time", cell: (r) => <Time at={r.time} /> },
				{ label: t("common.state"), cell: (r) => (
					<Badge tone={tone(r.result)} text={t(`probes.short.${r.result}`)} />
				) },
				{ label: t("status.revision"), style: "number", cell: (r) => number(r.revision, lang) },
				{ label: t("probes.passed"), style: "number", cell: (r) => number(r.passed, lang) },
				{ label: t("probes.blocked"), style: "number", cell: (r) => number(r.blocked, lang) },
				{ label: t("probes.contradictions"), style: "number",
					cell: (r) => number(r.contradictions, lang) },
				{ label: t("probes.untested"), style: "number", cell: (r) => number(r.untested, lang) },
				{ label: t("probes.who"), cell: (r) => r.who === "(timer)" ? t("probes.timer") : r.who },
			]} />
	);
}

// One line for the status page.
export function ProbesLine({ status }: { status: Status }): JSX.Element | null {
	const { t } = useApp();
	if (status.probes === null)
		return null;
	return (
		<p>
			<Badge tone={tone(status.probes.result)} text={t(`probes.short.${status.probes.result}`)} />{" "}
			{t("probes.last", { time: dateTime(status.probes.time) })}{" "}
			<a href={href("proof")}>{t("nav.proof")}</a>
		</p>
	);
}
