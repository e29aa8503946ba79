// SPDX-License-Identifier: GPL-3.0-or-later
// What is open through the proxy now. Each look is itself recorded, so the page asks only
// when it is opened and when somebody asks it to.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import { useAction, useApp } from "../context";
import { bytes, dateTime, durationMs, endpoint } from "../format";
import { ErrorBox } from "../parts/message";
import { ReasonDialog } from "../parts/reason-dialog";
import { Table } from "../parts/table";
import { mayWithdraw } from "../rules";
import type { ProxyConnection } from "../types";

export function ConnectionsPage(_: { query: URLSearchParams }): JSX.Element {
	const { api, t, lang, notify } = useApp();
	const [rows, setRows] = useState<ProxyConnection[]>([]);
	const [more, setMore] = useState(false);
	const [cutting, setCutting] = useState<ProxyConnection | null>(null);
	const action = useAction();

	const load = (after?: string): void => void action.run(async () => {
		const page = await api.proxyConnections(after);
		setRows((before) => after === undefined ? page.connections
			: [...before, ...page.connections]);
		setMore(page.more);
	});
	useEffect(() => load(), []);

	const cut = async (connection: ProxyConnection, reason: string): Promise<void> => {
		await api.cutProxyConnection(connection.id, reason);
		setRows((before) => before.filter((c) => c.id !== connection.id));
		setCutting(null);
		notify(t("connections.cutDone", { target: target(connection) }));
	};
	return (
		<>
			<h1>{t("connections.title")}</h1>
			<p>{t("connections.intro")}</p>
			<div class="tools">
				<button type="button" disabled={action.busy} onClick={() => load()}>
					{t("connections.reload")}
				</button>
			</div>
			<ErrorBox error={action.error} lang={lang} />
			<ConnectionTable rows={rows} onCut={setCutting} />
			{more && (
				<p><button type="button" disabled={action.busy}
					onClick={() => load(rows[rows.length - 1]?.id)}>
					{t("connections.more")}
				</button></p>
			)}
			{cutting !== null && (
				<ReasonDialog title={t("connections.cutTitle")} danger
					submit={t("connections.cutSubmit")}
					text={t("connections.cutText", { target: target(cutting), source: source(cutting) })}
					onConfirm={(reason) => cut(cutting, reason)} onClose={() => setCutting(null)} />
			)}
		</>
	);
}

function target(c: ProxyConnection): string {
	return endpoint(c.host ?? c.dst, c.dst_port);
}

// The person where there is one, then the machine.
function source(c: ProxyConnection): string {
	return [c.user, c.src, c.zone].filter((text) => text !== undefined && text !== "").join(" / ");
}

interface ConnectionTableProps {
	rows: ProxyConnection[];
	onCut: (connection: ProxyConnection) => void;
}

function ConnectionTable({ rows, onCut }: ConnectionTableProps): JSX.Element {
	const { t, lang, me } = useApp();
	return (
		<Table<ProxyConnection> caption={t("connections.title")} rows={rows} keyOf={(c) => c.id}
			empty={t("connections.none")} columns={[
				{ label: t("connections.opened"), style: "time", cell: (c) => dateTime(c.opened) },
				{ label: t("connections.source"), style: "place", cell: source },
				{ label: t("connections.target"), style: "wide", cell: (c) => <b>{target(c)}</b> },
				{ label: t("connections.state"), cell: (c) => t(`connections.is.${c.state}`) },
				{ label: t("connections.up"), style: "number", cell: (c) => bytes(c.bytes_up, lang) },
				{ label: t("connections.down"), style: "number",
					cell: (c) => bytes(c.bytes_down, lang) },
				{ label: t("connections.idle"), style: "number",
					cell: (c) => durationMs(c.idle_ms, lang) },
				{ label: t("common.actions"), style: "actions", cell: (c) => mayWithdraw(me.role)
					? <button type="button" class="danger" onClick={() => onCut(c)}>
						{t("connections.cut")}
					</button> : "" },
			]} />
	);
}
