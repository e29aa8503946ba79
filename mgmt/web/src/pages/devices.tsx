// SPDX-License-Identifier: GPL-3.0-or-later
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import { useApp, useLoad } from "../context";
import { Badge, type Tone } from "../parts/badge";
import { Field } from "../parts/form";
import { LoadNote } from "../parts/message";
import { deviceName, pendingOf } from "../parts/names";
import { Table } from "../parts/table";
import { Time } from "../parts/time";
import { Until } from "../parts/until";
import { mayApprove, mayRequest, mayWithdraw } from "../rules";
import type { Device, DeviceState } from "../types";
import { ApproveDialog, DetailDialog, GroupDialog, RevokeDialog } from "./device-dialogs";
import { RegisterForm, RequestForm } from "./device-forms";

const POLL_MS = 10_000;
const states: DeviceState[] = ["requested", "seen", "admitted", "expired", "revoked"];
const tones: Record<DeviceState, Tone> = {
	seen: "bad", requested: "wait", admitted: "good", expired: "off", revoked: "off",
};

export type DeviceAct = "request" | "approve" | "revoke" | "detail" | "group";
type Open = { what: "register" } | { what: DeviceAct; device: Device } | null;

export function DevicesPage({ query }: { query: URLSearchParams }): JSX.Element {
	const { api, t, term, me } = useApp();
	const devices = useLoad((background) => api.devices(background), POLL_MS);
	const users = useLoad((background) => me.role === "requester" ? Promise.resolve([])
		: api.users(background));
	const [filter, setFilter] = useState("");
	const [state, setState] = useState("");
	const [open, setOpen] = useState<Open>(null);
	const wanted = query.get("id");
	const all = devices.data ?? [];
	const mayApproveDevice = (d: Device): boolean =>
		pendingOf(d) !== null && mayApprove(me, pendingOf(d)?.requested_by ?? "", users.data);

	useEffect(() => { // a link from another page leads straight to the device
		const device = all.find((d) => d.id === wanted || d.mac === wanted);
		if (device !== undefined)
			setOpen({ what: mayApproveDevice(device) ? "approve" : "detail", device });
	}, [wanted, devices.data === undefined, users.data === undefined]);

	const close = (): void => setOpen(null);
	const done = (): void => {
		close();
		devices.reload();
	};
	const registered = (device: Device): void => {
		devices.reload();
		setOpen({ what: "request", device });
	};
	return (
		<>
			<h1>{t("devices.title")}</h1>
			<p>{t("devices.intro")}</p>
			<div class="tools">
				{mayRequest(me.role) && (
					<button type="button" onClick={() => setOpen({ what: "register" })}>
						{t("devices.register")}
					</button>
				)}
				<Field label={t("common.filter")} type="search" value={filter} onValue={setFilter}
					hint={t("devices.filterHint")} />
				<Field label={t("common.state")} value={state} onValue={setState} options={[
					["", t("common.all")],
					...states.map((s): [string, string] => [s, term("device.state", s)]),
				]} />
			</div>
			<LoadNote loaded={devices} />
			{devices.data !== undefined && (
				<DeviceTable devices={select(all, filter, state)}
					mayApproveDevice={mayApproveDevice}
					onOpen={(what, device) => setOpen({ what, device })} />
			)}
			{open?.what === "register" && <RegisterForm onDone={registered} onClose={close}
				interfaces={[...new Set(all.map((d) => d.interface))].sort()} />}
			{open?.what === "request" &&
				<RequestForm device={open.device} onDone={done} onClose={close} />}
			{open?.what === "approve" &&
				<ApproveDialog device={open.device} onDone={done} onClose={close} />}
			{open?.what === "group" &&
				<GroupDialog device={open.device} onDone={done} onClose={() => setOpen(null)} />}
			{open?.what === "revoke" &&
				<RevokeDialog device={open.device} onDone={done} onClose={close} />}
			{open?.what === "detail" && <DetailDialog device={open.device} onClose={close} />}
		</>
	);
}

// What needs somebody comes first, then what was seen last.
function select(devices: Device[], filter: string, state: string): Device[] {
	const wanted = filter.trim().toLowerCase();
	return devices
		.filter((d) => state === "" || d.state === state ||
			(state === "requested" && pendingOf(d) !== null))
		.filter((d) => [d.name, d.mac, d.owner, d.zone, d.address, d.permit?.reason]
			.some((text) => (text ?? "").toLowerCase().includes(wanted)))
		.sort((a, b) => states.indexOf(a.state) - states.indexOf(b.state) ||
			(b.last_seen ?? "").localeCompare(a.last_seen ?? ""));
}

interface DeviceTableProps {
	devices: Device[];
	mayApproveDevice: (device: Device) => boolean;
	onOpen: (what: DeviceAct, device: Device) => void;
}

function DeviceTable(props: DeviceTableProps): JSX.Element {
	const { t, term } = useApp();
	return (
		<>
			<p class="quiet">{t("common.count", { n: props.devices.length })}</p>
			<Table<Device> caption={t("devices.title")} rows={props.devices} keyOf={(d) => d.id}
				markOf={(d) => pendingOf(d) !== null ? "wait" : d.state === "seen" ? "bad" : ""}
				columns={[
					{ label: t("common.state"), cell: (d) => (
						<>
							<Badge tone={tones[d.state] ?? "off"}
								text={term("device.state", d.state)} />
							{d.state !== "requested" && pendingOf(d) !== null && (
								<> <Badge tone="wait" text={term("device.state", "requested")} /></>
							)}
						</>
					) },
					{ label: t("devices.device"), style: "wide", cell: (d) => (
						<>
							<button type="button" class="plain"
								aria-label={`${t("common.detail")}: ${deviceName(d)}`}
								onClick={() => props.onOpen("detail", d)}>
								{d.name || d.mac}
							</button>
							{d.name && <><br /><span class="quiet">{d.mac}</span></>}
						</>
					) },
					{ label: t("devices.where"), style: "place", cell: (d) => (
						<>{d.zone || d.interface}<br /><span class="quiet">{d.address}</span></>
					) },
					{ label: t("devices.owner"), style: "text", cell: (d) => d.kind ? (
						<>{term("device.kind", d.kind)}<br />{d.owner}
							{d.group !== "" && <><br />{t("devices.group")}: {d.group}</>}</>
					) : d.group || "–" },
					{ label: t("devices.until"), style: "time", cell: (d) => <Until device={d} /> },
					{ label: t("devices.seen"), style: "time", cell: (d) => <Time at={d.last_seen} /> },
					{ label: t("common.actions"), style: "actions", cell: (d) => (
						<Acts device={d} mayApprove={props.mayApproveDevice(d)}
							onOpen={(what) => props.onOpen(what, d)} />
					) },
				]} />
		</>
	);
}

interface ActsProps {
	device: Device;
	mayApprove: boolean;
	onOpen: (what: DeviceAct) => void;
}

function Acts({ device, mayApprove: approve, onOpen }: ActsProps): JSX.Element {
	const { t, me } = useApp();
	const act = (what: DeviceAct, text: string, primary = false): JSX.Element => (
		<button type="button" class={primary ? "primary" : undefined}
			aria-label={`${text}: ${deviceName(device)}`} onClick={() => onOpen(what)}>
			{text}
		</button>
	);
	const pending = pendingOf(device) !== null;
	const revocable = pending || device.state === "admitted";
	return (
		<>
			{approve && act("approve", t("common.approve"), true)}
			{!pending && mayRequest(me.role) && act("request",
				t(device.state === "seen" ? "devices.request" : "devices.requestAgain"))}
			{revocable && mayWithdraw(me.role) && act("revoke",
				t(device.state === "admitted" ? "devices.revoke" : "devices.withdraw"))}
			{mayWithdraw(me.role) && act("group", t("devices.groupSet"))}
		</>
	);
}
