// SPDX-License-Identifier: GPL-3.0-or-later
// The frame around every page.

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

import { useApp } from "../context";
import type { Lang } from "../format";
import { translate } from "../i18n";
import { Standing } from "./standing";
import { href, type PageName, pagesFor } from "../router";

export function LanguageSwitch({ lang, onLang }: { lang: Lang; onLang: (l: Lang) => void }):
	JSX.Element {
	const choice = (value: Lang, text: string): JSX.Element => (
		<button type="button" class="plain" lang={value} aria-pressed={lang === value}
			onClick={() => onLang(value)}>{text}</button>
	);
	return (
		<div class="language" role="group" aria-label={translate(lang, "app.language")}>
			{choice("ja", "日本語")}{choice("en", "English")}
		</div>
	);
}

interface LayoutProps {
	page: PageName;
	message: string;
	onMessageClose: () => void;
	onLang: (lang: Lang) => void;
	onSignOut: () => void;
	onPassword: () => void;
	children: ComponentChildren;
}

export function Layout(props: LayoutProps): JSX.Element {
	const { t, term, me, site, lang } = useApp();
	const main = useRef<HTMLElement>(null);
	const first = useRef(true);

	useEffect(() => { // a new page is announced by moving there, except at the start
		document.title = `${t(`nav.${props.page}`)} – ${site} – ${t("app.name")}`;
		if (!first.current)
			main.current?.focus();
		first.current = false;
	}, [props.page, lang]);

	return (
		<div class="frame">
			<button type="button" class="skip" onClick={() => main.current?.focus()}>
				{t("app.skip")}
			</button>
			<header>
				<p class="brand"><b>{t("app.name")}</b> <span>{site}</span></p>
				<div class="who">
					<LanguageSwitch lang={lang} onLang={props.onLang} />
					<span class="me">
						{t("app.signedInAs", { name: me.name, role: term("role", me.role) })}
					</span>
					<button type="button" class="plain" onClick={props.onPassword}>
						{t("app.changePassword")}
					</button>
					<button type="button" onClick={props.onSignOut}>{t("app.signOut")}</button>
				</div>
			</header>
			<nav aria-label={t("app.nav")}>
				<ul>
					{pagesFor(me.role).map((p) => (
						<li key={p}>
							<a href={href(p)} aria-current={p === props.page ? "page" : undefined}>
								{t(`nav.${p}`)}
							</a>
						</li>
					))}
				</ul>
			</nav>
			<main ref={main} tabIndex={-1}>
				<div role="status" aria-live="polite"
					class={props.message === "" ? "empty-live" : "box box-good notice"}>
					{props.message !== "" && (
						<>
							<p>{props.message}</p>
							<button type="button" class="plain" onClick={props.onMessageClose}>
								{t("common.close")}
							</button>
						</>
					)}
				</div>
				<Standing />
				{props.children}
				<p class="foot">{t("app.zone")}</p>
			</main>
		</div>
	);
}
