// SPDX-License-Identifier: GPL-3.0-or-later
import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";

import { ApiError } from "../api";
import { describeError, useAction, useApp } from "../context";
import { dateTime, duration, number } from "../format";
import { changedLines, diagnosticLine, lineRange } from "../lines";
import { DiffText } from "../parts/diff";
import { Field } from "../parts/form";
import { ErrorBox } from "../parts/message";
import { ReasonDialog } from "../parts/reason-dialog";
import { standingChanged } from "../parts/standing-event";
import type { Policy } from "../types";

const trials = [60, 300, 1800, 7200, 0]; // seconds; 0: no trial

interface PolicyEditorProps {
	inForce: string;
	onDone: () => void;
	onClose: () => void;
}

export function PolicyEditor({ inForce, onDone, onClose }: PolicyEditorProps): JSX.Element {
	const { api, t, lang, notify } = useApp();
	const [base] = useState(inForce); // what the editor began with
	const [text, setText] = useState(base);
	const [other, setOther] = useState<Policy | null>(null); // in force since then
	const [asking, setAsking] = useState(false);
	const [within, setWithin] = useState(base === "" ? 0 : 300);
	const [diff, setDiff] = useState("");
	const [refused, setRefused] = useState<ApiError | null>(null);
	const reviewing = useAction();
	const area = useRef<HTMLTextAreaElement>(null);

	const apply = async (reason: string): Promise<void> => {
		setRefused(null);
		try {
			const { revision, cut, warning, warnings } =
				await api.applyPolicy(text, reason, within);
			const notes = warnings.length === 0 ? []
				: [t("policy.warnings", { text: warnings.join(" / ") })];
			notify(t("policy.done", { cut, revision: t("common.revision", { n: revision }) }),
				[...(warning === undefined ? [] : [warning]), ...notes].join(" ") || undefined);
			standingChanged();
		} catch (error) {
			if (!(error instanceof ApiError) || error.status !== 422)
				throw error;
			setAsking(false);
			setRefused(error); // beside the text, where it can be mended
			return;
		}
		onDone();
	};
	// nobody puts into force what cannot be compared with what is there now
	const review = async (): Promise<void> => {
		if (base !== "") {
			const now = await api.policy(false);
			setOther(now.text === base ? null : now);
			setDiff(await api.policyDiff({ text }));
		}
		setAsking(true);
	};
	const read = async (file: File | undefined): Promise<void> => {
		if (file !== undefined)
			setText(await file.text());
	};
	const goTo = (line: number): void => {
		const [start, end] = lineRange(text, line);
		area.current?.focus();
		area.current?.setSelectionRange(start, end);
		if (area.current !== null) // browsers do not scroll to a selection
			area.current.scrollTop = area.current.scrollHeight *
				(line - 3) / Math.max(1, text.split("\n").length);
	};
	const changed = changedLines(base, text);
	const wouldChange = other === null ? changed : changedLines(other.text, text);
	const same = changed.added === 0 && changed.removed === 0;

	return (
		<section>
			<h2>{t("policy.edit")}</h2>
			<div role="alert" class={refused === null ? "empty-live" : "box box-bad"}>
				{refused !== null && (
					<>
						<p><b>{t("policy.refused")}</b> {describeError(lang, refused)}</p>
						<Diagnostics lines={refused.diagnostics} onLine={goTo} />
					</>
				)}
			</div>
			<div class="field">
				<label for="policy-text">{t("policy.text")}</label>
				<textarea id="policy-text" ref={area} class="source" rows={24} spellcheck={false}
					value={text} onInput={(e) => setText(e.currentTarget.value)} />
			</div>
			<div class="field">
				<label for="policy-file">{t("policy.fromFile")}</label>
				<input id="policy-file" type="file" accept=".yaml,.yml,text/plain"
					onChange={(e) => void read(e.currentTarget.files?.[0])} />
			</div>
			<p class="quiet" role="status">
				{same ? t("policy.unchanged") : t("policy.changed",
					{ added: number(changed.added, lang), removed: number(changed.removed, lang) })}
			</p>
			<div class="buttons start">
				<button type="button" class="primary" disabled={same}
					onClick={() => void reviewing.run(review)}>
					{t("policy.apply")}
				</button>
				<button type="button" onClick={onClose}>{t("policy.discard")}</button>
			</div>
			<ErrorBox error={reviewing.error} lang={lang} />
			{asking && (
				<ReasonDialog title={t("policy.applyTitle")} text={t("policy.applyText")} danger
					submit={t("policy.applySubmit")} onConfirm={apply}
					onClose={() => setAsking(false)}>
					{other !== null && (
						<p class="box box-bad">{t("policy.moved",
							{ who: other.applied_by, time: dateTime(other.applied) })}</p>
					)}
					<p>{t("policy.changed", { added: number(wouldChange.added, lang),
						removed: number(wouldChange.removed, lang) })}</p>
					{diff !== "" && (
						<details open={other !== null}>
							<summary>{t("policy.diff")}</summary>
							<DiffText text={diff} />
						</details>
					)}
					{base !== "" && (
						<Field label={t("trial.within")} hint={t("trial.withinHint")}
							value={String(within)} onValue={(v) => setWithin(Number(v))}
							options={trials.map((s) => [String(s), s === 0 ? t("trial.never")
								: t("trial.seconds", { time: duration(s, lang) })])} />
					)}
				</ReasonDialog>
			)}
		</section>
	);
}

function Diagnostics({ lines, onLine }: { lines: string[]; onLine: (line: number) => void }):
	JSX.Element {
	const { t } = useApp();
	return (
		<ul class="diagnostics">
			{lines.map((text, i) => {
				const line = diagnosticLine(text);
				return (
					<li key={i}>
						{text}{" "}
						{line !== null && (
							<button type="button" class="plain" onClick={() => onLine(line)}>
								{t("policy.goto", { line })}
							</button>
						)}
					</li>
				);
			})}
		</ul>
	);
}
