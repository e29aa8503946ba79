// SPDX-License-Identifier: GPL-3.0-or-later
// What is isolated now, above everything else, and who has to say that it may come back.

import type { JSX } from "preact";

import { useApp } from "../context";
import { dateTime } from "../format";
import { assetName } from "../register";
import type { User } from "../types";
import type { Asset } from "../types-admission";
import { ActButtons } from "./asset-table";
import type { Open } from "./devices";

interface QuarantineBoxProps {
	assets: Asset[];
	users: User[] | undefined;
	onOpen: (open: Open) => void;
}

export function QuarantineBox({ assets, users, onOpen }: QuarantineBoxProps): JSX.Element | null {
	const { t } = useApp();
	if (assets.length === 0)
		return null;
	return (
		<section class="box box-bad" aria-label={t("quarantine.title")}>
			<h2>{t("quarantine.count", { n: assets.length })}</h2>
			<p>{t("quarantine.about")}</p>
			<ul class="list">
				{assets.map((a) => (
					<li key={a.id}>
						<span>
							<b>{assetName(a)}</b>{" "}
							<span class="quiet">{t("quarantine.since",
								{ time: dateTime(a.since), who: a.by, reason: a.reason })}</span>
							{a.release !== null && (
								<><br />{t("quarantine.askedBy", { who: a.release.requested_by,
									time: dateTime(a.release.requested), reason: a.release.reason })}</>
							)}
						</span>
						<ActButtons asset={a} users={users} only={["release", "releaseApprove"]}
							onOpen={onOpen} />
					</li>
				))}
			</ul>
		</section>
	);
}
