// SPDX-License-Identifier: GPL-3.0-or-later
// The question stands in the address: it can be kept, sent on and gone back to.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { useAction, useApp } from "../context";
import { dateTime, number } from "../format";
import { ErrorBox } from "../parts/message";
import { href } from "../router";
import {
	emptySearch, isSearch, joined, pageQuery, readSearch, type Search, writeSearch,
} from "../search";
import type { ConnRecord, RecordPage, Verification } from "../types";
import { RecordDialog, RecordTable } from "./record-table";
import { SearchForm } from "./record-search";

export function RecordsPage({ query }: { query: URLSearchParams }): JSX.Element {
	const { api, t, lang, me } = useApp();
	const [found, setFound] = useState<RecordPage | null>(null);
	const [shown, setShown] = useState<ConnRecord | null>(null);
	const action = useAction();
	const asked = query.toString();
	const round = useRef(0);

	const fetchPage = async (before: RecordPage | null): Promise<void> => {
		const mine = ++round.current;
		const page = await api.records(pageQuery(readSearch(query), before?.records ?? []));
		if (mine === round.current)
			setFound(joined(before, page));
	};

	useEffect(() => {
		round.current++;
		setFound(null);
		if (isSearch(query))
			void action.run(() => fetchPage(null));
	}, [asked, lang]);

	const search = (next: Search): void => {
		const target = `${href("records")}?${writeSearch(next)}`;
		if (location.hash === target)
			void action.run(() => fetchPage(null));
		else
			location.hash = target;
	};
	return (
		<>
			<h1>{t("records.title")}</h1>
			<p>{t("records.intro")}</p>
			<SearchForm key={asked} initial={isSearch(query) ? readSearch(query) : emptySearch()}
				busy={action.busy} onSearch={search} />
			<ErrorBox error={action.error} lang={lang} />
			<section aria-busy={action.busy}>
				{found === null && !action.busy && action.error === undefined &&
					<p class="quiet none">{t("records.ask")}</p>}
				{found === null && action.busy && <p class="quiet">{t("common.loading")}</p>}
				{found !== null && (
					<>
						{found.behind !== null && (
							<p class="box box-bad" role="alert">
								{found.behind.until === null ? t("records.behindUnknown")
									: t("records.behind", { time: dateTime(found.behind.until) })}
							</p>
						)}
						<RecordTable records={found.records} onShow={setShown} />
						<div class="buttons start">
							<p class="quiet" role="status">
								{t(found.more ? "records.shown" : "records.end",
									{ n: number(found.records.length, lang) })}
							</p>
							{found.more && (
								<button type="button" disabled={action.busy}
									onClick={() => void action.run(() => fetchPage(found))}>
									{t("records.next")}
								</button>
							)}
						</div>
					</>
				)}
			</section>
			{(me.role === "auditor" || me.role === "admin") && <Verify />}
			{shown !== null && <RecordDialog record={shown} onClose={() => setShown(null)} />}
		</>
	);
}

function Verify(): JSX.Element {
	const { api, t, lang } = useApp();
	const [answer, setAnswer] = useState<Verification | null>(null);
	const action = useAction();
	const broken = answer !== null && answer.bad !== null && answer.bad !== "0";
	const run = (): void => {
		setAnswer(null);
		void action.run(async () => setAnswer(await api.verify()));
	};
	return (
		<section class="no-print">
			<button type="button" disabled={action.busy} onClick={run}>
				{t(action.busy ? "records.verifying" : "records.verify")}
			</button>
			<ErrorBox error={action.error} lang={lang} />
			<div role={answer?.ok === false ? "alert" : "status"}>
				{answer !== null && (
					<div class={`box box-${answer.ok ? "good" : "bad"}`}>
						<p>
							{answer.ok ? t("records.verifyOk", { n: number(answer.checked, lang) })
								: broken ? t("records.verifyBad", { bad: answer.bad ?? "" })
								: t("records.verifyUnknown")}
						</p>
						{!answer.ok && <p>{answer.text}</p>}
						{answer.ok && <p><a href={href("records", { kind: "gap" })}>
							{t("records.verifyGaps")}</a></p>}
						<p class="quiet">{t("records.head")}: <code>{answer.head}</code></p>
					</div>
				)}
			</div>
		</section>
	);
}
