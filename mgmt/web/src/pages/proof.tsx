// SPDX-License-Identifier: GPL-3.0-or-later
// Is what the kernel holds what the policy says? A verdict for everybody, the details for
// those who must act.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import { useAction, useApp } from "../context";
import { dateTime, number } from "../format";
import { Dialog } from "../parts/dialog";
import { ErrorBox } from "../parts/message";
import { Matrix } from "../parts/matrix";
import { Badge } from "../parts/badge";
import { Table } from "../parts/table";
import { packetText, ruleText } from "../packet";
import { href } from "../router";
import type { Assertion, Difference, Flow, Proof } from "../types";
import { ExplainSection } from "./explain";
import { FlowFacts } from "./flows";
import { ProbesSection } from "./probes";

export function ProofPage(_: { query: URLSearchParams }): JSX.Element {
	const { api, t, lang } = useApp();
	const [proof, setProof] = useState<Proof | null>(null);
	const [flow, setFlow] = useState<Flow | null>(null);
	const action = useAction();

	const load = (): void => void action.run(async () => {
		setProof(null); // an old verdict is never shown while a new one is awaited
		setProof(await api.proof());
	});
	useEffect(() => load(), []);
	return (
		<>
			<h1>{t("proof.title")}</h1>
			<p>{t("proof.intro")}</p>
			<div class="tools">
				<button type="button" disabled={action.busy} onClick={load}>{t("proof.run")}</button>
			</div>
			{action.busy && <p class="quiet" role="status">{t("proof.running")}</p>}
			<ErrorBox error={action.error} lang={lang} />
			{proof !== null && <Result proof={proof} onFlow={(id) => setFlow(proof.flows[id] ?? null)} />}
			<ProbesSection />
			<ExplainSection />
			{flow !== null && (
				<Dialog title={t("proof.flowTitle", { id: flow.id })} onClose={() => setFlow(null)}>
					<FlowFacts flow={flow} />
					<div class="buttons">
						<a class="button" href={href("flows", { id: flow.id })}>{t("nav.flows")}</a>
						<button type="button" onClick={() => setFlow(null)}>{t("common.close")}</button>
					</div>
				</Dialog>
			)}
		</>
	);
}

function Result({ proof, onFlow }: { proof: Proof; onFlow: (id: string) => void }): JSX.Element {
	const { t } = useApp();
	return (
		<>
			<Verdict proof={proof} />
			{proof.reasons.length > 0 && (
				<section>
					<h2>{t("proof.reasons")}</h2>
					<ul class="diagnostics">{proof.reasons.map((r, i) => <li key={i}>{r}</li>)}</ul>
				</section>
			)}
			{proof.differences.length > 0 && <Differences rows={proof.differences} />}
			{proof.assertions.length > 0 && <Assertions rows={proof.assertions} />}
			<section>
				<h2>{t("proof.matrix")}</h2>
				<p>{t("proof.matrixText")}{" "}
					{proof.result === "proved" && t("proof.matrixEmpty")}</p>
				<Matrix proof={proof} onFlow={onFlow} />
			</section>
			{proof.foreign.length > 0 && (
				<section>
					<h2>{t("proof.foreign")}</h2>
					<p>{t("proof.foreignText", { tables: proof.foreign.join(", ") })}</p>
				</section>
			)}
		</>
	);
}

function Verdict({ proof }: { proof: Proof }): JSX.Element {
	const { t, lang } = useApp();
	const revision = t("common.revision", { n: proof.revision });
	const good = proof.result === "proved" && proof.revision === proof.current;
	return (
		<div class={`verdict box box-${good ? "good" : "bad"}`}>
			<p class="big" role="status">{t(`proof.${proof.result}`)}</p>
			<p>{t(`proof.${proof.result}Text`)}</p>
			{proof.revision !== proof.current && <p>{t("proof.otherRevision", { revision })}</p>}
			<p class="quiet">{t("proof.asOf", { time: dateTime(proof.time), revision,
				rules: number(proof.rules, lang), ms: proof.elapsed_ms.toFixed(1) })}</p>
		</div>
	);
}

function Differences({ rows }: { rows: Difference[] }): JSX.Element {
	const { t } = useApp();
	return (
		<section>
			<h2>{t("proof.differences")}</h2>
			<Table<Difference> caption={t("proof.differences")} rows={rows} markOf={() => "bad"}
				keyOf={(d) => `${d.kind} ${d.from} ${d.to} ${rows.indexOf(d)}`} columns={[
					{ label: t("proof.kind"), cell: (d) => (
						<Badge tone="bad" text={t(`proof.kind.${d.kind}`)} />
					) },
					{ label: t("proof.from"), cell: (d) => d.from },
					{ label: t("proof.to"), cell: (d) => d.to },
					{ label: t("proof.packet"), style: "wide", cell: (d) => packetText(d.packet) },
					{ label: t("proof.rule"), style: "wide", cell: (d) => ruleText(d.rule) },
				]} />
		</section>
	);
}

function Assertions({ rows }: { rows: Assertion[] }): JSX.Element {
	const { t } = useApp();
	return (
		<section>
			<h2>{t("proof.assertions")}</h2>
			<Table<Assertion> caption={t("proof.assertions")} rows={rows}
				keyOf={(a) => `${a.from} ${a.to}`} markOf={(a) => a.holds ? "" : "bad"} columns={[
					{ label: t("proof.assertions"), style: "wide",
						cell: (a) => t("proof.never", { from: a.from, to: a.to }) },
					{ label: t("common.state"), cell: (a) => (
						<Badge tone={a.holds ? "good" : "bad"}
							text={t(a.holds ? "proof.holds" : "proof.fails")} />
					) },
					{ label: t("proof.packet"), style: "wide",
						cell: (a) => packetText(a.counterexample) },
				]} />
		</section>
	);
}
