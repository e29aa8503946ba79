// SPDX-License-Identifier: GPL-3.0-or-later
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import { useApp, useLoad } from "../context";
import { Badge } from "../parts/badge";
import { Field } from "../parts/form";
import { LoadNote } from "../parts/message";
import { Table } from "../parts/table";
import { By } from "../parts/time";
import { mayApprove, mayRequest, mayWithdraw } from "../rules";
import type { AllowEntry } from "../types";
import { ApproveAllDialog, ApproveDialog, hostName, RemoveDialog, usePeriod }
	from "./allow-dialogs";
import { ExportButtons, ImportDialog } from "./allow-file";
import { AllowForm, AllowTester } from "./allow-forms";

const POLL_MS = 15_000;
const BATCH = 100; // that one can still look through

type EntryAct = "approve" | "remove" | "change";
// What is approved is what was there when the dialog opened, whatever polling brings.
type Open = { what: "add" | "import" } | { what: "approve-all"; entries: AllowEntry[] }
	| { what: EntryAct; entry: AllowEntry } | null;

export function AllowPage({ query }: { query: URLSearchParams }): JSX.Element {
	const { api, t, me } = useApp();
	const allow = useLoad((background) => api.allow(background), POLL_MS);
	const users = useLoad((background) => me.role === "requester" ? Promise.resolve([])
		: api.users(background));
	const lists = useLoad((background) => api.lists(background));
	const [filter, setFilter] = useState("");
	const [state, setState] = useState("");
	const [open, setOpen] = useState<Open>(null);
	const wanted = query.get("id");
	const entries = allow.data ?? [];
	const mayApproveEntry = (e: AllowEntry): boolean => e.state === "requested" &&
		mayApprove(me, e.requested_by, users.data);
	const waiting = select(entries, filter, "requested").filter(mayApproveEntry).slice(0, BATCH);

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
				{mayRequest(me.role) && (
					<button type="button" onClick={() => setOpen({ what: "import" })}>
						{t("allow.import")}
					</button>
				)}
				{waiting.length > 1 && (
					<button type="button" onClick={() =>
						setOpen({ what: "approve-all", entries: waiting })}>
						{t("allow.approveAll")}
					</button>
				)}
				<ExportButtons />
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
					mayApproveEntry={mayApproveEntry}
					onOpen={(what, entry) => setOpen({ what, entry })} />
			)}
			<AllowTester />
			{open?.what === "add" && (
				<AllowForm lists={lists.data ?? []} onDone={done} onClose={() => setOpen(null)} />
			)}
			{open?.what === "change" && (
				<AllowForm lists={lists.data ?? []} draft={{ ...open.entry, replaces: open.entry.id }}
					onDone={done} onClose={() => setOpen(null)} />
			)}
			{open?.what === "import" && (
				<ImportDialog onDone={done} onClose={() => setOpen(null)} />
			)}
			{open?.what === "approve-all" && (
				<ApproveAllDialog entries={open.entries} onDone={done}
					onClose={() => setOpen(null)} />
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
		.filter((e) => [e.host, e.shown ?? "", e.purpose, e.owner, e.requested_by,
			e.approved_by ?? "", e.list_name]
			.some((text) => text.toLowerCase().includes(wanted)))
		.sort((a, b) => order(a).localeCompare(order(b)));
}

interface EntryTableProps {
	entries: AllowEntry[];
	mayApproveEntry: (entry: AllowEntry) => boolean;
	onOpen: (what: EntryAct, entry: AllowEntry) => void;
}

function EntryTable({ entries, mayApproveEntry, onOpen }: EntryTableProps): JSX.Element {
	const { t, term, me } = useApp();
	const period = usePeriod();
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
					{ label: t("allow.host"), style: "wide", cell: (e) => (
						<>
							{hostName(e)}{e.path !== "" && <><br />{e.path}</>}
							{e.warnings.map((w) => <p key={w.code} class="problem">{w.text}</p>)}
						</>
					) },
					{ label: t("allow.ports"), cell: (e) => (
						<>{e.scheme === "any" ? "" : `${e.scheme} `}{e.ports.join(", ")}</>
					) },
					{ label: t("allow.list"), cell: (e) => e.list_name },
					{ label: t("allow.purpose"), style: "text", cell: (e) => (
						<>
							{e.purpose}
							{e.owner !== "" && <><br />{e.owner}</>}
							{period(e) !== "" && <><br />{period(e)}</>}
						</>
					) },
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
							{e.state === "active" && mayRequest(me.role) && (
								<button type="button" aria-label={`${t("allow.change")}: ${e.host}`}
									onClick={() => onOpen("change", e)}>
									{t("allow.change")}
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
