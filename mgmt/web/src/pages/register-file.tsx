// SPDX-License-Identifier: GPL-3.0-or-later
// The register as a file: both ways, and a draft of it.

import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { useAction, useApp } from "../context";
import { Dialog } from "../parts/dialog";
import { Buttons, Field, Form } from "../parts/form";
import { ErrorBox } from "../parts/message";
import { MARK, save } from "../parts/save";
import { assetFile } from "../table-file";
import type { AssetFile, AssetsImported } from "../types-admission";

export function ExportButton(): JSX.Element {
	const { api, t, lang } = useApp();
	const action = useAction();
	const run = (): void => void action.run(async () =>
		save(MARK + await api.admission.exportFile(), "register.csv", "text/csv"));
	return (
		<>
			<button type="button" disabled={action.busy} onClick={run}>{t("devices.export")}</button>
			<ErrorBox error={action.error} lang={lang} />
		</>
	);
}

interface DraftProps {
	zones: string[];
	onClose: () => void;
}

// What was seen and nobody registered, as a file that sections fill in.
export function DraftDialog({ zones, onClose }: DraftProps): JSX.Element {
	const { api, t, lang } = useApp();
	const [zone, setZone] = useState("");
	const [since, setSince] = useState("");
	const action = useAction();

	const submit = (): void => void action.run(async () => {
		save(MARK + await api.admission.draft(zone, since), "register-draft.csv", "text/csv");
		onClose();
	});
	return (
		<Dialog title={t("devices.draftTitle")} onClose={onClose} wide>
			<Form onSubmit={submit}>
				<p>{t("devices.draftText")}</p>
				<Field label={t("devices.zone")} value={zone} onValue={setZone}
					options={[["", t("common.all")], ...zones.map((z): [string, string] => [z, z])]} />
				<Field label={t("devices.draftSince")} type="date" value={since} onValue={setSince}
					hint={t("devices.draftSinceHint")} />
				<p>{t("devices.draftNext")}</p>
				<ErrorBox error={action.error} lang={lang} />
				<Buttons submit={t("devices.draftSubmit")} busy={action.busy} onCancel={onClose} />
			</Form>
		</Dialog>
	);
}

interface ImportProps {
	onDone: () => void;
	onClose: () => void;
}

export function ImportDialog({ onDone, onClose }: ImportProps): JSX.Element {
	const { api, t, lang, notify } = useApp();
	const [file, setFile] = useState<AssetFile | null>(null);
	const [found, setFound] = useState<AssetsImported | null>(null);
	const action = useAction();

	const choose = (chosen: File | undefined): void => {
		setFile(null);
		setFound(null);
		if (chosen === undefined)
			return;
		void action.run(async () => {
			const next = assetFile(new Uint8Array(await chosen.arrayBuffer()));
			setFound(await api.admission.importFile(next, true));
			setFile(next);
		});
	};
	const submit = (): void => {
		if (file === null)
			return;
		void action.run(async () => {
			const { added, changed } = await api.admission.importFile(file, false);
			notify(t("devices.imported", { added, changed }));
			onDone();
		});
	};
	return (
		<Dialog title={t("devices.importTitle")} onClose={onClose} wide>
			<Form onSubmit={submit}>
				<p>{t("devices.importText")}</p>
				<label>
					{t("devices.importFile")}{" "}
					<input type="file" accept=".csv,text/csv"
						onChange={(e) => choose(e.currentTarget.files?.[0])} />
				</label>
				<div role="status">
					{found !== null && (
						<p class="box box-good">
							{t("devices.importGood", { added: found.added, changed: found.changed })}
						</p>
					)}
				</div>
				<ErrorBox error={action.error} lang={lang} />
				<Buttons submit={t("devices.importSubmit")} busy={action.busy || file === null}
					onCancel={onClose} />
			</Form>
		</Dialog>
	);
}
