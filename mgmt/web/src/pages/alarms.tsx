// SPDX-License-Identifier: GPL-3.0-or-later
// What the sensor raised: what it is, what to do, and what was done about it.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { alarmCards, alarmDevice, alarmPorts, severityTones, sortAlarms } from "../alarm";
import { useAction, useApp, useLoad } from "../context";
import { dateTime } from "../format";
import { Badge } from "../parts/badge";
import { Dialog } from "../parts/dialog";
import { Buttons, Field, Form } from "../parts/form";
import { ErrorBox, LoadNote } from "../parts/message";
import { ReasonDialog } from "../parts/reason-dialog";
import { Facts, Table } from "../parts/table";
import { Time } from "../parts/time";
import { href, pagesFor } from "../router";
import { mayWithdraw, oneLine } from "../rules";
import type { Alarm, AlarmPage, AlarmState } from "../types-admission";
import { EventSettings } from "./alarm-settings";

const POLL_MS = 10_000;
const states: readonly AlarmState[] = ["unacknowledged", "open", "all"];

type Open = { what: "detail" | "acknowledge" | "quarantine"; alarm: Alarm } | null;

export function AlarmsPage({ query }: { query: URLSearchParams }): JSX.Element {
	const { api, t } = useApp();
	const [state, setState] = useState<AlarmState>(
		states.find((s) => s === query.get("state")) ?? "unacknowledged");
	const page = useLoad<AlarmPage>((background) =>
		api.admission.alarms(state, null, background), POLL_MS);
	const [further, setFurther] = useState<AlarmPage | null>(null);
	const [open, setOpen] = useState<Open>(null);
	const more = useAction();
	const first = useRef(true);
	const alarms = merge(page.data?.alarms ?? [], further?.alarms ?? []);

	useEffect(() => {
		if (!first.current)
			page.reload();
		first.current = false;
		setFurther(null);
	}, [state]);
	const next = (): void => void more.run(async () => {
		const got = await api.admission.alarms(state, oldest(alarms), false);
		setFurther({ ...got, alarms: [...(further?.alarms ?? []), ...got.alarms] });
	});
	const done = (): void => {
		setOpen(null);
		setFurther(null);
		page.reload();
	};
	return (
		<>
			<h1>{t("alarms.title")}</h1>
			<p>{t("alarms.intro")}</p>
			<LoadNote loaded={page} />
			{page.data !== undefined && page.error === undefined && <Count page={page.data} />}
			<div class="tools">
				<Field label={t("alarms.which")} value={state}
					onValue={(v) => setState(states.find((s) => s === v) ?? "unacknowledged")}
					options={states.map((s) => [s, t(`alarms.which.${s}`)])} />
			</div>
			{page.data !== undefined &&
				<AlarmTable alarms={sortAlarms(alarms)} onOpen={setOpen} />}
			{(further ?? page.data)?.more === true && (
				<p><button type="button" disabled={more.busy} onClick={next}>
					{t("records.next")}
				</button></p>
			)}
			{open?.what === "detail" && <AlarmDialog alarm={open.alarm} onOpen={setOpen}
				onClose={() => setOpen(null)} />}
			{open?.what === "acknowledge" && <AckDialog alarm={open.alarm} onDone={done}
				onClose={() => setOpen(null)} />}
			{open?.what === "quarantine" && <IsolateDialog alarm={open.alarm} onDone={done}
				onClose={() => setOpen(null)} />}
			<EventSettings />
		</>
	);
}

// Pages overlap when alarms came in between.
function merge(newer: Alarm[], older: Alarm[]): Alarm[] {
	const known = new Set(newer.map((a) => a.id));
	return [...newer, ...older.filter((a) => !known.has(a.id))];
}

function oldest(alarms: Alarm[]): string | null {
	return alarms.map((a) => a.id).sort((a, b) => Number(BigInt(a) - BigInt(b)))[0] ?? null;
}

function Count({ page }: { page: AlarmPage }): JSX.Element {
	const { t } = useApp();
	const calm = page.unacknowledged === 0;
	return (
		<div class={`verdict box box-${calm ? "good" : "bad"}`}>
			<p class="big" role="status">
				{calm ? t("alarms.calm") : t("alarms.waiting", { n: page.unacknowledged })}
			</p>
			<p class="quiet">{t("alarms.openCount", { n: page.open })}</p>
		</div>
	);
}

function AlarmTable({ alarms, onOpen }: { alarms: Alarm[]; onOpen: (open: Open) => void }):
	JSX.Element {
	const { t, term } = useApp();
	return (
		<Table<Alarm> caption={t("alarms.title")} rows={alarms} keyOf={(a) => a.id}
			empty={t("alarms.none")}
			markOf={(a) => a.acknowledged !== null ? "" : a.severity === "critical" ? "bad" : "wait"}
			columns={[
				{ label: t("alarms.severity"), cell: (a) => (
					<>
						<Badge tone={severityTones[a.severity] ?? "bad"}
							text={term("severity", a.severity)} />
						<br /><span class="quiet">{t(a.closed === null ? "alarms.open" : "alarms.over")}</span>
					</>
				) },
				{ label: t("alarms.what"), style: "wide", cell: (a) => (
					<>
						<button type="button" class="plain"
							aria-label={`${t("common.detail")}: ${a.text}`}
							onClick={() => onOpen({ what: "detail", alarm: a })}>{a.text}</button>
						<br />{t("alarms.advice", { text: a.advice })}
						{a.quarantined && <p class="problem">{t("alarms.quarantined")}</p>}
						{a.held_back !== "" && <p class="problem">{a.held_back}</p>}
					</>
				) },
				{ label: t("alarms.where"), style: "place", cell: (a) => (
					<>
						{alarmDevice(a) !== "" && <><b>{alarmDevice(a)}</b><br /></>}
						{alarmCards(a).map((mac) => <span key={mac}>{mac}<br /></span>)}
						<span class="quiet">{[a.manufacturer ?? "", alarmPorts(a), a.address].filter((x) => x !== "").join(" · ")}</span>
					</>
				) },
				{ label: t("alarms.raised"), style: "time", cell: (a) => (
					<><Time at={a.raised} />{a.count > 1 && <><br />{t("alarms.times", { n: a.count })}</>}</>
				) },
				{ label: t("alarms.done"), style: "text", cell: (a) => a.acknowledged === null
					? <b>{t("alarms.notYet")}</b>
					: <>{a.done}<br /><span class="quiet">{a.acknowledged_by}</span></> },
				{ label: t("common.actions"), style: "actions", cell: (a) =>
					<AlarmButtons alarm={a} onOpen={onOpen} /> },
			]} />
	);
}

function AlarmButtons({ alarm, onOpen }: { alarm: Alarm; onOpen: (open: Open) => void }):
	JSX.Element | null {
	const { t, me } = useApp();
	if (!mayWithdraw(me.role))
		return null;
	return (
		<>
			{alarm.acknowledged === null && (
				<button type="button" class="primary" aria-label={`${t("alarms.ack")}: ${alarm.text}`}
					onClick={() => onOpen({ what: "acknowledge", alarm })}>{t("alarms.ack")}</button>
			)}
			{!alarm.quarantined && alarm.device !== null && (
				<button type="button" class="stop" aria-label={`${t("act.quarantine")}: ${alarm.mac}`}
					onClick={() => onOpen({ what: "quarantine", alarm })}>{t("act.quarantine")}</button>
			)}
		</>
	);
}

interface AlarmDialogProps {
	alarm: Alarm;
	onOpen: (open: Open) => void;
	onClose: () => void;
}

function AlarmDialog({ alarm: a, onOpen, onClose }: AlarmDialogProps): JSX.Element {
	const { t, term, me } = useApp();
	return (
		<Dialog title={a.text} onClose={onClose} wide>
			<p class="plain-words box box-wait">{t("alarms.advice", { text: a.advice })}</p>
			<Facts facts={[
				[t("alarms.severity"), term("severity", a.severity)],
				[t("alarms.kind"), term("event", a.kind)],
				[t("alarms.action"), term("eventAction", a.action)],
				[t("alarms.raised"), dateTime(a.raised)],
				[t("alarms.closed"), a.closed === null ? t("alarms.open") : dateTime(a.closed)],
				[t("devices.device"), alarmDevice(a)],
				[t("devices.mac"), alarmCards(a).join(", ")],
				[t("devices.manufacturer"), a.manufacturer ?? ""],
				[t("devices.interface"), alarmPorts(a)],
				[t("devices.address"), a.address],
				[t("records.detail"), a.detail],
				[t("records.count"), String(a.count)],
				[t("alarms.isolated"), a.quarantined ? t("common.yes") : a.held_back || t("common.no")],
				[t("alarms.done"), a.acknowledged === null ? t("alarms.notYet") : a.done],
				[t("alarms.doneBy"), a.acknowledged === null ? "" : t("common.by",
					{ time: dateTime(a.acknowledged), who: a.acknowledged_by ?? "" })],
			]} />
			<div class="buttons">
				{a.device !== null && (
					<a class="button" href={href("devices", { id: a.device })}>{t("alarms.device")}</a>
				)}
				{a.mac !== "" && pagesFor(me.role).includes("records") && (
					<a class="button" href={href("records", { mac: a.mac })}>{t("status.recordsLink")}</a>
				)}
				<AlarmButtons alarm={a} onOpen={onOpen} />
				<button type="button" onClick={onClose}>{t("common.close")}</button>
			</div>
		</Dialog>
	);
}

interface StepProps {
	alarm: Alarm;
	onDone: () => void;
	onClose: () => void;
}

function AckDialog({ alarm, onDone, onClose }: StepProps): JSX.Element {
	const { api, t, lang, notify } = useApp();
	const [text, setText] = useState("");
	const [missing, setMissing] = useState(false);
	const action = useAction();
	const submit = (): void => {
		const said = oneLine(text);
		setMissing(said === "");
		if (said === "")
			return;
		void action.run(async () => {
			await api.admission.acknowledge(alarm.id, said);
			notify(t("alarms.ackDone"));
			onDone();
		});
	};
	return (
		<Dialog title={t("alarms.ackTitle")} onClose={onClose}>
			<p><b>{alarm.text}</b></p>
			<p>{t("alarms.advice", { text: alarm.advice })}</p>
			<Form onSubmit={submit}>
				<Field label={t("alarms.done")} lines={3} maxLength={200} required
					requiredText={t("common.required")} value={text} onValue={setText}
					hint={t("alarms.ackHint")} problem={missing ? t("common.fillIn") : undefined} />
				<ErrorBox error={action.error} lang={lang} />
				<Buttons submit={t("alarms.ackSubmit")} busy={action.busy} onCancel={onClose} />
			</Form>
		</Dialog>
	);
}

function IsolateDialog({ alarm, onDone, onClose }: StepProps): JSX.Element {
	const { api, t, notify } = useApp();
	const device = alarm.mac;
	return (
		<ReasonDialog title={t("step.quarantine.title")} danger submit={t("step.quarantine.submit")}
			text={t("step.quarantine.text", { device })} onClose={onClose}
			onConfirm={async (reason) => {
				const { cut, warning } = await api.admission.quarantine(alarm.device ?? "", reason);
				notify(t("step.quarantine.done", { device, cut }), warning);
				onDone();
			}}>
			<p><b>{alarm.text}</b></p>
		</ReasonDialog>
	);
}
