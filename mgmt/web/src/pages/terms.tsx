// SPDX-License-Identifier: GPL-3.0-or-later
// How long permits may last, and when devices are suspended or looked at again.

import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { useAction, useApp, useLoad } from "../context";
import { Dialog } from "../parts/dialog";
import { Buttons, Field, Form, ReasonField } from "../parts/form";
import { ErrorBox, LoadNote } from "../parts/message";
import { Facts } from "../parts/table";
import { readTerms, termFields, type TermName } from "../terms";
import { mayWithdraw, oneLine } from "../rules";
import type { Terms } from "../types-admission";

export function TermsDialog({ onClose }: { onClose: () => void }): JSX.Element {
	const { api, t, me } = useApp();
	const terms = useLoad((background) => api.admission.terms(background));
	return (
		<Dialog title={t("terms.title")} onClose={onClose} wide>
			<p>{t("terms.text")}</p>
			<LoadNote loaded={terms} />
			{terms.data !== undefined && (mayWithdraw(me.role)
				? <TermsForm terms={terms.data} onClose={onClose} />
				: (
					<>
						<Facts facts={termFields.map(({ name }) =>
							[t(`terms.${name}`), String(terms.data?.[name] ?? "")])} />
						<div class="buttons">
							<button type="button" onClick={onClose}>{t("common.close")}</button>
						</div>
					</>
				))}
		</Dialog>
	);
}

function TermsForm({ terms, onClose }: { terms: Terms; onClose: () => void }): JSX.Element {
	const { api, t, lang, notify } = useApp();
	const [text, setText] = useState(() => Object.fromEntries(termFields.map(({ name }) =>
		[name, String(terms[name])])) as Record<TermName, string>);
	const [reason, setReason] = useState("");
	const [tried, setTried] = useState(false);
	const action = useAction();
	const { terms: next, bad } = readTerms(text);

	const submit = (): void => {
		setTried(true);
		if (next === null || reason.trim() === "")
			return;
		void action.run(async () => {
			await api.admission.setTerms(next, oneLine(reason));
			notify(t("terms.done"));
			onClose();
		});
	};
	return (
		<Form onSubmit={submit}>
			<div class="grid">
				{termFields.map(({ name, min, max }) => (
					<Field key={name} label={t(`terms.${name}`)} value={text[name]} maxLength={4}
						onValue={(v) => setText({ ...text, [name]: v })}
						hint={t("terms.range", { min, max })}
						problem={bad.includes(name) ? t("terms.range", { min, max }) : undefined} />
				))}
			</div>
			<ReasonField value={reason} onValue={setReason}
				problem={tried && reason.trim() === "" ? t("common.fillIn") : undefined} />
			<ErrorBox error={action.error} lang={lang} />
			<Buttons submit={t("terms.submit")} busy={action.busy} onCancel={onClose} />
		</Form>
	);
}
