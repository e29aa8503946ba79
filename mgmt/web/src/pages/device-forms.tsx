// SPDX-License-Identifier: GPL-3.0-or-later
import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { serverNow } from "../clock";
import { useAction, useApp } from "../context";
import { fromLocalInput, secondsUntil, toLocalInput, todayAt } from "../format";
import { Dialog } from "../parts/dialog";
import { Buttons, Field, Form, ReasonField } from "../parts/form";
import { ErrorBox } from "../parts/message";
import { deviceName } from "../parts/names";
import { DESTINATIONS_MAX, hostPattern, macAddress, oneLine, words } from "../rules";
import type { Device, DeviceKind } from "../types";

const CLOSING_TIME = "17:15";

interface RequestFormProps {
	device: Device;
	onDone: () => void;
	onClose: () => void;
}

interface Problems {
	owner?: string;
	reason?: string;
	until?: string;
	destinations?: string;
}

export function RequestForm({ device, onDone, onClose }: RequestFormProps): JSX.Element {
	const { api, t, term, lang, notify } = useApp();
	const [kind, setKind] = useState<DeviceKind>(device.kind === "contractor" ? "contractor"
		: "business");
	const [owner, setOwner] = useState(device.owner ?? "");
	const [reason, setReason] = useState("");
	const [until, setUntil] = useState("");
	const [destinationText, setDestinationText] = useState("");
	const [tried, setTried] = useState(false);
	const action = useAction();

	const destinations = words(destinationText);
	const check = (): Problems => {
		const found: Problems = {};
		const end = fromLocalInput(until);
		const bad = destinations.find((d, i) => hostPattern(d) === null || i >= DESTINATIONS_MAX);
		if (owner.trim() === "")
			found.owner = t("common.fillIn");
		if (reason.trim() === "")
			found.reason = t("common.fillIn");
		if (kind === "contractor" && end === null)
			found.until = t("devices.untilNeeded");
		else if (until !== "" && (secondsUntil(end, serverNow()) ?? 0) <= 0)
			found.until = t("devices.untilPast");
		if (bad !== undefined)
			found.destinations = t("devices.destinationsBad", { host: bad });
		return found;
	};
	const problems = tried ? check() : {};

	const submit = (): void => {
		setTried(true);
		if (Object.keys(check()).length > 0)
			return;
		const end = fromLocalInput(until);
		void action.run(async () => {
			await api.requestDevice(device.id, {
				kind, owner: oneLine(owner), reason: oneLine(reason),
				...(end === null ? {} : { until: end }),
				...(destinations.length === 0 ? {}
					: { destinations: destinations.map((d) => hostPattern(d)!) }),
			});
			notify(t("devices.requestDone", { device: deviceName(device) }));
			onDone();
		});
	};
	return (
		<Dialog title={t("devices.requestTitle")} onClose={onClose} wide>
			<p><b>{deviceName(device)}</b></p>
			<Form onSubmit={submit}>
				<Field label={t("devices.kind")} value={kind}
					onValue={(v) => setKind(v === "contractor" ? "contractor" : "business")}
					options={[
						["business", term("device.kind", "business")],
						["contractor", term("device.kind", "contractor")],
					]} />
				<Field label={t("devices.ownerName")} required requiredText={t("common.required")}
					value={owner} onValue={setOwner} maxLength={60} hint={t("devices.ownerHint")}
					problem={problems.owner} />
				<ReasonField value={reason} onValue={setReason} problem={problems.reason} />
				<UntilField value={until} onValue={setUntil} required={kind === "contractor"}
					problem={problems.until} />
				<Field label={t("devices.destinations")} lines={3} value={destinationText}
					onValue={setDestinationText} hint={t("devices.destinationsHint")}
					problem={problems.destinations} />
				{destinations.length > 0 && <p class="hint">{t("devices.requestWait")}</p>}
				<ErrorBox error={action.error} lang={lang} />
				<Buttons submit={t("devices.requestSubmit")} busy={action.busy}
					onCancel={onClose} />
			</Form>
		</Dialog>
	);
}

interface UntilFieldProps {
	value: string;
	onValue: (value: string) => void;
	required: boolean;
	problem: string | undefined;
}

function UntilField({ value, onValue, required, problem }: UntilFieldProps): JSX.Element {
	const { t } = useApp();
	const after = (hours: number): string =>
		toLocalInput(new Date(serverNow().getTime() + hours * 3_600_000));
	const evening = todayAt(CLOSING_TIME, serverNow());
	return (
		<div>
			<Field label={t("devices.until")} type="datetime-local" value={value} onValue={onValue}
				required={required} {...(required ? { requiredText: t("common.required") } : {})}
				min={toLocalInput(serverNow())} hint={t("devices.untilHint")} problem={problem} />
			<div class="shortcuts">
				<button type="button" onClick={() => onValue(after(1))}>{t("devices.hour1")}</button>
				<button type="button" onClick={() => onValue(after(4))}>{t("devices.hour4")}</button>
				{evening > toLocalInput(serverNow()) && (
					<button type="button" onClick={() => onValue(evening)}>
						{t("devices.evening")}
					</button>
				)}
			</div>
		</div>
	);
}

interface RegisterFormProps {
	interfaces: string[];
	onDone: (device: Device) => void;
	onClose: () => void;
}

export function RegisterForm({ interfaces, onDone, onClose }: RegisterFormProps): JSX.Element {
	const { api, t, lang, notify } = useApp();
	const [mac, setMac] = useState("");
	const [iface, setIface] = useState("");
	const [name, setName] = useState("");
	const [tried, setTried] = useState(false);
	const action = useAction();
	const address = macAddress(mac);

	const submit = (): void => {
		setTried(true);
		if (address === null || iface.trim() === "")
			return;
		void action.run(async () => {
			const device = await api.registerDevice(address, iface.trim(), oneLine(name));
			notify(t("devices.registered", { device: deviceName(device) }));
			onDone(device);
		});
	};
	return (
		<Dialog title={t("devices.registerTitle")} onClose={onClose}>
			<p>{t("devices.registerText")}</p>
			<Form onSubmit={submit}>
				<Field label={t("devices.mac")} required requiredText={t("common.required")}
					value={mac} onValue={setMac} maxLength={32} hint={t("devices.macHint")}
					problem={tried && address === null ? t("devices.macBad") : undefined} />
				<Field label={t("devices.interface")} required requiredText={t("common.required")}
					value={iface} onValue={setIface} maxLength={15} suggestions={interfaces}
					hint={t("devices.interfaceHint")}
					problem={tried && iface.trim() === "" ? t("common.fillIn") : undefined} />
				<Field label={t("devices.name")} value={name} onValue={setName} maxLength={60} />
				<ErrorBox error={action.error} lang={lang} />
				<Buttons submit={t("devices.registerSubmit")} busy={action.busy}
					onCancel={onClose} />
			</Form>
		</Dialog>
	);
}
