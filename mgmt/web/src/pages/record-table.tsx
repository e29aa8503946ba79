// SPDX-License-Identifier: GPL-3.0-or-later
import type { JSX } from "preact";

import { type App, useApp } from "../context";
import { bytes, dateTime, durationMs, endpoint, number, protocol } from "../format";
import { Badge, type Tone } from "../parts/badge";
import { Dialog } from "../parts/dialog";
import { Facts, Table } from "../parts/table";
import { Time } from "../parts/time";
import type { ConnRecord } from "../types";

function toneOf(kind: string): Tone {
	if (kind.endsWith("-deny") || kind === "gap")
		return "bad";
	return kind.startsWith("flow-") || kind.startsWith("proxy-") ? "good" : "off";
}

// Short words where we have them, else the appliance's own sentence.
function reasonOf({ term }: App, r: ConnRecord): string {
	if (r.reason === undefined || r.reason === 0)
		return "";
	const short = term("reason", String(r.reason));
	return short === String(r.reason) ? r.reason_text ?? r.reason_name ?? short : short;
}

function target(r: ConnRecord): string {
	if (r.host !== undefined)
		return endpoint(r.host, r.dst_port);
	return endpoint(r.dst, r.dst_port) || r.rule || "";
}

// The person where there is one, then the machine.
function origin(r: ConnRecord): string[] {
	return [r.user, r.src ?? r.mac, r.zone].filter((text): text is string =>
		text !== undefined && text !== "");
}

interface RecordTableProps {
	records: ConnRecord[];
	onShow: (record: ConnRecord) => void;
}

export function RecordTable({ records, onShow }: RecordTableProps): JSX.Element {
	const app = useApp();
	const { t, term, lang } = app;
	return (
		<Table<ConnRecord> caption={t("records.title")} rows={records} keyOf={(r) => r.id}
			markOf={(r) => toneOf(r.kind) === "bad" ? "bad" : ""}
			columns={[
				{ label: t("records.time"), style: "time", cell: (r) => <Time at={r.time} /> },
				{ label: t("records.kind"), cell: (r) => (
					<Badge tone={toneOf(r.kind)} text={term("kind", r.kind)} />
				) },
				{ label: t("records.reason"), style: "text", cell: (r) => reasonOf(app, r) || "–" },
				{ label: t("records.origin"), style: "place", cell: (r) => {
					const [first, ...more] = origin(r);
					return <>{first ?? "–"}{more.map((text) => (
						<span key={text} class="quiet"><br />{text}</span>
					))}</>;
				} },
				{ label: t("records.target"), style: "wide", cell: (r) => (
					<>
						{target(r) || "–"}
						{r.detail && <><br /><span class="quiet clip">{r.detail}</span></>}
					</>
				) },
				{ label: t("records.amount"), style: "number", cell: (r) =>
					r.bytes_up === undefined && r.bytes_down === undefined ? "–" : (
						<>{bytes(r.bytes_up ?? 0, lang)}<br />{bytes(r.bytes_down ?? 0, lang)}</>
					) },
				{ label: t("common.actions"), style: "actions", cell: (r) => (
					<button type="button" onClick={() => onShow(r)}
						aria-label={`${t("common.detail")}: ${dateTime(r.time)} ${target(r)}`}>
						{t("common.detail")}
					</button>
				) },
			]} />
	);
}

export function RecordDialog({ record: r, onClose }: { record: ConnRecord; onClose: () => void }):
	JSX.Element {
	const app = useApp();
	const { t, term, lang } = app;
	const amount = (n: number | undefined): string => n === undefined ? ""
		: `${bytes(n, lang)} (${number(n, lang)} B)`;
	return (
		<Dialog title={t("records.detailTitle")} onClose={onClose} wide>
			<Facts facts={[
				[t("records.time"), `${dateTime(r.time)} (${r.time})`],
				[t("records.kind"), <Badge tone={toneOf(r.kind)} text={term("kind", r.kind)} />],
				[t("records.reason"), r.reason_text || reasonOf(app, r)],
				[t("records.user"), r.user],
				[t("records.device"), r.device],
				[t("records.mac"), r.mac],
				[t("records.zone"), r.zone],
				[t("records.source"), endpoint(r.src, r.src_port)],
				[t("records.host"), r.host],
				[t("records.destination"), endpoint(r.dst, r.dst_port)],
				[t("records.proto"), protocol(r.proto)],
				[t("records.method"), r.method],
				[t("records.rule"), r.rule],
				[t("records.detail"), r.detail],
				[t("records.up"), amount(r.bytes_up)],
				[t("records.down"), amount(r.bytes_down)],
				[t("records.duration"), r.duration_ms === undefined ? ""
					: durationMs(r.duration_ms, lang)],
				[t("records.packets"), r.packets === undefined ? "" : number(r.packets, lang)],
				[t("records.count"), r.count === undefined ? "" : number(r.count, lang)],
				[t("records.revision"), r.revision === undefined ? ""
					: t("common.revision", { n: r.revision })],
				[t("records.conn"), r.conn],
				[t("records.number"), r.id],
			]} />
			<div class="buttons">
				<button type="button" class="primary" onClick={onClose}>{t("common.close")}</button>
			</div>
		</Dialog>
	);
}
