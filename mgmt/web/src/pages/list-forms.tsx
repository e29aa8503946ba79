// SPDX-License-Identifier: GPL-3.0-or-later
import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { useAction, useApp } from "../context";
import { isDay, parseHours, printHours } from "../hours";
import { Dialog } from "../parts/dialog";
import { Buttons, Field, Form, ReasonField } from "../parts/form";
import { ErrorBox } from "../parts/message";
import { oneLine, words } from "../rules";
import type { AllowList, Hours, ListSettings } from "../types";

// Names may have blanks in them: only commas part them.
function names(text: string): string[] {
	return [...new Set(text.split(/[,、，\n]/u).map((w) => oneLine(w)).filter((w) => w !== ""))];
}

interface ListFormProps {
	list?: AllowList; // to be changed
	onDone: () => void;
	onClose: () => void;
}

export function ListForm({ list, onDone, onClose }: ListFormProps): JSX.Element {
	const { api, t, term, lang, notify } = useApp();
	const [name, setName] = useState(list?.name ?? "");
	const [mode, setMode] = useState<string>(list?.mode ?? "enforce");
	const [zones, setZones] = useState(list?.zones.join(", ") ?? "");
	const [groups, setGroups] = useState(list?.groups.join(", ") ?? "");
	const [users, setUsers] = useState(list?.users.join(", ") ?? "");
	const [hours, setHours] = useState(
		printHours(list?.schedule?.weekly ?? [], lang).join("\n"));
	const [holidays, setHolidays] = useState(list?.schedule?.holidays.join(", ") ?? "");
	const [reason, setReason] = useState("");
	const [tried, setTried] = useState(false);
	const action = useAction();

	const weekly = parseHours(hours);
	const days = words(holidays.normalize("NFKC"));
	const daysBad = !days.every(isDay);
	const settings = (spans: Hours[]): ListSettings => ({
		name: oneLine(name), mode: mode === "observe" ? "observe" : "enforce",
		zones: names(zones), groups: names(groups), users: names(users),
		schedule: spans.length === 0 ? null : { weekly: spans, holidays: days,
			timezone: list?.schedule?.timezone ?? "Asia/Tokyo" },
	});
	const submit = (): void => {
		setTried(true);
		if (name.trim() === "" || reason.trim() === "" || weekly === null || daysBad)
			return;
		void action.run(async () => {
			const body = { ...settings(weekly), reason: oneLine(reason) };
			await (list === undefined ? api.requestList(body) : api.changeList(list.id, body));
			notify(t("lists.requested", { name: body.name }));
			onDone();
		});
	};
	return (
		<Dialog title={t(list === undefined ? "lists.addTitle" : "lists.changeTitle")}
			onClose={onClose}>
			<Form onSubmit={submit}>
				<Field label={t("lists.name")} required requiredText={t("common.required")}
					maxLength={40} value={name} onValue={setName}
					problem={tried && name.trim() === "" ? t("common.fillIn") : undefined} />
				<Field label={t("lists.mode")} value={mode} onValue={setMode}
					hint={t("lists.modeHint")} options={[
						["enforce", term("mode", "enforce")], ["observe", term("mode", "observe")],
					]} />
				<Field label={t("lists.zones")} value={zones} onValue={setZones}
					hint={t("lists.allHint")} />
				<Field label={t("lists.groups")} value={groups} onValue={setGroups}
					hint={t("lists.allHint")} maxLength={1000} />
				<Field label={t("lists.users")} value={users} onValue={setUsers}
					hint={t("lists.allHint")} maxLength={4000} />
				<Field label={t("lists.hours")} lines={3} value={hours} onValue={setHours}
					hint={t("lists.hoursHint")}
					problem={tried && weekly === null ? t("lists.hoursBad") : undefined} />
				<Field label={t("lists.holidays")} lines={2} maxLength={6000} value={holidays}
					onValue={setHolidays} hint={t("lists.holidaysHint")}
					problem={tried && daysBad ? t("lists.holidaysBad") : undefined} />
				<ReasonField value={reason} onValue={setReason}
					problem={tried && reason.trim() === "" ? t("common.fillIn") : undefined} />
				<ErrorBox error={action.error} lang={lang} />
				<Buttons submit={t("lists.submit")} busy={action.busy} onCancel={onClose} />
			</Form>
		</Dialog>
	);
}
