// SPDX-License-Identifier: GPL-3.0-or-later
// Every withdrawal goes through here: what will happen, why, confirm.

import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";

import { useAction, useApp } from "../context";
import { Dialog } from "./dialog";
import { Buttons, Form, ReasonField } from "./form";
import { oneLine } from "../rules";
import { ErrorBox } from "./message";

interface ReasonDialogProps {
	title: string;
	text: string;
	submit: string;
	danger?: boolean;
	onConfirm: (reason: string) => Promise<void>;
	onClose: () => void;
	children?: ComponentChildren;
}

export function ReasonDialog(props: ReasonDialogProps): JSX.Element {
	const { t, lang } = useApp();
	const [reason, setReason] = useState("");
	const [missing, setMissing] = useState(false);
	const action = useAction();

	const submit = (): void => {
		const given = oneLine(reason);
		setMissing(given === "");
		if (given !== "")
			void action.run(() => props.onConfirm(given));
	};
	return (
		<Dialog title={props.title} onClose={props.onClose}>
			<p>{props.text}</p>
			{props.children}
			<Form onSubmit={submit}>
				<ReasonField value={reason} onValue={setReason}
					problem={missing ? t("common.fillIn") : undefined} />
				<ErrorBox error={action.error} lang={lang} />
				<Buttons submit={props.submit} busy={action.busy} danger={props.danger === true}
					onCancel={props.onClose} />
			</Form>
		</Dialog>
	);
}

interface ConfirmDialogProps {
	title: string;
	submit: string;
	onConfirm: () => Promise<void>;
	onClose: () => void;
	children: ComponentChildren;
}

// The separate step by which an approver answers for what is permitted.
export function ConfirmDialog(props: ConfirmDialogProps): JSX.Element {
	const { lang } = useApp();
	const action = useAction();
	return (
		<Dialog title={props.title} onClose={props.onClose}>
			{props.children}
			<Form onSubmit={() => void action.run(props.onConfirm)}>
				<ErrorBox error={action.error} lang={lang} />
				<Buttons submit={props.submit} busy={action.busy} onCancel={props.onClose} />
			</Form>
		</Dialog>
	);
}
