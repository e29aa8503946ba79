// SPDX-License-Identifier: GPL-3.0-or-later
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import { useApp, useLoad } from "../context";
import { dateTime } from "../format";
import { Badge } from "../parts/badge";
import { Field } from "../parts/form";
import { LoadNote } from "../parts/message";
import { ConfirmDialog, ReasonDialog } from "../parts/reason-dialog";
import { Facts, Table } from "../parts/table";
import { By } from "../parts/time";
import { mayApprove, mayRequest, mayWithdraw } from "../rules";
import type { AllowEntry } from "../types";
import { AllowForm, AllowTester } from "./allow-forms";

const POLL_MS = 15_000;

type Open = { what: "add" } | { what: "approve" | "remove"; entry: AllowEntry } | null;

export function AllowPage({ query }: { query: URLSearchParams }): JSX.Element {
	const { api, t, me } = useApp();
	const allow = useLoad((background) => api.allow(background), POLL_MS);
	const users = useLoad((background) => me.role === "requester" ? Promise.resolve([])
		: api.users(background));
	const [filter, setFilter] = useState("");
	const [state, setState] = useState("");
	const [open, setOpen] = useState<Open>(null);
	const wanted = query.get("id");
	const entries = allow.data ?? [];
	const zones = [...new Set(entries.flatMap((e) => e.zones))].sort();

	useEffect(() => { // a link from the status page leads straight to the approval
		const entry = entries.find((e) => e.id === wanted && e.state === "requested");
		if (entry === undefined)
			return;
		setState("requested");
		if (mayApprove(me, entry.requested_by, users.data))
			setOpen({ what: "approve", entry });
	}, [wanted, allow.data === undefined, users.data === undefined]);

	const done = (): void => {
		setOpen(null);
		allow.reload();
	};
	return (
		<>
			<h1>{t("allow.title")}</h1>
			<p>{t("allow.intro")}</p>
			<div class="tools">
				{mayRequest(me.role) && (
					<button type="button" class="primary" onClick={() => setOpen({ what: "add" })}>
						{t("allow.add")}
					</button>
				)}
				<Field label={t("common.filter")} type="search" value={filter} onValue={setFilter}
					hint={t("allow.filterHint")} />
				<Field label={t("common.state")} value={state} onValue={setState} options={[
					["", t("common.all")],
					["requested", t("allow.state.requested")],
					["active", t("allow.state.active")],
				]} />
			</div>
			<LoadNote loaded={allow} />
			{allow.data !== undefined && (
				<EntryTable entries={select(entries, filter, state)}
					mayApproveEntry={(e) => e.state === "requested" &&
						mayApprove(me, e.requested_by, users.data)}
					onOpen={(what, entry) => setOpen({ what, entry })} />
			)}
			<AllowTester zones={zones} />
			{open?.what === "add" && (
				<AllowForm zones={zones} onDone={done} onClose={() => setOpen(null)} />
			)}
			{open?.what === "approve" && (
				<ApproveDialog entry={open.entry} onDone={done} onClose={() => setOpen(null)} />
			)}
			{open?.what === "remove" && (
				<RemoveDialog entry={open.entry} onDone={done} onClose={() => setOpen(null)} />
			)}
		</>
	);
}

// What waits comes first, then by name from its end, so that one owner's names stand together.
function select(entries: AllowEntry[], filter: string, state: string): AllowEntry[] {
	const wanted = filter.trim().toLowerCase();
	const order = (e: AllowEntry): string =>
		(e.state === "requested" ? "0" : "1") + e.host.split(".").reverse().join(".");
	return entries
		.filter((e) => state === "" || e.state === state)
		.filter((e) => [e.host, e.reason, e.requested_by, e.approved_by ?? "", ...e.zones]
			.some((text) => text.toLowerCase().includes(wanted)))
		.sort((a, b) => order(a).localeCompare(order(b)));
}

interface EntryTableProps {
	entries: AllowEntry[];
	mayApproveEntry: (entry: AllowEntry) => boolean;
	onOpen: (what: "approve" | "remove", entry: AllowEntry) => void;
}

function EntryTable({ entries, mayApproveEntry, onOpen }: EntryTableProps): JSX.Element {
	const { t, term, me } = useApp();
	return (
		<>
			<p class="quiet">{t("common.count", { n: entries.length })}</p>
			<Table<AllowEntry> caption={t("allow.title")} rows={entries} keyOf={(e) => e.id}
				markOf={(e) => e.state === "requested" ? "wait" : ""}
				columns={[
					{ label: t("common.state"), cell: (e) => (
						<Badge tone={e.state === "active" ? "good" : "wait"}
							text={term("allow.state", e.state)} />
					) },
					{ label: t("allow.host"), style: "wide", cell: (e) => <b>{e.host}</b> },
					{ label: t("allow.ports"), cell: (e) => e.ports.join(", ") },
					{ label: t("allow.zoneOne"), cell: (e) => e.zones.length === 0
						? t("allow.zonesAll") : e.zones.join(", ") },
					{ label: t("common.reason"), style: "text", cell: (e) => e.reason },
					{ label: t("allow.requested"), style: "time",
						cell: (e) => <By who={e.requested_by} when={e.requested} /> },
					{ label: t("allow.approved"), style: "time",
						cell: (e) => <By who={e.approved_by} when={e.approved} /> },
					{ label: t("common.actions"), style: "actions", cell: (e) => (
						<>
							{mayApproveEntry(e) && (
								<button type="button" class="primary" aria-label={
									`${t("common.approve")}: ${e.host}`}
									onClick={() => onOpen("approve", e)}>
									{t("common.approve")}
								</button>
							)}
							{mayWithdraw(me.role) && (
								<button type="button" aria-label={`${t("allow.remove")}: ${e.host}`}
									onClick={() => onOpen("remove", e)}>
									{t("allow.remove")}
								</button>
							)}
						</>
					) },
				]} />
		</>
	);
}

interface EntryDialogProps {
	entry: AllowEntry;
	onDone: () => void;
	onClose: () => void;
}

function ApproveDialog({ entry, onDone, onClose }: EntryDialogProps): JSX.Element {
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
			<Facts facts={[
				[t("allow.host"), <b>{entry.host}</b>],
				[t("allow.ports"), entry.ports.join(", ")],
				[t("allow.zones"), entry.zones.length === 0
					? t("allow.zonesAll") : entry.zones.join(", ")],
				[t("common.reason"), entry.reason],
				[t("allow.requested"), t("common.by",
					{ who: entry.requested_by, time: dateTime(entry.requested) })],
			]} />
		</ConfirmDialog>
	);
}

function RemoveDialog({ entry, onDone, onClose }: EntryDialogProps): JSX.Element {
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
