// SPDX-License-Identifier: GPL-3.0-or-later
// The allowlist as a file: both ways.

import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { useAction, useApp } from "../context";
import { Dialog } from "../parts/dialog";
import { Buttons, Form } from "../parts/form";
import { ErrorBox } from "../parts/message";
import { MARK, save } from "../parts/save";
import type { Warning } from "../types";

export function ExportButtons(): JSX.Element {
	const { api, t, lang } = useApp();
	const action = useAction();
	const run = (format: "csv" | "json"): void => {
		void action.run(async () => {
			const text = await api.exportAllow(format);
			save(format === "csv" ? MARK + text : text, `allow.${format}`,
				format === "csv" ? "text/csv" : "application/json");
		});
	};
	return (
		<>
			<button type="button" disabled={action.busy} onClick={() => run("csv")}>
				{t("allow.exportCsv")}
			</button>
			<button type="button" disabled={action.busy} onClick={() => run("json")}>
				{t("allow.exportJson")}
			</button>
			<ErrorBox error={action.error} lang={lang} />
		</>
	);
}

interface ImportProps {
	onDone: () => void;
	onClose: () => void;
}

interface Chosen {
	format: "csv" | "json";
	text: string;
}

export function ImportDialog({ onDone, onClose }: ImportProps): JSX.Element {
	const { api, t, lang, notify } = useApp();
	const [file, setFile] = useState<Chosen | null>(null);
	const [good, setGood] = useState<{ count: number; warnings: Warning[] } | null>(null);
	const action = useAction();

	const choose = (chosen: File | undefined): void => {
		setFile(null);
		setGood(null);
		if (chosen === undefined)
			return;
		void action.run(async () => {
			const next: Chosen = { text: await chosen.text(),
				format: chosen.name.toLowerCase().endsWith(".json") ? "json" : "csv" };
			const answer = await api.importAllow(next.format, next.text, true);
			setFile(next);
			setGood({ count: answer.would_add ?? 0, warnings: answer.warnings });
		});
	};
	const submit = (): void => {
		if (file === null)
			return;
		void action.run(async () => {
			const answer = await api.importAllow(file.format, file.text, false);
			notify(t("allow.imported", { n: answer.added ?? 0 }));
			onDone();
		});
	};
	return (
		<Dialog title={t("allow.importTitle")} onClose={onClose}>
			<Form onSubmit={submit}>
				<p>{t("allow.importText")}</p>
				<label>
					{t("allow.importFile")}{" "}
					<input type="file" accept=".csv,.json"
						onChange={(e) => choose(e.currentTarget.files?.[0])} />
				</label>
				<div role="status">
					{good !== null && <p>{t("allow.importGood", { n: good.count })}</p>}
					{good !== null && good.warnings.length > 0 && (
						<ul class="box box-bad">
							{good.warnings.map((w, i) => (
								<li key={i}>{t("allow.warnLine",
									{ line: w.line ?? 0, host: w.host ?? "", text: w.text })}</li>
							))}
						</ul>
					)}
				</div>
				<ErrorBox error={action.error} lang={lang} />
				<Buttons submit={t("allow.importSubmit")} busy={action.busy || file === null}
					onCancel={onClose} />
			</Form>
		</Dialog>
	);
}
