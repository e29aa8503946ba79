// SPDX-License-Identifier: GPL-3.0-or-later
import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { useAction, useApp } from "../context";
import { Dialog } from "../parts/dialog";
import { Buttons, Field, Form, ReasonField } from "../parts/form";
import { ErrorBox } from "../parts/message";
import { hostPattern, oneLine, ports, words } from "../rules";
import type { AllowTest } from "../types";

interface AllowFormProps {
	zones: string[];
	onDone: () => void;
	onClose: () => void;
}

export function AllowForm({ zones, onDone, onClose }: AllowFormProps): JSX.Element {
	const { api, t, lang, notify } = useApp();
	const [host, setHost] = useState("");
	const [portText, setPortText] = useState("");
	const [zoneText, setZoneText] = useState("");
	const [reason, setReason] = useState("");
	const [tried, setTried] = useState(false);
	const action = useAction();

	const pattern = hostPattern(host);
	const portList = ports(portText);
	const submit = (): void => {
		setTried(true);
		if (pattern === null || portList === null || reason.trim() === "")
			return;
		const zoneList = words(zoneText);
		void action.run(async () => {
			await api.requestAllow({
				host: pattern, reason: oneLine(reason),
				...(portList.length === 0 ? {} : { ports: portList }),
				...(zoneList.length === 0 ? {} : { zones: zoneList }),
			});
			notify(t("allow.added", { host: pattern }));
			onDone();
		});
	};
	return (
		<Dialog title={t("allow.addTitle")} onClose={onClose}>
			<Form onSubmit={submit}>
				<Field label={t("allow.host")} required requiredText={t("common.required")}
					value={host} onValue={setHost} hint={t("allow.hostHint")}
					problem={tried && pattern === null ? t("allow.hostBad") : undefined} />
				<Field label={t("allow.ports")} value={portText} onValue={setPortText}
					hint={t("allow.portsHint")}
					problem={tried && portList === null ? t("allow.portsBad") : undefined} />
				<Field label={t("allow.zones")} value={zoneText} onValue={setZoneText}
					hint={t("allow.zonesHint")} suggestions={zones} />
				<ReasonField value={reason} onValue={setReason}
					problem={tried && reason.trim() === "" ? t("common.fillIn") : undefined} />
				<ErrorBox error={action.error} lang={lang} />
				<Buttons submit={t("allow.addSubmit")} busy={action.busy} onCancel={onClose} />
			</Form>
		</Dialog>
	);
}

// "May this be reached?" answered by the list in force, without trying it.
export function AllowTester({ zones }: { zones: string[] }): JSX.Element {
	const { api, t, lang } = useApp();
	const [host, setHost] = useState("");
	const [portText, setPortText] = useState("443");
	const [zone, setZone] = useState("");
	const [tried, setTried] = useState(false);
	const [answer, setAnswer] = useState<AllowTest | null>(null);
	const action = useAction();

	const name = hostPattern(host.replace(/^\*\./, ""));
	const port = ports(portText);
	const good = name !== null && port !== null && port.length === 1;
	const submit = (): void => {
		setTried(true);
		setAnswer(null);
		if (good) {
			void action.run(async () => {
				setAnswer(await api.testAllow(name, port[0]!, zone.trim()));
			});
		}
	};
	return (
		<section class="no-print">
			<h2>{t("allow.test")}</h2>
			<Form class="tools" onSubmit={submit}>
				<Field label={t("allow.host")} value={host} onValue={setHost}
					problem={tried && name === null ? t("allow.hostBad") : undefined} />
				<Field label={t("allow.ports")} value={portText} onValue={setPortText}
					maxLength={5}
					problem={tried && port?.length !== 1 ? t("allow.portsBad") : undefined} />
				<Field label={t("allow.zoneOne")} value={zone} onValue={setZone}
					suggestions={zones} />
				<button type="submit" disabled={action.busy}>{t("allow.testSubmit")}</button>
			</Form>
			<ErrorBox error={action.error} lang={lang} />
			<div role="status">
				{answer !== null && (
					<p class={`box box-${answer.allowed ? "good" : "bad"}`}>
						<b>{t(answer.allowed ? "allow.testYes" : "allow.testNo")}</b>{" "}
						{answer.reason_text}
					</p>
				)}
			</div>
		</section>
	);
}
