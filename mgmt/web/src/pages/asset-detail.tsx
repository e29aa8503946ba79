// SPDX-License-Identifier: GPL-3.0-or-later
// Everything that is known of one device: what it is, its cards, permits, history.

import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { useApp, useLoad } from "../context";
import { dateTime, duration } from "../format";
import { Dialog } from "../parts/dialog";
import { LoadNote } from "../parts/message";
import { Facts, Table } from "../parts/table";
import { Time } from "../parts/time";
import { Until } from "../parts/until";
import { assetName, type Held, permitsOf, requestsOf } from "../register";
import { href, pagesFor } from "../router";
import { mayWithdraw } from "../rules";
import type { Device, User } from "../types";
import type { Asset, AssetStep } from "../types-admission";
import { ActButtons, StateBadge } from "./asset-table";
import { CheckDialog, GroupDialog } from "./card-dialogs";
import type { Open } from "./devices";

interface AssetDetailProps {
	asset: Asset;
	users: User[] | undefined;
	onOpen: (open: Open) => void;
	onClose: () => void;
}

export function AssetDetail({ asset: given, users, onOpen, onClose }: AssetDetailProps):
	JSX.Element {
	const { api, t, term } = useApp();
	const loaded = useLoad((background) => api.admission.asset(given.id, background));
	const asset = loaded.data ?? { ...given, history: [] };
	return (
		<Dialog title={assetName(asset)} onClose={onClose} wide>
			<LoadNote loaded={loaded} />
			<Facts facts={[
				[t("common.state"), <StateBadge key="state" state={asset.state} />],
				[t("devices.since"), asset.since ? t("devices.sinceBy",
					{ time: dateTime(asset.since), who: asset.by, reason: asset.reason }) : ""],
				[t("devices.number"), asset.number],
				[t("devices.name"), asset.name],
				[t("devices.ownerName"), asset.owner],
				[t("devices.organisation"), asset.organisation],
				[t("devices.kind"), asset.kind === "" ? "" : term("device.kind", asset.kind)],
				[t("devices.zone"), asset.zone],
				[t("devices.note"), asset.note],
				[t("devices.certified"), asset.certified ? t("common.by",
					{ time: dateTime(asset.certified), who: asset.certified_by ?? "" }) : ""],
				[t("devices.certifyDue"), asset.certify_due ? dateTime(asset.certify_due) : ""],
			]} />
			<h3>{t("devices.cards", { n: asset.cards.length })}</h3>
			{asset.cards.map((c) => <Card key={c.id} card={c} onChanged={loaded.reload} />)}
			{permitsOf(asset.cards).map((h) => <PermitFacts key={h.permit.id} held={h} request={false}
				onChanged={loaded.reload} />)}
			{requestsOf(asset.cards).map((h) => <PermitFacts key={h.permit.id} held={h} request
				onChanged={loaded.reload} />)}
			<History steps={asset.history} />
			<div class="buttons">
				<ActButtons asset={asset} users={users} onOpen={onOpen} />
				<button type="button" onClick={onClose}>{t("common.close")}</button>
			</div>
		</Dialog>
	);
}

export function CardFacts({ card }: { card: Device }): JSX.Element {
	const { t } = useApp();
	return (
		<>
			<Facts facts={[
				[t("common.state"), <StateBadge key="state" state={card.state} />],
				[t("devices.mac"), card.mac_given && card.mac_given !== card.mac
					? t("devices.macGiven", { mac: card.mac, given: card.mac_given }) : card.mac],
				[t("devices.manufacturer"), card.manufacturer],
				[t("devices.cardName"), card.name],
				[t("devices.interface"), card.zone ? `${card.interface} (${card.zone})` : card.interface],
				[t("devices.address"), card.address],
				[t("devices.firstSeen"), card.first_seen ? dateTime(card.first_seen) : ""],
				[t("devices.seen"), card.last_seen ? dateTime(card.last_seen) : ""],
				[t("devices.group"), card.group],
			]} />
			{card.mac_local === true && (
				<p class="box box-wait">{card.mac_text || t("devices.localText")}</p>
			)}
		</>
	);
}

function Card({ card, onChanged }: { card: Device; onChanged: () => void }): JSX.Element {
	const { t, me } = useApp();
	const [group, setGroup] = useState(false);
	return (
		<div class="card">
			<CardFacts card={card} />
			<div class="buttons start">
				{pagesFor(me.role).includes("records") && (
					<a class="button" href={href("records", { mac: card.mac })}
						aria-label={`${t("status.recordsLink")}: ${card.mac}`}>
						{t("status.recordsLink")}
					</a>
				)}
				{mayWithdraw(me.role) && (
					<button type="button" aria-label={`${t("devices.groupSet")}: ${card.mac}`}
						onClick={() => setGroup(true)}>{t("devices.groupSet")}</button>
				)}
			</div>
			{group && <GroupDialog card={card} onClose={() => setGroup(false)} onDone={() => {
				setGroup(false);
				onChanged();
			}} />}
		</div>
	);
}

interface PermitFactsProps {
	held: Held;
	request: boolean;
	onChanged: () => void;
}

function PermitFacts({ held: { permit, cards }, request, onChanged }: PermitFactsProps): JSX.Element {
	const { t, term, lang, me } = useApp();
	const [checking, setChecking] = useState(false);
	const [card] = cards;
	const end = permit.until ? dateTime(permit.until) : permit.seconds
		? t("devices.fromApproval", { time: duration(permit.seconds, lang) }) : t("devices.noEnd");
	return (
		<>
			<h3>{t(request ? "devices.pending" : "devices.permit")}</h3>
			{permit.waits_for && <p class="box box-wait">{t(`devices.waits.${permit.waits_for}`)}</p>}
			<Facts facts={[
				[t("devices.from"), permit.from ? dateTime(permit.from) : ""],
				[t("devices.until"), request || card === undefined ? end : <Until device={card} />],
				[t("devices.cardsOf"), cards.map((c) => `${c.mac} (${c.interface})`).join(", ")],
				[t("devices.kind"), permit.kind ? term("device.kind", permit.kind) : ""],
				[t("devices.person"), permit.owner],
				[t("devices.company"), permit.company],
				[t("devices.ticket"), permit.ticket],
				[t("devices.onlyAddress"), permit.address],
				[t("devices.destinations"), (permit.destinations ?? []).join(", ") ||
					t("devices.everything")],
				[t("devices.flows"), (permit.flows ?? []).join(", ")],
				[t("devices.lists"), (permit.lists ?? []).join(", ")],
				[t("devices.terminal"), permit.terminal],
				[t("devices.checked"), permit.checked],
				[t("common.reason"), permit.reason],
				[t("devices.requestedBy"), t("common.by",
					{ who: permit.requested_by, time: dateTime(permit.requested) })],
				[t("devices.approvedBy"), permit.approved_by ? t("common.by",
					{ who: permit.approved_by, time: dateTime(permit.approved) }) : ""],
			]} />
			{permit.kind === "maintenance" && mayWithdraw(me.role) && card !== undefined && (
				<p><button type="button" onClick={() => setChecking(true)}>{t("check.open")}</button></p>
			)}
			{checking && card !== undefined && (
				<CheckDialog card={card} permit={permit} onClose={() => setChecking(false)}
					onDone={() => {
						setChecking(false);
						onChanged();
					}} />
			)}
		</>
	);
}

function History({ steps }: { steps: AssetStep[] }): JSX.Element {
	const { t, term } = useApp();
	return (
		<>
			<h3>{t("devices.history")}</h3>
			<Table<AssetStep> caption={t("devices.history")} rows={steps}
				keyOf={(s) => `${s.time} ${s.from} ${s.to}`}
				columns={[
					{ label: t("records.time"), style: "time", cell: (s) => <Time at={s.time} /> },
					{ label: t("devices.change"), cell: (s) => s.from === ""
						? term("device.state", s.to)
						: `${term("device.state", s.from)} → ${term("device.state", s.to)}` },
					{ label: t("devices.actor"), cell: (s) => term("actor", s.actor) },
					{ label: t("common.reason"), style: "text", cell: (s) => s.reason || "–" },
				]} />
		</>
	);
}
