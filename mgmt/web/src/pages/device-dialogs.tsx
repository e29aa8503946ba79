// SPDX-License-Identifier: GPL-3.0-or-later
import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";

import { useApp } from "../context";
import { dateTime, duration, longDateTime } from "../format";
import { Dialog } from "../parts/dialog";
import { Field } from "../parts/form";
import { deviceName, pendingOf } from "../parts/names";
import { ConfirmDialog, ReasonDialog } from "../parts/reason-dialog";
import { Facts } from "../parts/table";
import { Until } from "../parts/until";
import { oneLine } from "../rules";
import { href, pagesFor } from "../router";
import type { Device, Permit } from "../types";

interface DeviceDialogProps {
	device: Device;
	onDone: () => void;
	onClose: () => void;
}

// Plain words for what the approval will permit: this is what the approver answers for.
export function ApproveDialog({ device, onDone, onClose }: DeviceDialogProps): JSX.Element {
	const { api, t, term, lang, notify } = useApp();
	const permit = pendingOf(device);
	const destinations = permit?.destinations ?? [];
	const end = permit?.until ? t("devices.approveUntil", { time: longDateTime(permit.until, lang) })
		: permit?.seconds ? t("devices.approveFor", { time: duration(permit.seconds, lang) })
		: t("devices.approveNoEnd");
	const confirm = async (): Promise<void> => {
		const { revision, warning } = await api.approveDevice(device.id, permit?.id ?? "");
		notify(t("devices.approveDone",
			{ device: deviceName(device), revision: t("common.revision", { n: revision }) }),
			warning);
		onDone();
	};
	return (
		<ConfirmDialog title={t("devices.approveTitle")} submit={t("devices.approveSubmit")}
			onConfirm={confirm} onClose={onClose}>
			<p class="plain-words">
				{t("devices.approveWho", { device: deviceName(device), owner: device.owner ?? "",
					kind: term("device.kind", device.kind ?? "") })}
			</p>
			<ul class="plain-words">
				<li>{end}</li>
				<li>
					{destinations.length === 0
						? t("devices.approveAll", { zone: device.zone || device.interface })
						: t("devices.approveSome")}
					{destinations.length > 0 && (
						<ul>{destinations.map((d) => <li key={d}><b>{d}</b></li>)}</ul>
					)}
				</li>
			</ul>
			<p>{t("devices.approveReason", { reason: permit?.reason ?? "" })}</p>
			<p class="quiet">
				{t("devices.approveRequested",
					{ who: permit?.requested_by ?? "", time: dateTime(permit?.requested) })}
			</p>
		</ConfirmDialog>
	);
}

export function RevokeDialog({ device, onDone, onClose }: DeviceDialogProps): JSX.Element {
	const { api, t, notify } = useApp();
	const confirm = async (reason: string): Promise<void> => {
		const { cut, warning } = await api.revokeDevice(device.id, reason);
		notify(t("devices.revokeDone", { device: deviceName(device), cut }), warning);
		onDone();
	};
	return (
		<ReasonDialog title={t("devices.revokeTitle")} danger submit={t("devices.revokeSubmit")}
			text={t("devices.revokeText", { device: deviceName(device) })}
			onConfirm={confirm} onClose={onClose} />
	);
}

export function GroupDialog({ device, onDone, onClose }: DeviceDialogProps): JSX.Element {
	const { api, t, notify } = useApp();
	const [group, setGroup] = useState(device.group);
	const confirm = async (reason: string): Promise<void> => {
		const { warning } = await api.groupDevice(device.id, oneLine(group), reason);
		notify(t("devices.groupDone", { device: deviceName(device) }), warning);
		onDone();
	};
	return (
		<ReasonDialog title={t("devices.groupTitle")} submit={t("devices.groupSet")}
			text={t("devices.groupText", { device: deviceName(device) })}
			onConfirm={confirm} onClose={onClose}>
			<Field label={t("devices.group")} value={group} onValue={setGroup} maxLength={20} />
		</ReasonDialog>
	);
}

export function DetailDialog({ device, onClose }: { device: Device; onClose: () => void }):
	JSX.Element {
	const { t, term, me, lang } = useApp();
	const permit = device.permit;
	const pending = pendingOf(device);
	return (
		<Dialog title={deviceName(device)} onClose={onClose} wide>
			<Facts facts={[
				[t("common.state"), term("device.state", device.state)],
				[t("devices.mac"), device.mac],
				[t("devices.address"), device.address],
				[t("devices.zone"), device.zone],
				[t("devices.interface"), device.interface],
				[t("devices.firstSeen"), dateTime(device.first_seen)],
				[t("devices.seen"), dateTime(device.last_seen)],
				[t("devices.kind"), device.kind ? term("device.kind", device.kind) : ""],
				[t("devices.ownerName"), device.owner],
			]} />
			{permit && device.state !== "requested" && (
				<PermitFacts title={t("devices.permit")} permit={permit}
					until={<Until device={device} />} />
			)}
			{pending && (
				<PermitFacts title={t("devices.pending")} permit={pending}
					until={pending.until ? dateTime(pending.until) : pending.seconds
						? t("devices.fromApproval", { time: duration(pending.seconds, lang) })
						: t("devices.noEnd")} />
			)}
			<div class="buttons">
				{pagesFor(me.role).includes("records") && (
					<a class="button" href={href("records", { mac: device.mac })}>
						{t("status.recordsLink")}
					</a>
				)}
				<button type="button" class="primary" onClick={onClose}>{t("common.close")}</button>
			</div>
		</Dialog>
	);
}

interface PermitFactsProps {
	title: string;
	permit: Permit;
	until: ComponentChildren;
}

function PermitFacts({ title, permit, until }: PermitFactsProps): JSX.Element {
	const { t } = useApp();
	return (
		<>
			<h3>{title}</h3>
			<Facts facts={[
				[t("devices.until"), until],
				[t("devices.destinations"), (permit.destinations ?? []).join(", ") ||
					t("devices.everything")],
				[t("common.reason"), permit.reason],
				[t("devices.requestedBy"), t("common.by",
					{ who: permit.requested_by, time: dateTime(permit.requested) })],
				[t("devices.approvedBy"), permit.approved_by ? t("common.by",
					{ who: permit.approved_by, time: dateTime(permit.approved) }) : ""],
			]} />
		</>
	);
}
