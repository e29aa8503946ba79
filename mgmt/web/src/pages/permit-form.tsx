// SPDX-License-Identifier: GPL-3.0-or-later
// A request for a permit: who, what for, with which cards, from when until when.

import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { serverNow } from "../clock";
import { useAction, useApp, useLoad } from "../context";
import { toLocalInput, todayAt } from "../format";
import { Dialog } from "../parts/dialog";
import { Buttons, Field, Form, ReasonField } from "../parts/form";
import { ErrorBox } from "../parts/message";
import { deviceName } from "../parts/names";
import { checkPermit, permitRequest, type PermitText, type Problem } from "../permit-check";
import { assetName, isKind, kinds, longestDays, needsEnd } from "../register";
import { words } from "../rules";
import type { Device } from "../types";
import type { Asset } from "../types-admission";

const CLOSING_TIME = "17:15";

interface PermitFormProps {
	cards: Device[]; // of one device
	asset: Asset | null; // null: a card that is not in the register yet
	onDone: () => void;
	onClose: () => void;
}

export function PermitForm({ cards, asset, onDone, onClose }: PermitFormProps): JSX.Element {
	const { api, t, term, lang, notify } = useApp();
	const terms = useLoad((background) => api.admission.terms(background));
	const flows = useLoad((background) => api.flows(background));
	const lists = useLoad((background) => api.lists(background));
	const [tried, setTried] = useState(false);
	const action = useAction();
	const [p, setP] = useState<PermitText>({
		kind: asset !== null && asset.kind !== "" ? asset.kind : "business",
		owner: asset?.owner ?? "", company: asset?.organisation ?? "", reason: "", ticket: "",
		from: "", until: "", address: "", destinations: "", terminal: "", checked: "",
		flows: [], lists: [], cards: cards.map((c) => c.id),
	});
	const device = asset !== null ? assetName(asset) : cards[0] ? deviceName(cards[0]) : "";
	const today = toLocalInput(serverNow()).slice(0, 10);
	const check = (): ReturnType<typeof checkPermit> =>
		checkPermit(p, terms.data, serverNow(), today);
	const problems = tried ? check() : {};
	const say = (found: Problem | undefined): string | undefined =>
		found === undefined ? undefined : t(found.key, found.params ?? {});
	const set = (part: Partial<PermitText>): void => setP({ ...p, ...part });
	const days = terms.data === undefined ? null : longestDays(p.kind, terms.data);

	const submit = (): void => {
		setTried(true);
		const [first] = p.cards;
		if (Object.keys(check()).length > 0 || first === undefined)
			return;
		void action.run(async () => {
			await api.admission.request(first, permitRequest(p));
			notify(t("devices.requestDone", { device }));
			onDone();
		});
	};
	return (
		<Dialog title={t("devices.requestTitle")} onClose={onClose} wide>
			<p><b>{device}</b></p>
			<Form onSubmit={submit}>
				<div class="grid">
					<Field label={t("devices.kind")} value={p.kind} onValue={(v) => {
						if (isKind(v))
							set({ kind: v });
					}} options={kinds.map((k) => [k, term("device.kind", k)])} />
					<Field label={t("devices.person")} required requiredText={t("common.required")}
						value={p.owner} onValue={(owner) => set({ owner })} maxLength={60}
						problem={say(problems.owner)} />
					<Field label={t("devices.company")} value={p.company} maxLength={60}
						onValue={(company) => set({ company })} problem={say(problems.company)} />
					<Field label={t("devices.ticket")} value={p.ticket} maxLength={60}
						onValue={(ticket) => set({ ticket })} />
				</div>
				<ReasonField value={p.reason} onValue={(reason) => set({ reason })}
					problem={say(problems.reason)} />
				<Cards cards={cards} chosen={p.cards} onChosen={(next) => set({ cards: next })}
					problem={say(problems.cards)} />
				<Times p={p} onTimes={set} from={say(problems.from)} until={say(problems.until)}
					hint={days === null ? t("devices.untilHint")
						: t("devices.untilLongest", { n: days })} />
				{p.kind === "maintenance" && (
					<>
						<Field label={t("devices.terminal")} lines={3} maxLength={200} value={p.terminal}
							onValue={(terminal) => set({ terminal })} hint={t("devices.terminalHint")}
							required requiredText={t("common.required")}
							problem={say(problems.terminal)} />
						<Field label={t("devices.checked")} type="date" value={p.checked}
							onValue={(checked) => set({ checked })} hint={t("devices.checkedHint")}
							problem={say(problems.checked)} />
					</>
				)}
				<Field label={t("devices.onlyAddress")} value={p.address} maxLength={45}
					onValue={(address) => set({ address })} hint={t("devices.onlyAddressHint")}
					problem={say(problems.address)} />
				<Field label={t("devices.destinations")} lines={3} value={p.destinations}
					onValue={(destinations) => set({ destinations })}
					hint={t("devices.destinationsHint")} problem={say(problems.destinations)} />
				{words(p.destinations).length > 0 && <p class="hint">{t("devices.requestWait")}</p>}
				<Choices title={t("devices.flows")} hint={t("devices.flowsHint")} chosen={p.flows}
					all={(flows.data ?? []).filter((f) => f.from === cards[0]?.zone)
						.map((f) => [f.id, f.id])}
					onChosen={(next) => set({ flows: next })} problem={say(problems.flows)} />
				<Choices title={t("devices.lists")} hint={t("devices.listsHint")} chosen={p.lists}
					all={(lists.data ?? []).filter((l) => l.state === "active")
						.map((l) => [l.id, l.name])}
					onChosen={(next) => set({ lists: next })} problem={say(problems.lists)} />
				<ErrorBox error={action.error} lang={lang} />
				<Buttons submit={t("devices.requestSubmit")} busy={action.busy} onCancel={onClose} />
			</Form>
		</Dialog>
	);
}

interface CardsProps {
	cards: Device[];
	chosen: string[];
	onChosen: (ids: string[]) => void;
	problem: string | undefined;
}

function Cards({ cards, chosen, onChosen, problem }: CardsProps): JSX.Element {
	const { t } = useApp();
	return (
		<fieldset class="card">
			<legend>{t("devices.cardsOf")}</legend>
			<p class="hint">{t("devices.portText")}</p>
			{cards.map((c) => (
				<label key={c.id} class="check">
					<input type="checkbox" checked={chosen.includes(c.id)} onChange={(e) =>
						onChosen(cards.map((k) => k.id).filter((id) => id === c.id
							? e.currentTarget.checked : chosen.includes(id)))} />
					{t("quarantine.card", { mac: deviceName(c), port: c.interface })}
				</label>
			))}
			{problem !== undefined && <p class="problem">{problem}</p>}
		</fieldset>
	);
}

interface ChoicesProps {
	title: string;
	hint: string;
	all: [id: string, name: string][];
	chosen: string[];
	onChosen: (ids: string[]) => void;
	problem: string | undefined;
}

function Choices({ title, hint, all, chosen, onChosen, problem }: ChoicesProps): JSX.Element | null {
	if (all.length === 0)
		return null;
	return (
		<fieldset class="card">
			<legend>{title}</legend>
			<p class="hint">{hint}</p>
			{all.map(([id, name]) => (
				<label key={id} class="check">
					<input type="checkbox" checked={chosen.includes(id)} onChange={(e) =>
						onChosen(all.map(([k]) => k).filter((k) => k === id
							? e.currentTarget.checked : chosen.includes(k)))} />
					{name}
				</label>
			))}
			{problem !== undefined && <p class="problem">{problem}</p>}
		</fieldset>
	);
}

interface TimesProps {
	p: PermitText;
	onTimes: (part: Partial<PermitText>) => void;
	from: string | undefined;
	until: string | undefined;
	hint: string;
}

function Times({ p, onTimes, from, until, hint }: TimesProps): JSX.Element {
	const { t } = useApp();
	const after = (hours: number): string =>
		toLocalInput(new Date(serverNow().getTime() + hours * 3_600_000));
	const evening = todayAt(CLOSING_TIME, serverNow());
	const required = needsEnd(p.kind);
	const shortcut = (value: string, text: string): JSX.Element => (
		<button type="button" onClick={() => onTimes({ until: value })}>{text}</button>
	);
	return (
		<div>
			<Field label={t("devices.until")} type="datetime-local" value={p.until} hint={hint}
				onValue={(v) => onTimes({ until: v })} min={toLocalInput(serverNow())}
				required={required} {...(required ? { requiredText: t("common.required") } : {})}
				problem={until} />
			<div class="shortcuts">
				{shortcut(after(1), t("devices.hour1"))}
				{shortcut(after(4), t("devices.hour4"))}
				{evening > toLocalInput(serverNow()) && shortcut(evening, t("devices.evening"))}
			</div>
			<Field label={t("devices.from")} type="datetime-local" value={p.from}
				onValue={(v) => onTimes({ from: v })} min={toLocalInput(serverNow())}
				hint={t("devices.fromHint")} problem={from} />
		</div>
	);
}
