// SPDX-License-Identifier: GPL-3.0-or-later
// The register of devices, what stands in quarantine, and cards that nobody registered.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { serverNow } from "../clock";
import { useApp, useLoad } from "../context";
import { Field } from "../parts/form";
import { LoadNote } from "../parts/message";
import { type AssetAct, actsOn, kinds, states } from "../register";
import { mayRequest, mayWithdraw } from "../rules";
import type { Device, DevicePage } from "../types";
import type { Asset } from "../types-admission";
import { AssetDetail } from "./asset-detail";
import { AssetActDialog } from "./asset-dialogs";
import { AssetForm } from "./asset-forms";
import { AssetTable } from "./asset-table";
import { CardDetail, StrayCards } from "./cards";
import { PermitForm } from "./permit-form";
import { QuarantineBox } from "./quarantine";
import { DraftDialog, ExportButton, ImportDialog } from "./register-file";
import { TermsDialog } from "./terms";

const POLL_MS = 10_000;
const PAGE = 100;
const PAGE_MAX = 1000;
const FOUND_MAX = 20; // entries that are found by a card's address

export type Open = { what: "add" | "import" | "draft" | "terms" } | { what: "detail"; asset: Asset }
	| { what: AssetAct; asset: Asset } | { what: "stray"; card: Device; act: StrayAct } | null;
export type StrayAct = "detail" | "request" | "quarantine";

interface Question {
	text: string;
	state: string;
	kind: string;
	zone: string;
	limit: number;
}

interface Found {
	assets: Asset[];
	quarantined: Asset[];
	strays: DevicePage; // cards of no entry
	more: boolean;
}

function useRegister(question: Question): ReturnType<typeof useLoad<Found>> {
	const { api } = useApp();
	const first = useRef(true);
	const found = useLoad<Found>(async (background) => {
		const { text, state, kind, zone, limit } = question;
		const query = new URLSearchParams({ limit: String(limit) });
		for (const [name, value] of Object.entries({ text: text.trim(), state, kind, zone })) {
			if (value !== "")
				query.set(name, value);
		}
		const words: Record<string, string> = text.trim() === "" ? {} : { text: text.trim() };
		const [page, held, strays, owned] = await Promise.all([
			api.admission.assets(query, background),
			api.admission.assets(new URLSearchParams({ state: "quarantined" }), background),
			api.devices({ ...words, registered: "false", order: "last-seen" }, background),
			text.trim() === "" ? { devices: [] } : api.devices(
				{ ...words, registered: "true", limit: String(FOUND_MAX) }, background),
		]);
		// the server searches entries; people also search for a card
		const known = new Set(page.assets.map((a) => a.id));
		const ids = [...new Set(owned.devices.map((c) => c.asset ?? ""))]
			.filter((id) => !known.has(id));
		const byCard = (await Promise.all(ids.map((id) => api.admission.asset(id, background))))
			.filter((a) => (state === "" || a.state === state) && (kind === "" || a.kind === kind) &&
				(zone === "" || a.zone === zone));
		return { assets: [...page.assets, ...byCard], more: page.more,
			quarantined: held.assets, strays };
	}, POLL_MS);

	useEffect(() => {
		if (first.current) {
			first.current = false;
			return undefined;
		}
		const timer = setTimeout(found.reload, 300); // not at every key
		return () => clearTimeout(timer);
	}, [JSON.stringify(question)]);
	return found;
}

export function DevicesPage({ query }: { query: URLSearchParams }): JSX.Element {
	const { api, t, me } = useApp();
	const [question, setQuestion] = useState<Question>({ text: "", kind: "", zone: "",
		state: query.get("state") ?? "", limit: PAGE });
	const register = useRegister(question);
	const users = useLoad((background) => me.role === "requester" ? Promise.resolve([])
		: api.users(background));
	const [open, setOpen] = useState<Open>(null);
	const places = register.data?.strays.places ?? [];
	const ports = places.map((p) => p.interface).sort();
	const zones = [...new Set([...places.map((p) => p.zone),
		...(register.data?.assets ?? []).map((a) => a.zone)])].filter((z) => z !== "").sort();

	useLinked(query, register.data !== undefined && users.data !== undefined, (next) => {
		if (next !== null && "asset" in next) {
			const acts = actsOn(next.asset, me, users.data, serverNow());
			const act = acts.find((a) => a === "approve" || a === "releaseApprove");
			setOpen(act === undefined ? next : { what: act, asset: next.asset });
		} else {
			setOpen(next);
		}
	});
	const close = (): void => setOpen(null);
	const done = (): void => {
		close();
		register.reload();
	};
	const added = (asset: Asset): void => {
		register.reload();
		setOpen({ what: "request", asset });
	};
	return (
		<>
			<h1>{t("devices.title")}</h1>
			<p>{t("devices.intro")}</p>
			<QuarantineBox assets={register.data?.quarantined ?? []} users={users.data}
				onOpen={setOpen} />
			<div class="buttons start toolbar">
				{mayRequest(me.role) && (
					<button type="button" class="primary" onClick={() => setOpen({ what: "add" })}>
						{t("devices.register")}
					</button>
				)}
				{mayWithdraw(me.role) && (
					<button type="button" onClick={() => setOpen({ what: "import" })}>
						{t("devices.import")}
					</button>
				)}
				<ExportButton />
				<button type="button" onClick={() => setOpen({ what: "draft" })}>
					{t("devices.draft")}
				</button>
				<button type="button" onClick={() => setOpen({ what: "terms" })}>{t("terms.open")}</button>
			</div>
			<Filter question={question} zones={zones} onQuestion={setQuestion} />
			<LoadNote loaded={register} />
			{register.data !== undefined && (
				<>
					<AssetTable assets={register.data.assets} users={users.data} onOpen={setOpen} />
					{register.data.more && (question.limit < PAGE_MAX ? (
						<p><button type="button" onClick={() => setQuestion({ ...question,
							limit: Math.min(PAGE_MAX, question.limit + PAGE) })}>
							{t("records.next")}
						</button></p>
					) : <p>{t("devices.tooMany", { n: PAGE_MAX })}</p>)}
					<StrayCards page={register.data.strays} onOpen={setOpen} />
				</>
			)}
			{open !== null && <OpenDialog open={open} users={users.data} ports={ports} zones={zones}
				onOpen={setOpen} onAdded={added} onDone={done} onClose={close} />}
		</>
	);
}

// A link from another page leads straight to the device.
function useLinked(query: URLSearchParams, ready: boolean, show: (open: Open) => void): void {
	const { api } = useApp();
	const id = query.get("id");
	const wanted = query.get("asset");
	useEffect(() => {
		if (!ready || (id === null && wanted === null))
			return;
		const open = async (): Promise<void> => {
			const card = wanted !== null ? undefined
				: (await api.devices({ device: id ?? "" }, true)).devices[0];
			const asset = wanted ?? card?.asset;
			if (asset)
				show({ what: "detail", asset: await api.admission.asset(asset) });
			else if (card !== undefined)
				show({ what: "stray", card, act: "detail" });
		};
		void open().catch(() => undefined); // the list is there all the same
	}, [id, wanted, ready]);
}

function Filter({ question, zones, onQuestion }: { question: Question; zones: string[];
	onQuestion: (q: Question) => void }): JSX.Element {
	const { t, term } = useApp();
	const set = (part: Partial<Question>): void => onQuestion({ ...question, ...part, limit: PAGE });
	return (
		<div class="tools">
			<Field label={t("common.filter")} type="search" value={question.text}
				onValue={(text) => set({ text })} hint={t("devices.filterHint")} />
			<Field label={t("common.state")} value={question.state} onValue={(state) => set({ state })}
				options={[["", t("common.all")],
					...states.map((s): [string, string] => [s, term("device.state", s)])]} />
			<Field label={t("devices.kind")} value={question.kind} onValue={(kind) => set({ kind })}
				options={[["", t("common.all")],
					...kinds.map((k): [string, string] => [k, term("device.kind", k)])]} />
			<Field label={t("devices.zone")} value={question.zone} onValue={(zone) => set({ zone })}
				options={[["", t("common.all")], ...zones.map((z): [string, string] => [z, z])]} />
		</div>
	);
}

interface OpenDialogProps {
	open: NonNullable<Open>;
	users: Parameters<typeof actsOn>[2];
	ports: string[];
	zones: string[];
	onOpen: (open: Open) => void;
	onAdded: (asset: Asset) => void;
	onDone: () => void;
	onClose: () => void;
}

function OpenDialog(props: OpenDialogProps): JSX.Element {
	const { open, users, ports, zones, onOpen, onDone, onClose } = props;
	switch (open.what) {
	case "add":
		return <AssetForm asset={undefined} ports={ports} zones={zones} onDone={props.onAdded}
			onClose={onClose} />;
	case "import":
		return <ImportDialog onDone={onDone} onClose={onClose} />;
	case "draft":
		return <DraftDialog zones={zones} onClose={onClose} />;
	case "terms":
		return <TermsDialog onClose={onClose} />;
	case "detail":
		return <AssetDetail asset={open.asset} users={users} onOpen={onOpen} onClose={onClose} />;
	case "stray":
		return <CardDetail card={open.card} act={open.act} onOpen={onOpen} onDone={onDone}
			onClose={onClose} />;
	case "request":
		return <PermitForm cards={open.asset.cards} asset={open.asset} onDone={onDone}
			onClose={onClose} />;
	case "change":
		return <AssetForm asset={open.asset} ports={ports} zones={zones} onDone={onDone}
			onClose={onClose} />;
	default:
		return <AssetActDialog act={open.what} asset={open.asset} users={users} ports={ports}
			onDone={onDone} onClose={onClose} />;
	}
}
