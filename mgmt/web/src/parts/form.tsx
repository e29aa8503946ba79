// SPDX-License-Identifier: GPL-3.0-or-later
// Labelled fields. A field's problem stands below it and is tied to it.

import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";

import { useApp } from "../context";

interface FieldProps {
	label: string;
	value: string;
	onValue: (value: string) => void;
	hint?: string | undefined;
	problem?: string | undefined;
	required?: boolean;
	type?: "text" | "password" | "search" | "date" | "datetime-local" | "number";
	lines?: number; // more than one line of text
	autocomplete?: string;
	options?: [string, string][]; // a choice: value and text
	suggestions?: string[];
	maxLength?: number;
	min?: string;
	requiredText?: string; // where there is no application context yet
}

export function Field(props: FieldProps): JSX.Element {
	const id = useId();
	const noteId = `${id}-note`;
	const note = props.problem ?? props.hint;
	const common = {
		id,
		value: props.value,
		required: props.required === true,
		"aria-invalid": props.problem !== undefined,
		...(note === undefined ? {} : { "aria-describedby": noteId }),
	};
	return (
		<div class="field">
			<label for={id}>
				{props.label}
				{props.required === true && props.requiredText !== undefined &&
					<span class="required">{props.requiredText}</span>}
			</label>
			{control(props, common, `${id}-list`)}
			{note !== undefined && (
				<p id={noteId} class={props.problem === undefined ? "hint" : "problem"}>{note}</p>
			)}
		</div>
	);
}

type Common = { id: string; value: string; required: boolean };

function control(props: FieldProps, common: Common, listId: string): JSX.Element {
	if (props.options !== undefined) {
		return (
			<select {...common} onChange={(e) => props.onValue(e.currentTarget.value)}>
				{props.options.map(([value, text]) => (
					<option key={value} value={value}>{text}</option>
				))}
			</select>
		);
	}
	if (props.lines !== undefined) {
		return (
			<textarea {...common} rows={props.lines} maxLength={props.maxLength ?? 1000}
				onInput={(e) => props.onValue(e.currentTarget.value)} />
		);
	}
	return (
		<>
			<input {...common} type={props.type ?? "text"} maxLength={props.maxLength ?? 255}
				autocomplete={(props.autocomplete ?? "off") as "off"} spellcheck={false}
				autocapitalize="off"
				{...(props.min === undefined ? {} : { min: props.min })}
				{...(props.suggestions === undefined ? {} : { list: listId })}
				onInput={(e) => props.onValue(e.currentTarget.value)} />
			{props.suggestions !== undefined && (
				<datalist id={listId}>
					{props.suggestions.map((s) => <option key={s} value={s} />)}
				</datalist>
			)}
		</>
	);
}

// The reason that goes into the records with a change.
export function ReasonField(props: { value: string; onValue: (v: string) => void;
	problem?: string | undefined }): JSX.Element {
	const { t } = useApp();
	return (
		<Field label={t("common.reason")} required requiredText={t("common.required")} lines={3}
			maxLength={200} hint={t("common.reasonHint")} value={props.value}
			onValue={props.onValue} problem={props.problem} />
	);
}

interface FormProps {
	onSubmit: () => void;
	children: ComponentChildren;
	class?: string;
}

// Browsers' own bubbles speak the browser's language: our texts replace them.
export function Form(props: FormProps): JSX.Element {
	return (
		<form class={props.class} noValidate onSubmit={(e) => {
			e.preventDefault();
			props.onSubmit();
		}}>
			{props.children}
		</form>
	);
}

interface ButtonsProps {
	submit: string;
	busy: boolean;
	onCancel: () => void;
	danger?: boolean;
	cancel?: string;
}

export function Buttons({ submit, busy, onCancel, danger, cancel }: ButtonsProps): JSX.Element {
	const { t } = useApp();
	return (
		<div class="buttons">
			<button type="button" onClick={onCancel}>{cancel ?? t("common.cancel")}</button>
			<button type="submit" class={danger === true ? "danger" : "primary"} disabled={busy}>
				{submit}
			</button>
		</div>
	);
}
