// SPDX-License-Identifier: GPL-3.0-or-later
// When a device's permit ends, and how long that is from now.

import type { JSX } from "preact";

import { useServerNow } from "../clock";
import { useApp } from "../context";
import { duration, secondsUntil } from "../format";
import type { Device } from "../types";
import { Time } from "./time";

const SOON_S = 3600;

export function Until({ device }: { device: Device }): JSX.Element {
	const { t, lang } = useApp();
	const now = useServerNow();
	const permit = device.permit;
	if (!permit || device.state === "seen")
		return <>–</>;
	const left = secondsUntil(permit.until, now);
	if (left === null)
		return <>{device.state === "revoked" ? "–" : permit.seconds
			? t("devices.fromApproval", { time: duration(permit.seconds, lang) })
			: t("devices.noEnd")}</>;
	const remaining = device.state !== "admitted" ? null : left <= 0 ? t("devices.over")
		: t("devices.left", { time: duration(left, lang) });
	return (
		<>
			<Time at={permit.until} />
			{remaining !== null && <><br /><b class={left < SOON_S ? "soon" : ""}>{remaining}</b></>}
		</>
	);
}
