// SPDX-License-Identifier: GPL-3.0-or-later
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import { type Api, ApiError } from "../api";
import { useAction } from "../context";
import type { Lang } from "../format";
import { type MessageKey, translate } from "../i18n";
import { Field, Form } from "../parts/form";
import { LanguageSwitch } from "../parts/layout";
import { ErrorBox } from "../parts/message";
import type { Session } from "../types";

interface SignInProps {
	api: Api;
	lang: Lang;
	note: string;
	onLang: (lang: Lang) => void;
	onSession: (session: Session) => void;
}

export function SignInPage({ api, lang, note, onLang, onSession }: SignInProps): JSX.Element {
	const t = (key: MessageKey): string => translate(lang, key);
	const [login, setLogin] = useState("");
	const [password, setPassword] = useState("");
	const [missing, setMissing] = useState(false);
	const action = useAction();

	useEffect(() => {
		document.title = `${t("signin.title")} – ${t("app.name")}`;
	}, [lang]);

	const submit = (): void => {
		const empty = login.trim() === "" || password === "";
		setMissing(empty);
		if (empty)
			return;
		void action.run(async () => {
			try {
				onSession(await api.signIn(login.trim(), password));
			} catch (error) {
				setPassword("");
				throw error instanceof ApiError && error.status === 401
					? new ApiError(401, error.code, t("signin.failed")) : error;
			}
		});
	};
	const problem = (value: string): string | undefined =>
		missing && value.trim() === "" ? t("common.fillIn") : undefined;

	return (
		<main class="gate">
			<LanguageSwitch lang={lang} onLang={onLang} />
			<h1>{t("app.name")} <small>{t("app.subtitle")}</small></h1>
			{note !== "" && <p class="box box-wait" role="status">{note}</p>}
			<Form onSubmit={submit}>
				<Field label={t("signin.login")} value={login} onValue={setLogin} maxLength={64}
					autocomplete="username" required problem={problem(login)} />
				<Field label={t("signin.password")} value={password} onValue={setPassword}
					type="password" autocomplete="current-password" required
					problem={problem(password)} />
				<ErrorBox error={action.error} lang={lang} />
				<button type="submit" class="primary" disabled={action.busy}>
					{t("signin.submit")}
				</button>
			</Form>
			<p class="quiet">{t("signin.notice")}</p>
		</main>
	);
}
