// SPDX-License-Identifier: GPL-3.0-or-later
// What concerns one card: its group, the check of a remote terminal.

import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { serverNow } from "../clock";
import { useAction, useApp } from "../context";
import { toLocalInput } from "../format";
import { Dialog } from "../parts/dialog";
import { Buttons, Field, Form } from "../parts/form";
import { ErrorBox } from "../parts/message";
import { deviceName } from "../parts/names";
import { ReasonDialog } from "../parts/reason-dialog";
import { oneLine } from "../rules";
import type { Device, Permit } from "../types";

interface CardDialogProps {
	card: Device;
	onDone: () => void;
	onClose: () => void;
}

export function GroupDialog({ card, onDone, onClose }: CardDialogProps): JSX.Element {
	const { api, t, notify } = useApp();
	const [group, setGroup] = useState(card.group);
	const confirm = async (reason: string): Promise<void> => {
		const { warning } = await api.admission.group(card.id, oneLine(group), reason);
		notify(t("devices.groupDone", { device: deviceName(card) }), warning);
		onDone();
	};
	return (
		<ReasonDialog title={t("devices.groupTitle")} submit={t("devices.groupSet")}
			text={t("devices.groupText", { device: deviceName(card) })}
			onConfirm={confirm} onClose={onClose}>
			<Field label={t("devices.group")} value={group} onValue={setGroup} maxLength={20} />
		</ReasonDialog>
	);
}

export function CheckDialog({ card, permit, onDone, onClose }: CardDialogProps & { permit: Permit }):
	JSX.Element {
	const { api, t, lang, notify } = useApp();
	const today = toLocalInput(serverNow()).slice(0, 10);
	const [day, setDay] = useState(today);
	const action = useAction();
	const bad = !/^\d{4}-\d\d-\d\d$/.test(day) || day > today;
	const submit = (): void => {
		if (bad)
			return;
		void action.run(async () => {
			const { warning } = await api.admission.check(card.id, day);
			notify(t("check.done", { day }), warning);
			onDone();
		});
	};
	return (
		<Dialog title={t("check.title")} onClose={onClose}>
			<p>{t("check.text")}</p>
			<p class="box box-wait">{permit.terminal}</p>
			<Form onSubmit={submit}>
				<Field label={t("devices.checked")} type="date" value={day} onValue={setDay}
					problem={bad ? t("check.bad") : undefined} />
				<ErrorBox error={action.error} lang={lang} />
				<Buttons submit={t("check.submit")} busy={action.busy} onCancel={onClose} />
			</Form>
		</Dialog>
	);
}
