// SPDX-License-Identifier: GPL-3.0-or-later
// On the status page: where devices without a permit pass, because the zone only detects.

import type { JSX } from "preact";

import { serverNow } from "../clock";
import { useApp, useLoad } from "../context";
import { href, pagesFor } from "../router";
import { daysSince } from "../zones";

export function Detecting(): JSX.Element | null {
	const { api, t, me } = useApp();
	const terms = useLoad((background) => api.admission.terms(background));
	const zones = (terms.data?.zones ?? []).filter((z) => z.mode === "detect");
	if (zones.length === 0)
		return null;
	return (
		<p class="box box-wait">
			{t("detecting.text", { zones: zones.map((z) => t("detecting.zone",
				{ zone: z.label || z.name, days: daysSince(z.since, serverNow()) })).join(" / ") })}{" "}
			{pagesFor(me.role).includes("zones") && <a href={href("zones")}>{t("detecting.link")}</a>}
		</p>
	);
}
