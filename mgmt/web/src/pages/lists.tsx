// SPDX-License-Identifier: GPL-3.0-or-later
import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { useApp, useLoad } from "../context";
import { dateTime } from "../format";
import { printHours } from "../hours";
import { Badge } from "../parts/badge";
import { LoadNote } from "../parts/message";
import { ConfirmDialog, ReasonDialog } from "../parts/reason-dialog";
import { Facts, Table } from "../parts/table";
import { mayApprove, mayRequest, mayWithdraw } from "../rules";
import type { AllowList, ListVersion } from "../types";
import { ListForm } from "./list-forms";

const POLL_MS = 15_000;
const DEFAULT = "ldefault"; // counts for everybody and stays

type Act = "change" | "approve" | "withdraw" | "remove";
type Open = { what: "add" } | { what: Act; list: AllowList } | null;

export function ListsPage(_: { query: URLSearchParams }): JSX.Element {
	const { api, t, me } = useApp();
	const lists = useLoad((background) => api.lists(background), POLL_MS);
	const [open, setOpen] = useState<Open>(null);
	const close = (): void => setOpen(null);
	const done = (): void => {
		setOpen(null);
		lists.reload();
	};
	return (
		<>
			<h1>{t("lists.title")}</h1>
			<p>{t("lists.intro")}</p>
			{mayRequest(me.role) && (
				<div class="tools">
					<button type="button" class="primary" onClick={() => setOpen({ what: "add" })}>
						{t("lists.add")}
					</button>
				</div>
			)}
			<LoadNote loaded={lists} />
			{lists.data !== undefined && (
				<ListTable lists={lists.data} onOpen={(what, list) => setOpen({ what, list })} />
			)}
			{open?.what === "add" && <ListForm onDone={done} onClose={close} />}
			{open?.what === "change" && <ListForm list={open.list} onDone={done} onClose={close} />}
			{open?.what === "approve" && open.list.request !== null && (
				<ApproveList list={open.list} request={open.list.request} onDone={done}
					onClose={close} />
			)}
			{(open?.what === "withdraw" || open?.what === "remove") && (
				<EndList what={open.what} list={open.list} onDone={done} onClose={close} />
			)}
		</>
	);
}

function ListTable({ lists, onOpen }: { lists: AllowList[];
	onOpen: (what: Act, list: AllowList) => void }): JSX.Element {
	const { api, t, term, lang, me } = useApp();
	const users = useLoad((background) => me.role === "requester" ? Promise.resolve([])
		: api.users(background));
	const names = (list: string[]): string => list.length === 0 ? t("lists.all") : list.join(", ");
	const actions = (l: AllowList): JSX.Element => (
		<>
			{l.request !== null && mayApprove(me, l.request.requested_by, users.data) && (
				<button type="button" class="primary" onClick={() => onOpen("approve", l)}>
					{t("common.approve")}
				</button>
			)}
			{l.request === null && mayRequest(me.role) && (
				<button type="button" onClick={() => onOpen("change", l)}>{t("lists.change")}</button>
			)}
			{l.request !== null && mayWithdraw(me.role) && (
				<button type="button" onClick={() => onOpen("withdraw", l)}>
					{t("lists.withdraw")}
				</button>
			)}
			{l.state === "active" && mayWithdraw(me.role) && (
				<button type="button" onClick={() => onOpen("remove", l)}>{t("lists.remove")}</button>
			)}
		</>
	);
	return (
		<Table<AllowList> caption={t("lists.title")} rows={lists} keyOf={(l) => l.id}
			markOf={(l) => l.request !== null ? "wait" : ""}
			columns={[
				{ label: t("common.state"), cell: (l) => (
					<>
						<Badge tone={l.state === "active" ? "good" : "wait"}
							text={term("allow.state", l.state)} />
						{l.state === "active" && l.request !== null &&
							<Badge tone="wait" text={t("lists.pending")} />}
					</>
				) },
				{ label: t("lists.name"), style: "wide", cell: (l) => <b>{l.name}</b> },
				{ label: t("lists.mode"), cell: (l) => term("mode", l.mode) },
				{ label: t("lists.zones"), cell: (l) => names(l.zones) },
				{ label: t("lists.groups"), cell: (l) => names(l.groups) },
				{ label: t("lists.users"), cell: (l) => names(l.users) },
				{ label: t("lists.hours"), style: "text", cell: (l) => l.schedule === null
					? t("lists.always") : printHours(l.schedule.weekly, lang).join(" / ") },
				{ label: t("lists.entries"), style: "number", cell: (l) => String(l.entries) },
				{ label: t("common.actions"), style: "actions",
					cell: (l) => l.id === DEFAULT ? "" : actions(l) },
			]} />
	);
}

interface ApproveProps {
	list: AllowList;
	request: ListVersion;
	onDone: () => void;
	onClose: () => void;
}

function ApproveList({ list, request, onDone, onClose }: ApproveProps): JSX.Element {
	const { api, t, term, lang, notify } = useApp();
	const names = (l: string[]): string => l.length === 0 ? t("lists.all") : l.join(", ");
	const confirm = async (): Promise<void> => {
		const { revision, cut, warning } = await api.approveList(list.id, request.version);
		notify(t("lists.approved", { name: request.name, cut,
			revision: t("common.revision", { n: revision }) }), warning);
		onDone();
	};
	return (
		<ConfirmDialog title={t("lists.approveTitle")} submit={t("lists.approveSubmit")}
			onConfirm={confirm} onClose={onClose}>
			<p>{t("lists.approveText")}</p>
			<Facts facts={[
				[t("lists.name"), <b>{request.name}</b>],
				[t("lists.mode"), term("mode", request.mode)],
				[t("lists.zones"), names(request.zones)],
				[t("lists.groups"), names(request.groups)],
				[t("lists.users"), names(request.users)],
				[t("lists.hours"), request.schedule === null ? t("lists.always")
					: printHours(request.schedule.weekly, lang).join(" / ")],
				[t("lists.holidays"), request.schedule?.holidays.join(", ") ?? ""],
				[t("lists.entries"), String(list.entries)],
				[t("common.reason"), request.reason],
				[t("lists.by"), t("common.by",
					{ who: request.requested_by, time: dateTime(request.requested) })],
			]} />
		</ConfirmDialog>
	);
}

function EndList({ what, list, onDone, onClose }: { what: "withdraw" | "remove";
	list: AllowList; onDone: () => void; onClose: () => void }): JSX.Element {
	const { api, t, notify } = useApp();
	const remove = what === "remove";
	const name = list.name;
	const confirm = async (reason: string): Promise<void> => {
		const { warning } = remove ? await api.removeList(list.id, reason)
			: await api.withdrawList(list.id, reason);
		notify(t(remove ? "lists.removed" : "lists.withdrawDone", { name }), warning);
		onDone();
	};
	return (
		<ReasonDialog title={t(remove ? "lists.remove" : "lists.withdraw")} danger
			text={t(remove ? "lists.removeText" : "lists.withdrawText", { name })}
			submit={t("lists.removeSubmit")} onConfirm={confirm} onClose={onClose} />
	);
}
