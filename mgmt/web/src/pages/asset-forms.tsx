// SPDX-License-Identifier: GPL-3.0-or-later
// An entry of the register: made, changed, and one card more.

import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { useAction, useApp } from "../context";
import { Dialog } from "../parts/dialog";
import { Buttons, Field, Form, ReasonField } from "../parts/form";
import { ErrorBox } from "../parts/message";
import { assetName, CARDS_MAX, factsOf, isKind, isLocalMac, kinds } from "../register";
import { isAddress, macAddress, oneLine } from "../rules";
import type { Asset, AssetFacts, CardFacts } from "../types-admission";

interface CardText {
	mac: string;
	port: string;
	name: string;
}

const noCard: CardText = { mac: "", port: "", name: "" };

// Behind a VPN a device has an IP address instead; the server knows which ports that is for.
function named(text: string): boolean {
	return macAddress(text) !== null || isAddress(text);
}

function cardFacts(card: CardText): CardFacts {
	const name = oneLine(card.name);
	return { mac: named(card.mac) ? card.mac.trim() : "", interface: card.port.trim(),
		...(name === "" ? {} : { name }) };
}

function cardGood(card: CardText): boolean {
	return named(card.mac) && card.port.trim() !== "";
}

interface CardFieldsProps {
	card: CardText;
	ports: string[];
	tried: boolean;
	onCard: (card: CardText) => void;
}

function CardFields({ card, ports, tried, onCard }: CardFieldsProps): JSX.Element {
	const { t } = useApp();
	const mac = macAddress(card.mac);
	return (
		<>
			<Field label={t("devices.mac")} required requiredText={t("common.required")}
				value={card.mac} maxLength={40} hint={t("devices.macHint")}
				onValue={(v) => onCard({ ...card, mac: v })}
				problem={tried && !named(card.mac) ? t("devices.macBad") : undefined} />
			{mac !== null && isLocalMac(mac) && <p class="box box-wait">{t("devices.localText")}</p>}
			<Field label={t("devices.interface")} required requiredText={t("common.required")}
				value={card.port} maxLength={15} suggestions={ports}
				onValue={(v) => onCard({ ...card, port: v })} hint={t("devices.interfaceHint")}
				problem={tried && card.port.trim() === "" ? t("common.fillIn") : undefined} />
			<Field label={t("devices.cardName")} value={card.name} maxLength={60}
				onValue={(v) => onCard({ ...card, name: v })} hint={t("devices.cardNameHint")} />
		</>
	);
}

interface AssetFormProps {
	asset: Asset | undefined; // to be changed; undefined: a new one
	ports: string[];
	zones: string[];
	onDone: (asset: Asset) => void;
	onClose: () => void;
}

export function AssetForm({ asset, ports, zones, onDone, onClose }: AssetFormProps): JSX.Element {
	const { api, t, term, lang, notify } = useApp();
	const [facts, setFacts] = useState<AssetFacts>(() => factsOf(asset));
	const [cards, setCards] = useState<CardText[]>([noCard]);
	const [reason, setReason] = useState("");
	const [tried, setTried] = useState(false);
	const action = useAction();
	const text = (name: keyof AssetFacts, label: string, hint?: string): JSX.Element => (
		<Field label={label} value={facts[name]} maxLength={60} hint={hint}
			onValue={(v) => setFacts({ ...facts, [name]: v })} />
	);
	const good = facts.owner.trim() !== "" && (asset === undefined ? cards.every(cardGood)
		: reason.trim() !== "");

	const submit = (): void => {
		setTried(true);
		if (!good)
			return;
		const said = Object.fromEntries(Object.entries(facts).map(([k, v]) => [k, oneLine(v)])) as
			unknown as AssetFacts;
		void action.run(async () => {
			const next = asset === undefined ? await api.admission.add(said, cards.map(cardFacts))
				: await api.admission.change(asset.id, said, oneLine(reason));
			notify(t(asset === undefined ? "devices.registered" : "devices.changed",
				{ device: assetName(next) }));
			onDone(next);
		});
	};
	return (
		<Dialog title={t(asset === undefined ? "devices.registerTitle" : "act.change")} wide
			onClose={onClose}>
			{asset === undefined && <p>{t("devices.registerText")}</p>}
			<Form onSubmit={submit}>
				<div class="grid">
					{text("number", t("devices.number"))}
					{text("name", t("devices.name"))}
					<Field label={t("devices.ownerName")} required requiredText={t("common.required")}
						value={facts.owner} onValue={(owner) => setFacts({ ...facts, owner })}
						maxLength={60} hint={t("devices.ownerHint")} problem={tried &&
							facts.owner.trim() === "" ? t("common.fillIn") : undefined} />
					{text("organisation", t("devices.organisation"))}
					<Field label={t("devices.kind")} value={facts.kind} onValue={(v) => {
						if (isKind(v))
							setFacts({ ...facts, kind: v });
					}} options={kinds.map((k) => [k, term("device.kind", k)])} />
					<Field label={t("devices.zone")} value={facts.zone} suggestions={zones} maxLength={20}
						onValue={(zone) => setFacts({ ...facts, zone })} />
				</div>
				<Field label={t("devices.note")} lines={2} maxLength={200} value={facts.note}
					onValue={(note) => setFacts({ ...facts, note })} />
				{asset === undefined && cards.map((card, i) => (
					<fieldset key={i} class="card">
						<legend>{t("devices.cardNo", { n: i + 1 })}</legend>
						<CardFields card={card} ports={ports} tried={tried} onCard={(next) =>
							setCards(cards.map((old, k) => k === i ? next : old))} />
						{cards.length > 1 && (
							<button type="button" onClick={() =>
								setCards(cards.filter((_, k) => k !== i))}>{t("devices.cardDrop")}</button>
						)}
					</fieldset>
				))}
				{asset === undefined && cards.length < CARDS_MAX && (
					<p><button type="button" onClick={() => setCards([...cards, noCard])}>
						{t("devices.cardMore")}
					</button></p>
				)}
				{asset !== undefined && <ReasonField value={reason} onValue={setReason}
					problem={tried && reason.trim() === "" ? t("common.fillIn") : undefined} />}
				<ErrorBox error={action.error} lang={lang} />
				<Buttons submit={t(asset === undefined ? "devices.registerSubmit" : "devices.changeSubmit")}
					busy={action.busy} onCancel={onClose} />
			</Form>
		</Dialog>
	);
}

interface CardFormProps {
	asset: Asset;
	ports: string[];
	onDone: () => void;
	onClose: () => void;
}

export function CardForm({ asset, ports, onDone, onClose }: CardFormProps): JSX.Element {
	const { api, t, lang, notify } = useApp();
	const [card, setCard] = useState(noCard);
	const [reason, setReason] = useState("");
	const [tried, setTried] = useState(false);
	const action = useAction();
	const submit = (): void => {
		setTried(true);
		if (!cardGood(card) || reason.trim() === "")
			return;
		void action.run(async () => {
			await api.admission.addCard(asset.id, cardFacts(card), oneLine(reason));
			notify(t("devices.cardDone", { device: assetName(asset) }));
			onDone();
		});
	};
	return (
		<Dialog title={t("act.card")} onClose={onClose}>
			<p>{t("devices.cardText", { device: assetName(asset) })}</p>
			<Form onSubmit={submit}>
				<CardFields card={card} ports={ports} tried={tried} onCard={setCard} />
				<ReasonField value={reason} onValue={setReason}
					problem={tried && reason.trim() === "" ? t("common.fillIn") : undefined} />
				<ErrorBox error={action.error} lang={lang} />
				<Buttons submit={t("devices.cardSubmit")} busy={action.busy} onCancel={onClose} />
			</Form>
		</Dialog>
	);
}
