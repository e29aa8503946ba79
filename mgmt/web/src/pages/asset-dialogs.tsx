// SPDX-License-Identifier: GPL-3.0-or-later
// The steps that a person takes with one device, each saying first what it does.

import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { serverNow } from "../clock";
import { useApp } from "../context";
import { dateTime } from "../format";
import { Dialog } from "../parts/dialog";
import { ConfirmDialog, ReasonDialog } from "../parts/reason-dialog";
import {
	approvalLines, type AssetAct, assetName, CARDS_MAX, liveOf, requestsOf,
} from "../register";
import { mayApprove } from "../rules";
import type { User } from "../types";
import type { Asset } from "../types-admission";
import { CardForm } from "./asset-forms";

interface StepProps {
	asset: Asset;
	onDone: () => void;
	onClose: () => void;
}

type Act = Exclude<AssetAct, "request" | "change">;

export function AssetActDialog(props: StepProps & { act: Act; users: User[] | undefined;
	ports: string[] }): JSX.Element {
	switch (props.act) {
	case "approve":
		return <ApproveDialog {...props} />;
	case "releaseApprove":
		return <ReleaseDialog {...props} />;
	case "card":
		return <CardForm {...props} />;
	case "revoke":
		return <RevokeDialog {...props} />;
	default:
		return <SimpleDialog {...props} act={props.act} />;
	}
}

// Plain words for what the approval will permit: this is what the approver answers for.
function ApproveDialog({ asset, users, onDone, onClose }: StepProps & { users: User[] | undefined }):
	JSX.Element {
	const { api, t, term, lang, me, notify } = useApp();
	const held = requestsOf(asset.cards)
		.find((r) => mayApprove(me, r.permit.requested_by, users));
	if (held === undefined) {
		return (
			<Dialog title={t("devices.approveTitle")} onClose={onClose}>
				<p>{t("error.404")}</p>
				<div class="buttons">
					<button type="button" onClick={onClose}>{t("common.close")}</button>
				</div>
			</Dialog>
		);
	}
	const { permit, cards } = held;
	const confirm = async (): Promise<void> => {
		const { revision, warning } = await api.admission.approve(cards[0]?.id ?? "", permit.id);
		notify(t("devices.approveDone", { device: assetName(asset),
			revision: t("common.revision", { n: revision }) }), warning);
		onDone();
	};
	return (
		<ConfirmDialog title={t("devices.approveTitle")} submit={t("devices.approveSubmit")}
			onConfirm={confirm} onClose={onClose}>
			<p class="plain-words">
				{t("devices.approveWho", { device: assetName(asset),
					owner: [permit.company, permit.owner ?? asset.owner].filter(Boolean).join(" "),
					kind: term("device.kind", permit.kind ?? asset.kind) })}
			</p>
			<ul class="plain-words">
				{approvalLines(held, lang).map((line, i) => (
					<li key={i}>
						{t(line.key, line.params)}
						{line.items !== undefined && (
							<ul>{line.items.map((item) => <li key={item}><b>{item}</b></li>)}</ul>
						)}
					</li>
				))}
			</ul>
			{cards.some((c) => c.mac_local === true) && (
				<p class="box box-wait">{t("devices.localText")}</p>
			)}
			{permit.terminal && <p>{t("devices.approveTerminal", { text: permit.terminal })}</p>}
			<p>{t("devices.approveReason", { reason: permit.reason })}
				{permit.ticket && ` (${permit.ticket})`}</p>
			<p class="quiet">
				{t("devices.approveRequested",
					{ who: permit.requested_by, time: dateTime(permit.requested) })}
			</p>
		</ConfirmDialog>
	);
}

// The end of a quarantine, said by somebody else than who asked for it.
function ReleaseDialog({ asset, onDone, onClose }: StepProps): JSX.Element {
	const { api, t, notify } = useApp();
	const asked = asset.release;
	const confirm = async (): Promise<void> => {
		const { warning } = await api.admission.approveRelease(asset.id,
			asked ?? { requested_by: "", requested: "" });
		notify(t("quarantine.released", { device: assetName(asset) }), warning);
		onDone();
	};
	return (
		<ConfirmDialog title={t("act.releaseApprove")} submit={t("quarantine.releaseSubmit")}
			onConfirm={confirm} onClose={onClose}>
			<p class="plain-words">{t("quarantine.releaseText", { device: assetName(asset) })}</p>
			<p>{t("quarantine.since", { time: dateTime(asset.since), who: asset.by,
				reason: asset.reason })}</p>
			<p>{t("quarantine.askedBy", { who: asked?.requested_by ?? "",
				time: dateTime(asked?.requested), reason: asked?.reason ?? "" })}</p>
		</ConfirmDialog>
	);
}

// Everything that the device holds, one permit or request after the other.
function RevokeDialog({ asset, onDone, onClose }: StepProps): JSX.Element {
	const { api, t, notify } = useApp();
	const confirm = async (reason: string): Promise<void> => {
		let cut = 0;
		let late: string | undefined;
		let cards = asset.cards;
		for (let i = 0; i < 2 * CARDS_MAX; i++) {
			const [held] = [...liveOf(cards, serverNow()), ...requestsOf(cards)];
			if (held?.cards[0] === undefined)
				break;
			const done = await api.admission.revoke(held.cards[0].id, reason);
			cut += done.cut;
			late = done.warning ?? late;
			({ cards } = await api.admission.asset(asset.id));
		}
		notify(t("devices.revokeDone", { device: assetName(asset), cut }), late);
		onDone();
	};
	return (
		<ReasonDialog title={t("devices.revokeTitle")} danger submit={t("devices.revokeSubmit")}
			text={t("devices.revokeText", { device: assetName(asset) })}
			onConfirm={confirm} onClose={onClose} />
	);
}

type Simple = Exclude<Act, "approve" | "releaseApprove" | "card" | "revoke">;

// A step that needs a reason and nothing else.
function SimpleDialog({ act, asset, onDone, onClose }: StepProps & { act: Simple }): JSX.Element {
	const { api, t, notify } = useApp();
	const [device] = useState(assetName(asset));
	const confirm = async (reason: string): Promise<void> => {
		const answer: Asset & { warning?: string; cut?: number } = act === "release"
			? await api.admission.askRelease(asset.id, reason)
			: await api.admission[act](asset.id, reason);
		notify(t(`step.${act}.done`, { device, cut: answer.cut ?? 0 }), answer.warning);
		onDone();
	};
	const danger = act === "quarantine" || act === "retire" || act === "suspend";
	return (
		<ReasonDialog title={t(`step.${act}.title`)} text={t(`step.${act}.text`, { device })}
			submit={t(`step.${act}.submit`)} danger={danger} onConfirm={confirm} onClose={onClose}>
			{act === "quarantine" && (
				<ul class="plain-words">
					{asset.cards.map((c) => (
						<li key={c.id}>{t("quarantine.card", { mac: c.mac, port: c.interface })}</li>
					))}
				</ul>
			)}
		</ReasonDialog>
	);
}
