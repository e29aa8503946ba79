// SPDX-License-Identifier: GPL-3.0-or-later
// On the status page: where devices without a permit pass, because the zone only detects.

import type { JSX } from "preact";

import { serverNow } from "../clock";
import { type Loaded, useApp, useLoad } from "../context";
import { href, pagesFor } from "../router";
import { ErrorBox } from "../parts/message";
import type { Zone } from "../types-admission";
import { daysSince } from "../zones";

export function useDetecting(): Loaded<Zone[]> {
	const { api } = useApp();
	return useLoad(async (background) => (await api.admission.terms(background)).zones
		.filter((z) => z.mode === "detect"));
}

export function Detecting({ detecting }: { detecting: Loaded<Zone[]> }): JSX.Element | null {
	const { t, me, lang } = useApp();
	const zones = detecting.data ?? [];
	if (zones.length === 0)
		return <ErrorBox error={detecting.error} lang={lang} />;
	return (
		<p class="box box-wait">
			{t("detecting.text", { zones: zones.map((z) => t("detecting.zone",
				{ zone: z.label || z.name, days: daysSince(z.since, serverNow()) })).join(" / ") })}{" "}
			{pagesFor(me.role).includes("zones") && <a href={href("zones")}>{t("detecting.link")}</a>}
		</p>
	);
}
