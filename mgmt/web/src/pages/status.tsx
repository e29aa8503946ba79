// SPDX-License-Identifier: GPL-3.0-or-later
// Is everything kept right now, and what waits for me?

import type { JSX } from "preact";

import { useServerNow } from "../clock";
import { type Loaded, useApp, useLoad } from "../context";
import { dateTime, isOld, number } from "../format";
import { Badge } from "../parts/badge";
import type { MessageKey } from "../i18n";
import { LockdownSection } from "../parts/lockdown";
import { LoadNote } from "../parts/message";
import { deviceName } from "../parts/names";
import { useStanding } from "../parts/standing-event";
import { Table } from "../parts/table";
import { Time } from "../parts/time";
import { requestsOf } from "../register";
import { href } from "../router";
import { mayApprove, mayWithdraw } from "../rules";
import type { AllowEntry, AllowList, Device, Part, Status, User } from "../types";
import { ContainmentState } from "./containment";
import { Detecting, useDetecting } from "./detecting";
import { DueLists, Urgent, type UrgentState, useUrgent } from "./due";
import { ProbesLine } from "./probes";

const POLL_MS = 10_000;
const NEW_MAX = 20;

interface Pending {
	key: string;
	text: string;
	by: string;
	when: string;
	link: string;
	mine: boolean;
}

export function StatusPage(): JSX.Element {
	const { api, t, me } = useApp();
	const status = useLoad((background) => api.status(background), POLL_MS);
	const allow = useLoad((background) => api.allow(background), POLL_MS);
	const lists = useLoad((background) => api.lists(background), POLL_MS);
	const requested = useLoad((background) => api.devices({ requested: "true", limit: "1000" },
		background), POLL_MS);
	const fresh = useLoad((background) => api.devices({ registered: "false", order: "first-seen",
		limit: String(NEW_MAX) }, background), POLL_MS);
	const users = useLoad((background) => me.role === "requester" ? Promise.resolve([])
		: api.users(background));

	const urgent = useUrgent();
	const detecting = useDetecting();
	useStanding(status.reload); // or it says for a while that all is well in a lockdown
	return (
		<>
			<h1>{t("status.title")}</h1>
			<Verdict status={status} urgent={urgent} strict={detecting.data?.length === 0} />
			<LoadNote loaded={status} />
			<Detecting detecting={detecting} />
			<Urgent urgent={urgent} overdue={status.data?.reviews_overdue ?? 0} />
			<Waiting allow={allow.data ?? []} devices={requested.data?.devices ?? []}
				lists={lists.data ?? []} users={users.data}
				known={allow.data !== undefined && lists.data !== undefined &&
					requested.data !== undefined} />
			<NewDevices devices={fresh.data?.devices} />
			<DueLists />
			{status.data !== undefined && <Parts status={status.data} />}
			{status.data?.containment && <ContainmentState state={status.data.containment} />}
			{status.data?.lockdown === null && mayWithdraw(me.role) && <LockdownSection />}
		</>
	);
}

// A state that cannot be read is never shown as good, whatever it was before.
// strict: no zone is known to let pass what has no permit.
function Verdict(props: { status: Loaded<Status>; urgent: Loaded<UrgentState>;
	strict: boolean }): JSX.Element | null {
	const { t, term, lang } = useApp();
	const status = props.status.data;
	const alarms = props.urgent.data?.alarms;
	useServerNow(); // each second, so that what nobody renews grows old
	if (props.status.error !== undefined || props.urgent.error !== undefined)
		return <Headline tone="bad" big={t("status.unknown")} small="" />;
	if (status === undefined || alarms === undefined)
		return null;
	const now = new Date();
	if (isOld(props.status.at, now) || isOld(props.urgent.at, now))
		return <Headline tone="bad" big={t("status.unknown")}
			small={t("common.stale", { time: dateTime(status.time) })} />;
	const asOf = t("status.asOf", {
		time: dateTime(status.time),
		revision: t("common.revision", { n: status.revision }),
	});
	if (status.ok && status.lockdown !== null)
		return null; // "all is well" is not what the banner above says
	if (status.ok && alarms > 0)
		return <Headline tone="bad" big={t("status.bad")} more={asOf}
			small={t("urgent.alarms", { n: number(alarms, lang) })} />;
	if (status.ok)
		return <Headline tone="good" big={t("status.good")} more={asOf}
			small={props.strict ? t("status.goodText") : ""} />;
	const parts = status.parts.filter((p) => !p.ok).map((p) => term("part", p.name)).join(", ");
	return (
		<Headline tone="bad" big={t("status.bad")}
			small={parts === "" ? "" : t("status.badText", { parts })} more={asOf} />
	);
}

function Headline(props: { tone: "good" | "bad"; big: string; small: string; more?: string }):
	JSX.Element {
	return (
		<div class={`verdict box box-${props.tone}`}>
			<p class="big" role="status">{props.big}</p>
			{props.small !== "" && <p>{props.small}</p>}
			{props.more !== undefined && <p class="quiet">{props.more}</p>}
		</div>
	);
}

// What each part counts is not the same thing.
const countOf: Record<string, MessageKey> = {
	gated: "status.count.gated", proxyd: "status.count.proxyd", sensord: "status.count.sensord",
	switchd: "status.count.switchd",
};

function Parts({ status }: { status: Status }): JSX.Element {
	const { t, term, lang } = useApp();
	return (
		<section>
			<h2>{t("status.parts")}</h2>
			<ProbesLine status={status} />
			<Table<Part> caption={t("status.parts")} rows={status.parts} keyOf={(p) => p.name}
				markOf={(p) => p.ok ? "" : "bad"}
				columns={[
					{ label: t("status.part"), cell: (p) => <b>{term("part", p.name)}</b> },
					{ label: t("common.state"), cell: (p) => (
						<Badge tone={p.ok ? "good" : "bad"}
							text={t(p.ok ? "status.partOk" : "status.partBad")} />
					) },
					{ label: t("status.message"), style: "text", cell: (p) => p.text || "–" },
					{ label: t("status.revision"), style: "number",
						cell: (p) => number(p.revision || undefined, lang) },
					{ label: t("status.connections"), style: "number",
						cell: (p) => countOf[p.name] === undefined ? "–"
							: t(countOf[p.name] ?? "common.none", { n: number(p.connections, lang) }) },
					{ label: t("status.records"), style: "number",
						cell: (p) => number(p.records, lang) },
					{ label: t("status.lost"), style: "number", cell: (p) => (p.lost ?? 0) > 0
						? <strong class="alarm">{number(p.lost, lang)}</strong>
						: number(p.lost, lang) },
					{ label: t("status.started"), style: "time", cell: (p) => <Time at={p.started} /> },
				]} />
		</section>
	);
}

interface WaitingProps {
	allow: AllowEntry[];
	devices: Device[];
	lists: AllowList[];
	users: User[] | undefined;
	known: boolean;
}

function Waiting({ allow, devices, lists, users, known }: WaitingProps): JSX.Element | null {
	const { t, me } = useApp();
	const pending: Pending[] = [
		...requestsOf(devices).map(({ permit, cards: [first] }) => ({
			key: permit.id,
			text: t("status.pendingDevice", { device: [permit.company, permit.owner,
				first === undefined ? "" : deviceName(first)].filter(Boolean).join(" ") }),
			by: permit.requested_by,
			when: permit.requested,
			link: href("devices", { id: first?.id ?? "" }),
			mine: mayApprove(me, permit.requested_by, users),
		})),
		...allow.filter((e) => e.state === "requested").map((e) => ({
			key: e.id,
			text: t("status.pendingAllow", { host: e.host }),
			by: e.requested_by,
			when: e.requested,
			link: href("allow", { id: e.id }),
			mine: mayApprove(me, e.requested_by, users),
		})),
		...lists.flatMap((l) => l.request === null ? [] : [l.request]).map((r) => ({
			key: r.version,
			text: t("status.pendingList", { name: r.name }),
			by: r.requested_by,
			when: r.requested ?? "",
			link: href("lists"),
			mine: mayApprove(me, r.requested_by, users),
		})),
	].sort((a, b) => a.when.localeCompare(b.when));
	if (!known)
		return null;
	const mine = pending.filter((p) => p.mine);
	const others = pending.filter((p) => !p.mine);
	return (
		<>
			<section>
				<h2>{t("status.mine")}</h2>
				{mine.length === 0 ? <p class="quiet none">{t("status.nothing")}</p>
					: <PendingList pending={mine} />}
			</section>
			{others.length > 0 && (
				<section>
					<h2>{t("status.others")}</h2>
					<PendingList pending={others} />
				</section>
			)}
		</>
	);
}

function PendingList({ pending }: { pending: Pending[] }): JSX.Element {
	const { t } = useApp();
	return (
		<ul class="list">
			{pending.map((p) => (
				<li key={p.key}>
					<span>
						<b>{p.text}</b>{" "}
						<span class="quiet">
							{t("status.requestedBy", { who: p.by, time: dateTime(p.when) })}
						</span>
					</span>
					<a class="button" href={p.link} aria-label={`${t("status.open")}: ${p.text}`}>
						{t("status.open")}
					</a>
				</li>
			))}
		</ul>
	);
}

function NewDevices({ devices }: { devices: Device[] | undefined }): JSX.Element | null {
	const { t } = useApp();
	if (devices === undefined)
		return null;
	return (
		<section>
			<h2>{t("status.new")}</h2>
			{devices.length === 0 ? <p class="quiet none">{t("status.newNone")}</p> : (
				<ul class="list">
					{devices.map((d) => (
						<li key={d.id}>
							<span>
								<b>{deviceName(d)}</b>{" "}
								<span class="quiet">
									{t("status.firstSeen", { time: dateTime(d.first_seen),
										where: d.zone || d.interface })}
								</span>
							</span>
							<a class="button" href={href("devices", { id: d.id })}
								aria-label={`${t("status.open")}: ${deviceName(d)}`}>
								{t("status.open")}
							</a>
						</li>
					))}
				</ul>
			)}
		</section>
	);
}
