// SPDX-License-Identifier: GPL-3.0-or-later
// Cards that were seen and belong to no entry of the register.

import type { JSX } from "preact";

import { useApp } from "../context";
import { Dialog } from "../parts/dialog";
import { deviceName } from "../parts/names";
import { ReasonDialog } from "../parts/reason-dialog";
import { Table } from "../parts/table";
import { Time } from "../parts/time";
import { href, pagesFor } from "../router";
import { mayRequest, mayWithdraw } from "../rules";
import type { Device, DevicePage } from "../types";
import { CardFacts } from "./asset-detail";
import { StateBadge } from "./asset-table";
import type { Open, StrayAct } from "./devices";
import { PermitForm } from "./permit-form";

interface StrayCardsProps {
	page: DevicePage;
	onOpen: (open: Open) => void;
}

export function StrayCards({ page, onOpen }: StrayCardsProps): JSX.Element {
	const { t } = useApp();
	const rows = page.devices;
	return (
		<section>
			<h2>{t("stray.title")}</h2>
			<p>{t("stray.intro")}</p>
			<p class="quiet">{page.more ? t("stray.more", { n: rows.length })
				: t("common.count", { n: rows.length })}</p>
			<Table<Device> caption={t("stray.title")} rows={rows}
				keyOf={(c) => c.id} markOf={() => "bad"} empty={t("status.newNone")}
				columns={[
					{ label: t("common.state"), cell: (c) => <StateBadge state={c.state} /> },
					{ label: t("devices.device"), style: "wide", cell: (c) => (
						<>
							<button type="button" class="plain"
								aria-label={`${t("common.detail")}: ${deviceName(c)}`}
								onClick={() => onOpen({ what: "stray", card: c, act: "detail" })}>
								{c.name || c.mac}
							</button>
							{c.name && <><br /><span class="quiet">{c.mac}</span></>}
							{c.manufacturer && <><br /><span class="quiet">{c.manufacturer}</span></>}
							{c.mac_local === true && <><br /><span class="soon">{t("devices.local")}</span></>}
						</>
					) },
					{ label: t("devices.where"), style: "place", cell: (c) => (
						<>{c.zone ? `${c.interface} (${c.zone})` : c.interface}<br />
							<span class="quiet">{c.address}</span></>
					) },
					{ label: t("devices.firstSeen"), style: "time",
						cell: (c) => <Time at={c.first_seen} /> },
					{ label: t("devices.seen"), style: "time", cell: (c) => <Time at={c.last_seen} /> },
					{ label: t("common.actions"), style: "actions", cell: (c) => (
						<StrayButtons card={c} onOpen={onOpen} />
					) },
				]} />
		</section>
	);
}

function StrayButtons({ card, onOpen }: { card: Device; onOpen: (open: Open) => void }): JSX.Element {
	const { t, me } = useApp();
	const open = (act: StrayAct): void => onOpen({ what: "stray", card, act });
	return (
		<>
			{mayRequest(me.role) && (
				<button type="button" aria-label={`${t("act.request")}: ${deviceName(card)}`}
					onClick={() => open("request")}>{t("act.request")}</button>
			)}
			{mayWithdraw(me.role) && (
				<button type="button" class="stop"
					aria-label={`${t("act.quarantine")}: ${deviceName(card)}`}
					onClick={() => open("quarantine")}>{t("act.quarantine")}</button>
			)}
		</>
	);
}

interface CardDetailProps {
	card: Device;
	act: StrayAct;
	onOpen: (open: Open) => void;
	onDone: () => void;
	onClose: () => void;
}

export function CardDetail({ card, act, onOpen, onDone, onClose }: CardDetailProps): JSX.Element {
	const { api, t, me, notify } = useApp();
	const device = deviceName(card);

	if (act === "request")
		return <PermitForm cards={[card]} asset={null} onDone={onDone} onClose={onClose} />;
	if (act === "quarantine") {
		return (
			<ReasonDialog title={t("step.quarantine.title")} danger onClose={onClose}
				text={t("step.quarantine.text", { device })} submit={t("step.quarantine.submit")}
				onConfirm={async (reason) => {
					const { cut, warning } = await api.admission.quarantine(card.id, reason);
					notify(t("step.quarantine.done", { device, cut }), warning);
					onDone();
				}} />
		);
	}
	return (
		<Dialog title={device} onClose={onClose} wide>
			<p>{t("stray.text")}</p>
			<CardFacts card={card} />
			<div class="buttons">
				{pagesFor(me.role).includes("records") && (
					<a class="button" href={href("records", { mac: card.mac })}>
						{t("status.recordsLink")}
					</a>
				)}
				<StrayButtons card={card} onOpen={onOpen} />
				<button type="button" onClick={onClose}>{t("common.close")}</button>
			</div>
		</Dialog>
	);
}
