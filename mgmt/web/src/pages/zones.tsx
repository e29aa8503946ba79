// SPDX-License-Identifier: GPL-3.0-or-later
// Where devices need a permit, how far each zone is on its way there, and who would be kept
// out. Each look into the records is itself recorded, so it is taken when the page is opened.

import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { serverNow } from "../clock";
import { useApp, useLoad } from "../context";
import { dateTime, number } from "../format";
import { Badge } from "../parts/badge";
import { LoadNote } from "../parts/message";
import { Table } from "../parts/table";
import { Time } from "../parts/time";
import { href, pagesFor } from "../router";
import type { Unadmitted, UnadmittedPage, Zone } from "../types-admission";
import { daysSince, LOOK_DAYS, modeTones, type Step, stepsOf, stillOut } from "../zones";
import { StateBadge } from "./asset-table";
import { DraftDialog } from "./register-file";
import { TermsDialog } from "./terms";

export function ZonesPage(_: { query: URLSearchParams }): JSX.Element {
	const { api, t, me } = useApp();
	const mayRead = pagesFor(me.role).includes("records");
	const terms = useLoad((background) => api.admission.terms(background));
	const told = useLoad<UnadmittedPage | null>((background) =>
		mayRead ? api.admission.unadmitted(background) : Promise.resolve(null));
	const [open, setOpen] = useState<"draft" | "terms" | null>(null);
	const zones = terms.data?.zones ?? [];
	const detecting = zones.filter((z) => z.mode === "detect");
	const asking = zones.filter((z) => z.mode !== "off").map((z) => z.name);

	return (
		<>
			<h1>{t("zones.title")}</h1>
			<p>{t("zones.intro")}</p>
			<div class="buttons start toolbar">
				{asking.length > 0 && (
					<button type="button" onClick={() => setOpen("draft")}>{t("devices.draft")}</button>
				)}
				<button type="button" onClick={() => setOpen("terms")}>{t("terms.open")}</button>
			</div>
			<LoadNote loaded={terms} />
			{terms.data !== undefined && <ZoneTable zones={zones} />}
			{zones.some((z) => z.containment) && (
				<p class="box box-wait">{t("zones.containmentText")}</p>
			)}
			{detecting.map((z) => <Learning key={z.name} zone={z} told={told.data ?? undefined} />)}
			{mayRead && detecting.length > 0 && (
				<>
					<h2>{t("zones.unadmitted", { days: told.data?.days ?? 14 })}</h2>
					<p>{t("zones.unadmittedText")}</p>
					<LoadNote loaded={told} />
					{told.data && <UnadmittedTable page={told.data} />}
				</>
			)}
			{open === "draft" && <DraftDialog zones={asking} onClose={() => setOpen(null)} />}
			{open === "terms" && <TermsDialog onClose={() => setOpen(null)} />}
		</>
	);
}

function ZoneTable({ zones }: { zones: Zone[] }): JSX.Element {
	const { t, term, lang } = useApp();
	return (
		<Table<Zone> caption={t("zones.title")} rows={zones} keyOf={(z) => z.name}
			columns={[
				{ label: t("devices.zone"), style: "text", cell: (z) => (
					<><b>{z.label || z.name}</b><br /><span class="quiet">{z.name}</span></>
				) },
				{ label: t("zones.mode"), cell: (z) => (
					<Badge tone={modeTones[z.mode]} text={term("zoneMode", z.mode)} />
				) },
				{ label: t("zones.since"), style: "time", cell: (z) => <Time at={z.since} /> },
				{ label: t("zones.where"), style: "text", cell: (z) => (
					<>
						{z.interfaces.join(", ")}
						{z.ports.length > 0 && <><br />{t("zones.ports", { ports: z.ports.join(", ") })}</>}
						{z.port_lock && <><br />{t("zones.portLock")}</>}
						{z.vlan !== null && <><br />{t("zones.vlan", { n: z.vlan })}</>}
						{z.containment && <><br />
							<span class="soon">{t("zones.containment")}</span></>}
					</>
				) },
				{ label: t("zones.seen"), style: "number", cell: (z) => number(z.seen, lang) },
				{ label: t("zones.registered"), style: "number",
					cell: (z) => number(z.registered, lang) },
				{ label: t("zones.permitted"), style: "number",
					cell: (z) => number(z.permitted, lang) },
			]} />
	);
}

// A zone that only detects: what is to be done before it enforces.
function Learning({ zone: z, told }: { zone: Zone; told: UnadmittedPage | undefined }): JSX.Element {
	const { t, lang } = useApp();
	const now = serverNow();
	const left = told === undefined ? undefined
		: told.devices.filter((d) => d.zone === z.name && stillOut(d)).length;
	const steps = stepsOf(z, left, now);
	const ready = left !== undefined && steps.every((s) => s.done);
	const line = (s: Step): string => s.done ? t(`zones.step.${s.what}.done`, { n: number(s.n, lang) })
		: t(`zones.step.${s.what}.left`, { n: number(s.n, lang), days: LOOK_DAYS });
	return (
		<section>
			<h2>{t("zones.learning", { zone: z.label || z.name })}</h2>
			<p>{t("zones.learningSince", { time: z.since === null ? "–" : dateTime(z.since),
				days: daysSince(z.since, now) })}</p>
			<ul class="list">
				{steps.map((s) => (
					<li key={s.what}>
						<span>
							<Badge tone={s.done ? "good" : "wait"}
								text={t(s.done ? "zones.done" : "zones.open")} />{" "}
							{line(s)}
						</span>
					</li>
				))}
			</ul>
			<p class={`box ${ready ? "box-good" : "box-wait"}`}>
				{t(ready ? "zones.ready" : "zones.notReady")}
			</p>
		</section>
	);
}

function UnadmittedTable({ page }: { page: UnadmittedPage }): JSX.Element {
	const { t, lang } = useApp();
	return (
		<>
			{page.unnamed > 0 && (
				<p class="box box-wait">{t("zones.unnamed", { n: number(page.unnamed, lang) })}</p>
			)}
			{page.cut && <p class="box box-wait">{t("zones.cut")}</p>}
			<Table<Unadmitted> caption={t("zones.unadmitted", { days: page.days })}
				rows={page.devices} keyOf={(d) => `${d.zone} ${d.mac}`}
				markOf={(d) => stillOut(d) ? "bad" : ""} empty={t("zones.unadmittedNone")}
				columns={[
					{ label: t("common.state"), cell: (d) => d.device === null ? "–"
						: <StateBadge state={d.device.state} /> },
					{ label: t("devices.device"), style: "wide", cell: (d) => (
						<>
							<b>{d.device?.name || d.mac}</b>
							{d.device?.name && <><br /><span class="quiet">{d.mac}</span></>}
							{d.manufacturer !== "" && <><br /><span class="quiet">{d.manufacturer}</span></>}
							{d.device?.mac_local === true && <><br />
								<span class="soon">{t("devices.local")}</span></>}
						</>
					) },
					{ label: t("devices.zone"), cell: (d) => d.zone },
					{ label: t("zones.count"), style: "number", cell: (d) => number(d.count, lang) },
					{ label: t("zones.first"), style: "time", cell: (d) => <Time at={d.first} /> },
					{ label: t("zones.last"), style: "time", cell: (d) => <Time at={d.last} /> },
					{ label: t("common.actions"), style: "actions", cell: (d) => (
						<>
							{d.device !== null && (
								<a class="button" href={href("devices", { id: d.device.id })}
									aria-label={`${t("status.open")}: ${d.mac}`}>{t("status.open")}</a>
							)}
							<a class="button" href={href("records", { mac: d.mac })}
								aria-label={`${t("status.recordsLink")}: ${d.mac}`}>
								{t("status.recordsLink")}
							</a>
						</>
					) },
				]} />
			{page.total > page.devices.length && (
				<p class="quiet">{t("due.more", { n: page.total - page.devices.length })}</p>
			)}
		</>
	);
}
