// SPDX-License-Identifier: GPL-3.0-or-later
import type { JSX } from "preact";

import { ApiError } from "../api";
import { describeError, type Loaded, useApp } from "../context";
import { dateTime, type Lang } from "../format";

export function ErrorBox({ error, lang }: { error: unknown; lang: Lang }): JSX.Element {
	// the region is there before the text, or screen readers miss it
	const lines = error instanceof ApiError ? error.diagnostics : [];
	return (
		<div role="alert" class={error === undefined ? "empty-live" : "box box-bad"}>
			{error !== undefined && <p>{describeError(lang, error)}</p>}
			{lines.length > 0 && (
				<ul class="diagnostics">{lines.map((line, i) => <li key={i}>{line}</li>)}</ul>
			)}
		</div>
	);
}

// Above a page's content: why it is missing, or from when it is.
export function LoadNote({ loaded }: { loaded: Loaded<unknown> }): JSX.Element {
	const { t, lang } = useApp();
	const { data, error, at } = loaded;
	return (
		<>
			{data === undefined && error === undefined && <p class="quiet">{t("common.loading")}</p>}
			<ErrorBox error={error} lang={lang} />
			{error !== undefined && data !== undefined && at !== undefined && (
				<p class="quiet">{t("common.stale", { time: dateTime(at.toISOString()) })}</p>
			)}
			{error !== undefined && (
				<p><button type="button" onClick={loaded.reload}>{t("common.reload")}</button></p>
			)}
		</>
	);
}
