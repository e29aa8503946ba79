// SPDX-License-Identifier: GPL-3.0-or-later
import type { JSX } from "preact";

import { serverNow } from "../clock";
import { useApp } from "../context";
import { Badge } from "../parts/badge";
import { Table } from "../parts/table";
import { Time } from "../parts/time";
import { Until } from "../parts/until";
import {
	type AssetAct, actsOn, assetName, permitsOf, requestsOf, states, stateTones,
} from "../register";
import type { Device, DeviceState, User } from "../types";
import type { Asset } from "../types-admission";
import type { Open } from "./devices";

// What stands in a row; the rest is offered with the details.
const shown: readonly AssetAct[] = ["releaseApprove", "approve", "request", "resume", "quarantine"];

export function StateBadge({ state }: { state: DeviceState }): JSX.Element {
	const { term } = useApp();
	return <Badge tone={stateTones[state] ?? "bad"} text={term("device.state", state)} />;
}

interface AssetTableProps {
	assets: Asset[];
	users: User[] | undefined;
	onOpen: (open: Open) => void;
}

export function AssetTable({ assets, users, onOpen }: AssetTableProps): JSX.Element {
	const { t, term } = useApp();
	const rows = [...assets].sort((a, b) => states.indexOf(a.state) - states.indexOf(b.state) ||
		assetName(a).localeCompare(assetName(b), "ja"));
	return (
		<section>
			<h2>{t("devices.entries")}</h2>
			<p class="quiet">{t("common.count", { n: rows.length })}</p>
			<Table<Asset> caption={t("devices.entries")} rows={rows} keyOf={(a) => a.id}
				markOf={(a) => a.state === "quarantined" ? "bad"
					: requestsOf(a.cards).length > 0 ? "wait" : ""}
				columns={[
					{ label: t("common.state"), cell: (a) => (
						<>
							<StateBadge state={a.state} />
							{a.state !== "requested" && requestsOf(a.cards).length > 0 && (
								<> <StateBadge state="requested" /></>
							)}
							{a.release !== null && <p class="problem">{t("quarantine.asked")}</p>}
						</>
					) },
					{ label: t("devices.device"), style: "wide", cell: (a) => (
						<>
							<button type="button" class="plain"
								aria-label={`${t("common.detail")}: ${assetName(a)}`}
								onClick={() => onOpen({ what: "detail", asset: a })}>
								{assetName(a)}
							</button>
							{a.cards.map((c) => <CardLine key={c.id} card={c} state={a.state} />)}
						</>
					) },
					{ label: t("devices.owner"), style: "text", cell: (a) => (
						<>{a.kind === "" ? "–" : term("device.kind", a.kind)}<br />{a.owner}
							{a.organisation !== "" && <><br />{a.organisation}</>}</>
					) },
					{ label: t("devices.zone"), cell: (a) => a.zone || zonesOf(a) },
					{ label: t("devices.until"), style: "time", cell: (a) => <Ends asset={a} /> },
					{ label: t("devices.seen"), style: "time", cell: (a) => <Time at={lastSeen(a)} /> },
					{ label: t("common.actions"), style: "actions", cell: (a) => (
						<ActButtons asset={a} users={users} only={shown} onOpen={onOpen} />
					) },
				]} />
		</section>
	);
}

// A card that is in another state than its device says so: not every card has the permit.
function CardLine({ card, state }: { card: Device; state: DeviceState }): JSX.Element {
	const { t, term } = useApp();
	return (
		<>
			<br /><span class="quiet">{card.mac} · {card.interface}
				{card.manufacturer && ` · ${card.manufacturer}`}
				{card.state !== state && ` · ${term("device.state", card.state)}`}</span>
			{card.mac_local === true && <><br /><span class="soon">{t("devices.local")}</span></>}
		</>
	);
}

function zonesOf(a: Asset): string {
	return [...new Set(a.cards.map((c) => c.zone ?? ""))].filter((z) => z !== "").join(", ") || "–";
}

function lastSeen(a: Asset): string | null {
	return a.cards.map((c) => c.last_seen ?? "").sort().pop() || null;
}

function Ends({ asset }: { asset: Asset }): JSX.Element {
	const held = permitsOf(asset.cards);
	const [first] = held.length > 0 ? held : requestsOf(asset.cards);
	if (first === undefined || first.cards[0] === undefined)
		return <>–</>;
	return <Until device={first.cards[0]} />;
}

interface ActButtonsProps {
	asset: Asset;
	users: User[] | undefined;
	only?: readonly AssetAct[];
	onOpen: (open: Open) => void;
}

export function ActButtons({ asset, users, only, onOpen }: ActButtonsProps): JSX.Element {
	const { t, me } = useApp();
	const live = asset.state === "admitted" || asset.state === "approved";
	const acts = actsOn(asset, me, users, serverNow())
		.filter((act) => only === undefined || (only.includes(act) && !(act === "request" && live)));
	const label = (act: AssetAct): string => t(act === "request" && live ? "act.renew" : `act.${act}`);
	return (
		<>
			{acts.map((act) => (
				<button key={act} type="button" aria-label={`${label(act)}: ${assetName(asset)}`}
					class={act === "quarantine" ? "stop" : act === "approve" || act === "releaseApprove"
						? "primary" : undefined}
					onClick={() => onOpen({ what: act, asset })}>
					{label(act)}
				</button>
			))}
		</>
	);
}
