// SPDX-License-Identifier: GPL-3.0-or-later
// Approving and withdrawing entries, with all that an approver answers for.

import type { ComponentChildren, JSX } from "preact";

import { useApp } from "../context";
import { dateTime } from "../format";
import { ConfirmDialog, ReasonDialog } from "../parts/reason-dialog";
import { Facts } from "../parts/table";
import type { AllowEntry, Warning } from "../types";

export function Warnings({ list }: { list: Warning[] }): JSX.Element | null {
	const { t } = useApp();
	if (list.length === 0)
		return null;
	return (
		<div class="box box-bad">
			<p><b>{t("allow.warnings")}</b></p>
			<ul>{list.map((w) => <li key={w.code}>{w.text}</li>)}</ul>
		</div>
	);
}

export function hostName(e: Pick<AllowEntry, "host" | "shown">): ComponentChildren {
	return e.shown === undefined ? <b>{e.host}</b> : <><b>{e.shown}</b> ({e.host})</>;
}

export function usePeriod(): (e: AllowEntry) => string {
	return (e) => e.from || e.until ? `${dateTime(e.from)} – ${dateTime(e.until)}` : "";
}

function EntryFacts({ entry }: { entry: AllowEntry }): JSX.Element {
	const { t } = useApp();
	const period = usePeriod();
	return (
		<>
			<Warnings list={entry.warnings} />
			<Facts facts={[
				[t("allow.host"), hostName(entry)],
				[t("allow.kind"), entry.address ? t("allow.kind.address") : ""],
				[t("allow.scheme"), t(`allow.scheme.${entry.scheme}`)],
				[t("allow.ports"), entry.ports.join(", ")],
				[t("allow.path"), entry.path],
				[t("allow.methods"), entry.methods.join(", ")],
				[t("allow.tlsAny"), entry.tls_any ? t("allow.tlsAny.yes") : ""],
				[t("allow.list"), entry.list_name],
				[t("allow.purpose"), entry.purpose],
				[t("allow.owner"), entry.owner],
				[t("allow.time"), period(entry)],
				[t("allow.review"), entry.review ?? ""],
				[t("allow.override"), entry.override ?? ""],
				[t("allow.replaces"), entry.replaces ?? ""],
				[t("allow.requested"), t("common.by",
					{ who: entry.requested_by, time: dateTime(entry.requested) })],
			]} />
		</>
	);
}

interface EntryDialogProps {
	entry: AllowEntry;
	onDone: () => void;
	onClose: () => void;
}

export function ApproveDialog({ entry, onDone, onClose }: EntryDialogProps): JSX.Element {
	const { api, t, notify } = useApp();
	const confirm = async (): Promise<void> => {
		const { revision, warning } = await api.approveAllow(entry.id);
		notify(t("allow.approvedDone",
			{ host: entry.host, revision: t("common.revision", { n: revision }) }), warning);
		onDone();
	};
	return (
		<ConfirmDialog title={t("allow.approveTitle")} submit={t("allow.approveSubmit")}
			onConfirm={confirm} onClose={onClose}>
			<p>{t("allow.approveText")}</p>
			<EntryFacts entry={entry} />
		</ConfirmDialog>
	);
}

export function ApproveAllDialog({ entries, onDone, onClose }: { entries: AllowEntry[];
	onDone: () => void; onClose: () => void }): JSX.Element {
	const { api, t, notify } = useApp();
	const confirm = async (): Promise<void> => {
		const { revision, approved, warning } =
			await api.approveAllAllow(entries.map((e) => e.id));
		notify(t("allow.approvedAll",
			{ n: approved, revision: t("common.revision", { n: revision }) }), warning);
		onDone();
	};
	return (
		<ConfirmDialog title={t("allow.approveTitle")} submit={t("allow.approveSubmit")}
			onConfirm={confirm} onClose={onClose}>
			<p>{t("allow.approveAllText", { n: entries.length })}</p>
			{entries.map((e) => <EntryFacts key={e.id} entry={e} />)}
		</ConfirmDialog>
	);
}

export function RemoveDialog({ entry, onDone, onClose }: EntryDialogProps): JSX.Element {
	const { api, t, notify } = useApp();
	const confirm = async (reason: string): Promise<void> => {
		const { cut, warning } = await api.removeAllow(entry.id, reason);
		notify(t("allow.removed", { host: entry.host, cut }), warning);
		onDone();
	};
	return (
		<ReasonDialog title={t("allow.removeTitle")} danger
			text={t("allow.removeText", { host: entry.host })} submit={t("allow.removeSubmit")}
			onConfirm={confirm} onClose={onClose} />
	);
}
