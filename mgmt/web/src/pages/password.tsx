// SPDX-License-Identifier: GPL-3.0-or-later
// Changing one's own password: forced after an initial one, else when one likes.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import { useAction, useApp } from "../context";
import type { Lang } from "../format";
import { Dialog } from "../parts/dialog";
import { Buttons, Field, Form } from "../parts/form";
import { LanguageSwitch } from "../parts/layout";
import { ErrorBox } from "../parts/message";
import { type PasswordCheck, passwordCheck, passwordGood } from "../rules";

interface PasswordFormProps {
	onDone: () => Promise<void>;
	onCancel: () => void;
	cancel?: string;
}

function PasswordForm({ onDone, onCancel, cancel }: PasswordFormProps): JSX.Element {
	const { api, t, lang, me } = useApp();
	const [old, setOld] = useState("");
	const [next, setNext] = useState("");
	const [again, setAgain] = useState("");
	const [tried, setTried] = useState(false);
	const action = useAction();

	const oldProblem = old === "" ? t("common.fillIn") : undefined;
	const nextProblem = !passwordGood(next) ? t("password.weak")
		: next === old ? t("password.same") : undefined;
	const againProblem = again !== next ? t("password.differs") : undefined;

	const submit = (): void => {
		setTried(true);
		if (oldProblem ?? nextProblem ?? againProblem)
			return;
		void action.run(async () => {
			await api.changePassword(old, next);
			await onDone();
		});
	};
	const shown = (problem: string | undefined): string | undefined => tried ? problem : undefined;

	return (
		<Form onSubmit={submit}>
			<input type="text" class="unseen" autocomplete="username" value={me.login} readOnly
				tabIndex={-1} aria-hidden="true" />
			<Field label={t("password.old")} type="password" autocomplete="current-password"
				required value={old} onValue={setOld} problem={shown(oldProblem)} />
			<Field label={t("password.new")} type="password" autocomplete="new-password"
				required value={next} onValue={setNext} problem={shown(nextProblem)} />
			<RuleList check={passwordCheck(next)} />
			<Field label={t("password.again")} type="password" autocomplete="new-password"
				required value={again} onValue={setAgain} problem={shown(againProblem)} />
			<ErrorBox error={action.error} lang={lang} />
			<Buttons submit={t("password.submit")} busy={action.busy} onCancel={onCancel}
				{...(cancel === undefined ? {} : { cancel })} />
		</Form>
	);
}

function RuleList({ check }: { check: PasswordCheck }): JSX.Element {
	const { t } = useApp();
	const names = ["length", "letter", "digit", "symbol"] as const;
	return (
		<div class="rules">
			<p>{t("password.rule")}</p>
			<ul>
				{names.map((name) => (
					<li key={name} class={check[name] ? "met" : "unmet"}>
						<span aria-hidden="true">{check[name] ? "✓" : "・"}</span>
						{t(`password.${name}`)}
						<span class="unseen">
							({t(check[name] ? "password.met" : "password.unmet")})
						</span>
					</li>
				))}
			</ul>
		</div>
	);
}

interface PasswordPageProps {
	onDone: () => Promise<void>;
	onLeave: () => void;
	onLang: (lang: Lang) => void;
}

export function PasswordPage({ onDone, onLeave, onLang }: PasswordPageProps): JSX.Element {
	const { t, lang } = useApp();
	useEffect(() => {
		document.title = `${t("password.title")} – ${t("app.name")}`;
	}, [lang]);
	return (
		<main class="gate">
			<LanguageSwitch lang={lang} onLang={onLang} />
			<h1>{t("password.title")}</h1>
			<p class="box box-wait">{t("password.forced")}</p>
			<PasswordForm onDone={onDone} onCancel={onLeave} cancel={t("app.signOut")} />
		</main>
	);
}

export function PasswordDialog(props: { onDone: () => Promise<void>; onClose: () => void }):
	JSX.Element {
	const { t } = useApp();
	return (
		<Dialog title={t("password.title")} onClose={props.onClose}>
			<PasswordForm onDone={props.onDone} onCancel={props.onClose} />
		</Dialog>
	);
}
