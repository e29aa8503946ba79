// SPDX-License-Identifier: GPL-3.0-or-later
// What of the allowlist should be looked at, and what may be missing from it.

import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { useAction, useApp, useLoad } from "../context";
import { dateTime } from "../format";
import { Field, Form } from "../parts/form";
import { ErrorBox } from "../parts/message";
import { Table } from "../parts/table";
import { mayRequest } from "../rules";
import type { Finding, Lint, Suggestion, Suggestions } from "../types";
import { AllowForm } from "./allow-forms";

export function ReviewPage(_: { query: URLSearchParams }): JSX.Element {
	const { t } = useApp();
	return (
		<>
			<h1>{t("review.title")}</h1>
			<LintSection />
			<SuggestSection />
		</>
	);
}

function LintSection(): JSX.Element {
	const { api, t, term, lang } = useApp();
	const [lint, setLint] = useState<Lint | null>(null);
	const action = useAction();
	const run = (): void => void action.run(async () => setLint(await api.lintAllow()));
	return (
		<section>
			<h2>{t("review.lint")}</h2>
			<p><button type="button" disabled={action.busy} onClick={run}>
				{t("review.lintRun")}
			</button></p>
			<ErrorBox error={action.error} lang={lang} />
			{lint !== null && lint.unchecked > 0 && <p>{t("review.unchecked", { n: lint.unchecked })}</p>}
			{lint !== null && (
				<Table<Finding> caption={t("review.lint")} rows={lint.findings}
					keyOf={(f) => `${f.code} ${f.id}`} empty={t("review.lintNone")}
					columns={[
						{ label: t("review.finding"), cell: (f) => term("finding", f.code) },
						{ label: t("allow.host"), style: "wide", cell: (f) => <b>{f.host}</b> },
						{ label: t("allow.list"), cell: (f) => f.list_name },
						{ label: t("review.other"), cell: (f) => f.other ?? "" },
					]} />
			)}
		</section>
	);
}

type Row = Suggestion & { domain: string };

function SuggestSection(): JSX.Element {
	const { api, t, lang, me } = useApp();
	const lists = useLoad((background) => api.lists(background));
	const [days, setDays] = useState("35");
	const [found, setFound] = useState<Suggestions | null>(null);
	const [draft, setDraft] = useState<Row | null>(null);
	const action = useAction();
	const number = /^\d{1,3}$/.test(days) ? Number(days) : 0;
	const bad = number < 1 || number > 400;
	const run = (): void => {
		if (!bad)
			void action.run(async () => setFound(await api.suggestAllow(number)));
	};
	const rows = found?.domains.flatMap((d) => d.hosts.map((h) => ({ ...h, domain: d.domain })));
	return (
		<section>
			<h2>{t("review.suggest")}</h2>
			<p>{t("review.suggestText")}</p>
			<Form class="tools" onSubmit={run}>
				<Field label={t("review.days")} value={days} onValue={setDays} maxLength={3}
					problem={bad ? t("review.daysBad") : undefined} />
				<button type="submit" disabled={action.busy}>{t("review.suggestRun")}</button>
			</Form>
			<ErrorBox error={action.error} lang={lang} />
			{found !== null && <p>{t("review.cycle", found.cycle)}</p>}
			{found !== null && (found.cut || found.left_out > 0) && <p>{t("review.cut")}</p>}
			{rows !== undefined && (
				<Table<Row> caption={t("review.suggest")} rows={rows} keyOf={(r) => r.host}
					empty={t("review.none")} columns={[
						{ label: t("review.domain"), cell: (r) => r.domain },
						{ label: t("allow.host"), style: "wide", cell: (r) => (
							<>
								<b>{r.host}</b>
								{r.warnings.map((w) => <p key={w.code} class="problem">{w.text}</p>)}
							</>
						) },
						{ label: t("allow.ports"), cell: (r) => r.ports.join(", ") },
						{ label: t("review.count"), style: "number", cell: (r) => String(r.count) },
						{ label: t("review.who"), style: "text",
							cell: (r) => [...r.users, ...r.devices].join(", ") },
						{ label: t("review.when"), style: "time",
							cell: (r) => <>{dateTime(r.first)}<br />{dateTime(r.last)}</> },
						{ label: t("common.actions"), style: "actions", cell: (r) => mayRequest(me.role)
							? <button type="button" onClick={() => setDraft(r)}>
								{t("review.request")}
							</button> : "" },
					]} />
			)}
			{draft !== null && (
				<AllowForm lists={lists.data ?? []} onDone={() => setDraft(null)}
					onClose={() => setDraft(null)} draft={{ host: draft.host, ports: draft.ports,
						address: draft.address, scheme: draft.scheme }} />
			)}
		</section>
	);
}
