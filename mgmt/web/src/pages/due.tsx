// SPDX-License-Identifier: GPL-3.0-or-later
// On the status page: what admission wants somebody to do today.

import type { JSX } from "preact";

import { type Loaded, useApp, useLoad } from "../context";
import { dateTime, number } from "../format";
import { ErrorBox } from "../parts/message";
import { href, pagesFor } from "../router";
import { mayApprove } from "../rules";
import type { Asset, Due, DueDevice } from "../types-admission";

const POLL_MS = 60_000;
const ALARM_POLL_MS = 10_000;
const DAYS = 14;
const SHOWN_MAX = 10;

type Release = NonNullable<Asset["release"]>;

export interface UrgentState {
	alarms: number; // that nobody has looked at
	held: number; // devices in quarantine
	releases: Release[]; // that somebody asked for
	grave: boolean;
}

export function useUrgent(): Loaded<UrgentState> {
	const { api } = useApp();
	return useLoad(async (background) => {
		const [alarms, held] = await Promise.all([
			api.admission.alarms("unacknowledged", null, background),
			api.admission.assets(new URLSearchParams({ state: "quarantined" }), background),
		]);
		return { alarms: alarms.unacknowledged, held: held.assets.length,
			releases: held.assets.flatMap((a) => a.release === null ? [] : [a.release]),
			grave: alarms.alarms.some((a) => a.severity === "critical") };
	}, ALARM_POLL_MS);
}

// Alarms that nobody has looked at, devices in quarantine, work that is not confirmed.
// overdue: reviews of flows.
export function Urgent({ urgent, overdue }: { urgent: Loaded<UrgentState>; overdue: number }):
	JSX.Element | null {
	const { api, t, me, lang } = useApp();
	const mayWork = pagesFor(me.role).includes("work");
	// asked once: the appliance looks the days up in the records
	const work = useLoad(async (background) =>
		mayWork ? (await api.admission.work("open", background)).work.length : 0);
	const users = useLoad((background) => me.role === "requester" ? Promise.resolve([])
		: api.users(background));
	const error = urgent.error ?? work.error;
	const { data } = urgent;
	const releases = (data?.releases ?? [])
		.filter((r) => mayApprove(me, r.requested_by, users.data)).length;
	const rows = [
		{ n: data?.alarms ?? 0, text: t("urgent.alarms", { n: number(data?.alarms, lang) }),
			link: href("alarms"), more: data?.grave === true ? t("urgent.grave") : "" },
		{ n: releases, text: t("urgent.release", { n: number(releases, lang) }),
			link: href("devices"), more: "" },
		{ n: data?.held ?? 0, text: t("urgent.quarantine", { n: number(data?.held, lang) }),
			link: href("devices"), more: "" },
		{ n: work.data ?? 0, text: t("urgent.work", { n: number(work.data, lang) }),
			link: href("work"), more: "" },
		{ n: overdue, text: t("flows.overdueCount", { n: number(overdue, lang) }),
			link: href("flows"), more: "" },
	].filter((r) => r.n > 0);

	if (rows.length === 0)
		return error === undefined ? null : <ErrorBox error={error} lang={lang} />;
	return (
		<section>
			<h2>{t("urgent.title")}</h2>
			<ErrorBox error={error} lang={lang} />
			<ul class="list list-bad">
				{rows.map((r) => (
					<li key={r.text}>
						<span><b>{r.text}</b> {r.more !== "" && <span class="alarm">{r.more}</span>}</span>
						<a class="button" href={r.link} aria-label={`${t("status.open")}: ${r.text}`}>
							{t("status.open")}
						</a>
					</li>
				))}
			</ul>
		</section>
	);
}

export function DueLists(): JSX.Element | null {
	const { api, lang } = useApp();
	const due = useLoad<Due>((background) => api.admission.due(DAYS, background), POLL_MS);
	if (due.data === undefined)
		return <ErrorBox error={due.error} lang={lang} />;
	return (
		<>
			<ErrorBox error={due.error} lang={lang} />
			{(["ending", "dormant", "recertify"] as const).map((what) => {
				const list = due.data?.[what] ?? [];
				return list.length === 0 ? null : <DueList key={what} what={what} list={list} />;
			})}
		</>
	);
}

function DueList({ what, list }: { what: "ending" | "dormant" | "recertify"; list: DueDevice[] }):
	JSX.Element {
	const { t, term } = useApp();
	const name = (d: DueDevice): string =>
		[d.number, d.name].filter((w) => w !== "").join(" ") || d.asset;
	return (
		<section>
			<h2>{t(`due.${what}`, { days: DAYS })}</h2>
			<p>{t(`due.${what}Step`)}</p>
			<ul class="list">
				{list.slice(0, SHOWN_MAX).map((d) => (
					<li key={`${d.asset} ${d.due}`}>
						<span>
							<b>{name(d)}</b>{" "}
							<span class="quiet">{t(`due.${what}When`, { time: dateTime(d.due),
								owner: d.owner, kind: term("device.kind", d.kind) })}</span>
						</span>
						<a class="button" href={href("devices", { asset: d.asset })}
							aria-label={`${t("status.open")}: ${name(d)}`}>{t("status.open")}</a>
					</li>
				))}
			</ul>
			{list.length > SHOWN_MAX && (
				<p class="quiet">{t("due.more", { n: list.length - SHOWN_MAX })}</p>
			)}
		</section>
	);
}
