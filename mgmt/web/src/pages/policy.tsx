// SPDX-License-Identifier: GPL-3.0-or-later
import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { ApiError } from "../api";
import { useApp, useLoad } from "../context";
import { dateTime } from "../format";
import { ErrorBox, LoadNote } from "../parts/message";
import { useStanding } from "../parts/standing-event";
import type { Policy } from "../types";
import { PolicyHistory } from "./policy-history";
import { PolicyEditor } from "./policy-editor";

export function PolicyPage(): JSX.Element {
	const { api, t, me } = useApp();
	const policy = useLoad((background) => api.policy(background));
	useStanding(policy.reload);
	const [editing, setEditing] = useState(false);
	const [shown, setShown] = useState(false);
	// an appliance without a policy yet is given its first one here
	const none = policy.error instanceof ApiError && policy.error.code === "no-policy";
	const mayEdit = me.role === "admin" && (policy.data !== undefined || none);

	return (
		<>
			<h1>{t("policy.title")}</h1>
			<LoadNote loaded={policy} />
			{policy.data !== undefined && !editing && <InForce policy={policy.data} />}
			{mayEdit && !editing && (
				<div class="buttons start">
					<button type="button" class="primary" onClick={() => setEditing(true)}>
						{t("policy.edit")}
					</button>
				</div>
			)}
			{mayEdit && editing && (
				<PolicyEditor inForce={policy.data?.text ?? ""} onClose={() => setEditing(false)}
					onDone={() => {
						setEditing(false);
						setShown(false); // the rules are fetched anew when opened again
						policy.reload();
					}} />
			)}
			{policy.data !== undefined && !editing && <PolicyHistory />}
			<section>
				<details open={shown} onToggle={(e) => setShown(e.currentTarget.open)}>
					<summary><h2>{t("policy.nft")}</h2></summary>
					{shown && <Ruleset />}
				</details>
			</section>
		</>
	);
}

function InForce({ policy }: { policy: Policy }): JSX.Element {
	const { t } = useApp();
	return (
		<section>
			<h2>{t("policy.inForce")}</h2>
			<p>
				{t("policy.applied", { revision: t("common.revision", { n: policy.revision }),
					time: dateTime(policy.applied), who: policy.applied_by })}
				<br />{t("policy.appliedReason", { reason: policy.reason })}
			</p>
			<pre class="source" tabIndex={0} aria-label={t("policy.inForce")}>{policy.text}</pre>
		</section>
	);
}

function Ruleset(): JSX.Element {
	const { api, t, lang } = useApp();
	const nft = useLoad((background) => api.nft(background));
	return (
		<>
			<p>{t("policy.nftText")}</p>
			{nft.data === undefined && nft.error === undefined &&
				<p class="quiet">{t("common.loading")}</p>}
			<ErrorBox error={nft.error} lang={lang} />
			{nft.data !== undefined &&
				<pre class="source" tabIndex={0} aria-label={t("policy.nft")}>{nft.data}</pre>}
		</>
	);
}
