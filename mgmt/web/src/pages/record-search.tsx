// SPDX-License-Identifier: GPL-3.0-or-later
import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { useApp } from "../context";
import { Field, Form } from "../parts/form";
import { emptySearch, kinds, reasons, type Search, type TextName } from "../search";

const rare: TextName[] = ["reason", "mac", "address", "zone", "device", "user", "rule"];

interface SearchFormProps {
	initial: Search;
	busy: boolean;
	onSearch: (search: Search) => void;
}

export function SearchForm({ initial, busy, onSearch }: SearchFormProps): JSX.Element {
	const { t, term } = useApp();
	const [search, setSearch] = useState(initial);
	const set = (name: TextName, value: string): void =>
		setSearch((old) => ({ ...old, text: { ...old.text, [name]: value } }));
	const toggle = (kind: string): void => setSearch((old) => ({
		...old,
		kinds: old.kinds.includes(kind) ? old.kinds.filter((k) => k !== kind)
			: [...old.kinds, kind],
	}));
	const field = (name: TextName, hint?: string): JSX.Element => (
		<Field key={name} label={t(`records.${name}`)} value={search.text[name]} hint={hint}
			type={name === "from" || name === "to" ? "date" : "text"} maxLength={120}
			onValue={(v) => set(name, v)} />
	);
	return (
		<Form class="search no-print" onSubmit={() => onSearch(search)}>
			<div class="grid">
				{field("from")}{field("to")}
				{field("host", t("records.hostHint"))}{field("text")}
				<Field label={t("records.order")} value={search.oldest ? "oldest" : "newest"}
					onValue={(v) => setSearch((old) => ({ ...old, oldest: v === "oldest" }))}
					options={[["newest", t("records.newest")], ["oldest", t("records.oldest")]]} />
			</div>
			<details open={initial.kinds.length > 0}>
				<summary>
					{t("records.kinds")}
					{search.kinds.length > 0 && ` (${search.kinds.length})`}
				</summary>
				<fieldset class="checks">
					<legend class="unseen">{t("records.kinds")}</legend>
					{kinds.map((kind) => (
						<label key={kind}>
							<input type="checkbox" checked={search.kinds.includes(kind)}
								onChange={() => toggle(kind)} />
							{term("kind", kind)}
						</label>
					))}
				</fieldset>
			</details>
			<details open={rare.some((name) => initial.text[name] !== "")}>
				<summary>{t("records.more")}</summary>
				<div class="grid">
					<Field label={t("records.reason")} value={search.text.reason}
						onValue={(v) => set("reason", v)} options={[
							["", t("common.all")],
							...reasons.map((r): [string, string] =>
								[String(r), term("reason", String(r))]),
						]} />
					{rare.filter((name) => name !== "reason").map((name) => field(name))}
				</div>
			</details>
			<div class="buttons start">
				<button type="submit" class="primary" disabled={busy}>{t("records.search")}</button>
				<button type="button" onClick={() => setSearch(emptySearch())}>
					{t("records.clear")}
				</button>
			</div>
		</Form>
	);
}
