// SPDX-License-Identifier: GPL-3.0-or-later
// Which versions of the policy there were, what became of them, and how they differ.

import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { useApp, useLoad } from "../context";
import { Badge, type Tone } from "../parts/badge";
import { DiffText } from "../parts/diff";
import { Dialog } from "../parts/dialog";
import { ErrorBox, LoadNote } from "../parts/message";
import { useStanding } from "../parts/standing-event";
import { Table } from "../parts/table";
import { Time } from "../parts/time";
import type { PolicyVersion } from "../types";

const tones: Record<PolicyVersion["state"], Tone> = {
	"in-force": "good", replaced: "off", trial: "wait", "rolled-back": "off", unconfirmed: "off",
};

export function PolicyHistory(): JSX.Element {
	const { api, t, term } = useApp();
	const history = useLoad((background) => api.policyHistory(background));
	useStanding(history.reload);
	const [from, setFrom] = useState<number | null>(null);
	return (
		<section>
			<h2>{t("history.title")}</h2>
			<LoadNote loaded={history} />
			<Table<PolicyVersion> caption={t("history.title")} rows={history.data ?? []}
				keyOf={(v) => `${v.revision ?? "-"} ${v.applied}`} columns={[
					{ label: t("history.revision"), cell: (v) => v.revision === null ? "–"
						: t("common.revision", { n: v.revision }) },
					{ label: t("common.state"), cell: (v) => (
						<Badge tone={tones[v.state]} text={term("history.state", v.state)} />
					) },
					{ label: t("history.applied"), style: "text", cell: (v) => (
						<><Time at={v.applied} /><br />{v.applied_by}</>
					) },
					{ label: t("history.ended"), style: "text", cell: (v) => v.ended === null ? "–"
						: <><Time at={v.ended} /><br />{v.ended_by}</> },
					{ label: t("common.reason"), style: "wide", cell: (v) => v.reason },
					{ label: t("common.actions"), style: "actions",
						cell: (v) => v.revision === null || v.state === "in-force" ? "" : (
							<button type="button" onClick={() => setFrom(v.revision)}>
								{t("history.diff")}
							</button>
						) },
				]} />
			{from !== null && <DiffDialog from={from} onClose={() => setFrom(null)} />}
		</section>
	);
}

function DiffDialog({ from, onClose }: { from: number; onClose: () => void }): JSX.Element {
	const { api, t, lang } = useApp();
	const diff = useLoad(() => api.policyDiff({ from }));
	const title = t("history.diffTitle", { revision: t("common.revision", { n: from }) });
	return (
		<Dialog title={title} wide onClose={onClose}>
			<ErrorBox error={diff.error} lang={lang} />
			{diff.data === "" && <p>{t("history.same")}</p>}
			{diff.data !== undefined && diff.data !== "" && <DiffText text={diff.data} />}
			<div class="buttons">
				<button type="button" onClick={onClose}>{t("common.close")}</button>
			</div>
		</Dialog>
	);
}
