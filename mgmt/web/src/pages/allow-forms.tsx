// SPDX-License-Identifier: GPL-3.0-or-later
import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { useAction, useApp } from "../context";
import { toLocalInput } from "../format";
import { Dialog } from "../parts/dialog";
import { Buttons, Field, Form } from "../parts/form";
import { ErrorBox } from "../parts/message";
import { hostText, isAddress, oneLine, ports, words } from "../rules";
import type { AllowEntry, AllowList, AllowRequest, AllowTest, Scheme } from "../types";

// What a form may begin with: an entry that is to be replaced, or a suggestion.
export type AllowDraft = Partial<Omit<AllowEntry, "id">> & { replaces?: string };

interface AllowFormProps {
	lists: AllowList[];
	draft?: AllowDraft;
	onDone: () => void;
	onClose: () => void;
}

type Texts = Record<"host" | "kind" | "scheme" | "ports" | "list" | "purpose" | "owner" | "from"
	| "until" | "review" | "path" | "methods" | "tlsAny" | "override", string>;

// Days of the form from moments of an entry, which ends with the last day's last moment.
function firstDay(time: string | null | undefined): string {
	return time ? toLocalInput(new Date(time)).slice(0, 10) : "";
}

function lastDay(time: string | null | undefined): string {
	return time ? toLocalInput(new Date(Date.parse(time) - 1)).slice(0, 10) : "";
}

function textsOf(draft: AllowDraft): Texts {
	return {
		host: draft.shown ?? draft.host ?? "",
		kind: draft.address === true ? "address" : "name",
		scheme: draft.scheme ?? "any",
		ports: draft.ports?.join(", ") ?? "",
		list: draft.list ?? "ldefault",
		purpose: draft.purpose ?? "",
		owner: draft.owner ?? "",
		from: firstDay(draft.from),
		until: lastDay(draft.until),
		review: draft.review ?? "",
		path: draft.path ?? "",
		methods: draft.methods?.join(", ") ?? "",
		tlsAny: draft.tls_any === true ? "yes" : "no",
		override: draft.override ?? "",
	};
}

function bodyOf(v: Texts, portList: number[], replaces: string | undefined): AllowRequest {
	const methods = words(v.methods).map((m) => m.toUpperCase());
	const maybe = <K extends keyof AllowRequest>(key: K, text: string): object =>
		text.trim() === "" ? {} : { [key]: text.trim() };
	return {
		host: v.host.trim(), purpose: oneLine(v.purpose), scheme: v.scheme as Scheme,
		list: v.list,
		...(v.kind === "address" ? { address: true } : {}),
		...(v.tlsAny === "yes" ? { tls_any: true } : {}),
		...(portList.length === 0 ? {} : { ports: portList }),
		...(methods.length === 0 ? {} : { methods }),
		...(replaces === undefined ? {} : { replaces }),
		...maybe("owner", oneLine(v.owner)), ...maybe("from", v.from),
		...maybe("until", v.until), ...maybe("review", v.review), ...maybe("path", v.path),
		...maybe("override", oneLine(v.override)),
	};
}

export function AllowForm({ lists, draft = {}, onDone, onClose }: AllowFormProps): JSX.Element {
	const { api, t, lang, notify } = useApp();
	const [v, setV] = useState<Texts>(() => textsOf(draft));
	const [tried, setTried] = useState(false);
	const action = useAction();
	const set = (name: keyof Texts) => (value: string): void => setV({ ...v, [name]: value });

	const portList = ports(v.ports);
	const hostBad = hostText(v.host) === null ? t("allow.hostBad")
		: v.kind === "name" && isAddress(v.host) ? t("allow.hostIsAddress") : undefined;
	const submit = (): void => {
		setTried(true);
		if (hostBad !== undefined || portList === null || v.purpose.trim() === "")
			return;
		void action.run(async () => {
			const made = await api.requestAllow(bodyOf(v, portList, draft.replaces));
			notify(t("allow.added", { host: made.shown ?? made.host }),
				made.warnings.length === 0 ? undefined
					: made.warnings.map((w) => w.text).join(" "));
			onDone();
		});
	};
	return (
		<Dialog title={t(draft.replaces === undefined ? "allow.addTitle" : "allow.changeTitle")}
			onClose={onClose}>
			{draft.replaces !== undefined && <p>{t("allow.changeText", { host: draft.host ?? "" })}</p>}
			<Form onSubmit={submit}>
				<Field label={t("allow.host")} required requiredText={t("common.required")}
					value={v.host} onValue={set("host")} hint={t("allow.hostHint")}
					problem={tried ? hostBad : undefined} />
				<Field label={t("allow.kind")} value={v.kind} onValue={set("kind")} options={[
					["name", t("allow.kind.name")], ["address", t("allow.kind.address")],
				]} />
				<Field label={t("allow.scheme")} value={v.scheme} onValue={set("scheme")} options={[
					["any", t("allow.scheme.any")], ["https", t("allow.scheme.https")],
					["http", t("allow.scheme.http")],
				]} />
				<Field label={t("allow.ports")} value={v.ports} onValue={set("ports")}
					hint={t("allow.portsHint")}
					problem={tried && portList === null ? t("allow.portsBad") : undefined} />
				<Field label={t("allow.list")} value={v.list} onValue={set("list")}
					options={lists.filter((l) => l.state === "active").map((l) => [l.id, l.name])} />
				<Field label={t("allow.purpose")} required requiredText={t("common.required")}
					lines={3} maxLength={200} hint={t("common.reasonHint")} value={v.purpose}
					onValue={set("purpose")}
					problem={tried && v.purpose.trim() === "" ? t("common.fillIn") : undefined} />
				<Field label={t("allow.owner")} value={v.owner} onValue={set("owner")}
					hint={t("allow.ownerHint")} maxLength={40} />
				<Field label={t("allow.until")} type="date" value={v.until} onValue={set("until")} />
				<Field label={t("allow.review")} type="date" value={v.review}
					onValue={set("review")} hint={t("allow.reviewHint")} />
				<details open={v.path !== "" || v.methods !== "" || v.tlsAny === "yes" ||
					v.override !== ""}>
					<summary>{t("allow.detailed")}</summary>
					<Conditions v={v} set={set} />
				</details>
				<ErrorBox error={action.error} lang={lang} />
				<Buttons submit={t("allow.addSubmit")} busy={action.busy} onCancel={onClose} />
			</Form>
		</Dialog>
	);
}

function Conditions({ v, set }: { v: Texts;
	set: (name: keyof Texts) => (value: string) => void }): JSX.Element {
	const { t } = useApp();
	return (
		<>
			<Field label={t("allow.from")} type="date" value={v.from} onValue={set("from")} />
			<Field label={t("allow.path")} value={v.path} onValue={set("path")}
				hint={t("allow.pathHint")} />
			<Field label={t("allow.methods")} value={v.methods} onValue={set("methods")}
				hint={t("allow.methodsHint")} />
			<Field label={t("allow.tlsAny")} value={v.tlsAny} onValue={set("tlsAny")} options={[
				["no", t("allow.tlsAny.no")], ["yes", t("allow.tlsAny.yes")],
			]} />
			<Field label={t("allow.override")} value={v.override} onValue={set("override")}
				hint={t("allow.overrideHint")} maxLength={200} />
		</>
	);
}

// "May this be reached?" answered by the proxy itself, without trying it.
export function AllowTester(): JSX.Element {
	const { api, t, term, lang } = useApp();
	const [url, setUrl] = useState("");
	const [device, setDevice] = useState("");
	const [tried, setTried] = useState(false);
	const [answer, setAnswer] = useState<AllowTest | null>(null);
	const action = useAction();

	const submit = (): void => {
		setTried(true);
		setAnswer(null);
		if (url.trim() !== "")
			void action.run(async () => setAnswer(await api.testAllow(url.trim(), device.trim())));
	};
	const observed = answer?.would !== undefined && answer.would !== null;
	return (
		<section class="no-print">
			<h2>{t("allow.test")}</h2>
			<Form class="tools" onSubmit={submit}>
				<Field label={t("allow.testUrl")} value={url} onValue={setUrl} maxLength={1000}
					problem={tried && url.trim() === "" ? t("common.fillIn") : undefined} />
				<Field label={t("allow.testDevice")} value={device} onValue={setDevice}
					hint={t("allow.testDeviceHint")} />
				<button type="submit" disabled={action.busy}>{t("allow.testSubmit")}</button>
			</Form>
			<ErrorBox error={action.error} lang={lang} />
			<div role="status">
				{answer !== null && (
					<p class={`box box-${answer.allowed && !observed ? "good" : "bad"}`}>
						<b>{t(observed ? "allow.testObserved" : answer.allowed ? "allow.testYes"
							: "allow.testNo")}</b>{" "}
						{answer.reason_text}{" "}
						{answer.list_name ? `(${t("allow.list")}: ${term("list", answer.list_name)})`
							: ""}
					</p>
				)}
			</div>
		</section>
	);
}
