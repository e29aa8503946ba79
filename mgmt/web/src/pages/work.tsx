// SPDX-License-Identifier: GPL-3.0-or-later
// Maintenance work: each day on which a contractor's permit was used is confirmed.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { useAction, useApp, useLoad } from "../context";
import { dateTime } from "../format";
import { Badge } from "../parts/badge";
import { Dialog } from "../parts/dialog";
import { Buttons, Field, Form } from "../parts/form";
import { ErrorBox, LoadNote } from "../parts/message";
import { Facts, Table } from "../parts/table";
import { By, Time } from "../parts/time";
import { href } from "../router";
import { mayWithdraw, oneLine } from "../rules";
import type { Work } from "../types-admission";

type State = "open" | "all";

// The address of the records of that day and device.
function recordsOf(w: Work): string {
	return href("records", { device: w.device, from: w.day, to: w.day, order: "oldest" });
}

export function WorkPage(_: { query: URLSearchParams }): JSX.Element {
	const { api, t, term, me } = useApp();
	const [state, setState] = useState<State>("open");
	const page = useLoad((background) => api.admission.work(state, background));
	const [chosen, setChosen] = useState<Work | null>(null);
	const first = useRef(true);

	useEffect(() => {
		if (!first.current)
			page.reload();
		first.current = false;
	}, [state]);
	return (
		<>
			<h1>{t("work.title")}</h1>
			<p>{t("work.intro")}</p>
			<div class="tools">
				<Field label={t("common.state")} value={state}
					onValue={(v) => setState(v === "all" ? "all" : "open")}
					options={[["open", t("work.open")], ["all", t("common.all")]]} />
			</div>
			<LoadNote loaded={page} />
			{page.data !== undefined && page.data.unchecked > 0 && (
				<p class="box box-wait">{t("work.unchecked", { n: page.data.unchecked })}</p>
			)}
			{page.data !== undefined && (
				<Table<Work> caption={t("work.title")} rows={page.data.work}
					keyOf={(w) => `${w.permit} ${w.day} ${w.device}`} empty={t("work.none")}
					markOf={(w) => w.confirmed === null ? "wait" : ""}
					columns={[
						{ label: t("common.state"), cell: (w) => (
							<Badge tone={w.confirmed === null ? "wait" : "good"}
								text={t(w.confirmed === null ? "work.open" : "work.confirmed")} />
						) },
						{ label: t("work.day"), style: "time", cell: (w) => (
							<><b>{w.day}</b><br /><span class="quiet">
								{t("work.first")} <Time at={w.first} /></span></>
						) },
						{ label: t("work.who"), style: "text", cell: (w) => (
							<>{w.company}<br />{w.owner}<br />
								<span class="quiet">{term("device.kind", w.kind)}</span></>
						) },
						{ label: t("devices.ticket"), cell: (w) => w.ticket || "–" },
						{ label: t("work.result"), style: "wide", cell: (w) => w.confirmed === null ? "–"
							: <><b>{w.work}</b><br />{w.result}<br /><span class="quiet">{w.records}</span></> },
						{ label: t("work.by"), style: "time",
							cell: (w) => <By who={w.confirmed_by} when={w.confirmed} /> },
						{ label: t("common.actions"), style: "actions", cell: (w) => (
							<>
								{w.confirmed === null && mayWithdraw(me.role) && (
									<button type="button" class="primary"
										aria-label={`${t("work.confirm")}: ${w.day} ${w.owner}`}
										onClick={() => setChosen(w)}>{t("work.confirm")}</button>
								)}
								<a class="button" href={recordsOf(w)}
									aria-label={`${t("status.recordsLink")}: ${w.day} ${w.owner}`}>
									{t("status.recordsLink")}
								</a>
							</>
						) },
					]} />
			)}
			{chosen !== null && <ConfirmWork work={chosen} onClose={() => setChosen(null)}
				onDone={() => {
					setChosen(null);
					page.reload();
				}} />}
		</>
	);
}

interface ConfirmWorkProps {
	work: Work;
	onDone: () => void;
	onClose: () => void;
}

function ConfirmWork({ work: w, onDone, onClose }: ConfirmWorkProps): JSX.Element {
	const { api, t, lang, notify } = useApp();
	const [said, setSaid] = useState({ work: "", result: "", records: "" });
	const [tried, setTried] = useState(false);
	const action = useAction();
	const names = ["work", "result", "records"] as const;
	const submit = (): void => {
		setTried(true);
		if (names.some((n) => said[n].trim() === ""))
			return;
		void action.run(async () => {
			await api.admission.confirmWork(w, { work: oneLine(said.work),
				result: oneLine(said.result), records: oneLine(said.records) });
			notify(t("work.done", { day: w.day }));
			onDone();
		});
	};
	return (
		<Dialog title={t("work.confirmTitle", { day: w.day })} onClose={onClose} wide>
			<Facts facts={[
				[t("devices.company"), w.company], [t("devices.person"), w.owner],
				[t("devices.ticket"), w.ticket], [t("work.first"), dateTime(w.first)],
			]} />
			<p>
				{t("work.look")}{" "}
				<a href={recordsOf(w)} target="_blank" rel="noopener">{t("work.lookLink")}</a>
			</p>
			<Form onSubmit={submit}>
				{names.map((n) => (
					<Field key={n} label={t(`work.field.${n}`)} lines={2} maxLength={200} required
						requiredText={t("common.required")} value={said[n]} hint={t(`work.hint.${n}`)}
						onValue={(v) => setSaid({ ...said, [n]: v })}
						problem={tried && said[n].trim() === "" ? t("common.fillIn") : undefined} />
				))}
				<ErrorBox error={action.error} lang={lang} />
				<Buttons submit={t("work.submit")} busy={action.busy} onCancel={onClose} />
			</Form>
		</Dialog>
	);
}
