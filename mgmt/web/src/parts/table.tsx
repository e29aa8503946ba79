// SPDX-License-Identifier: GPL-3.0-or-later
// A table that becomes a list of cards on a phone. The roles are written out because
// browsers drop them from elements that are not displayed as a table.

import type { ComponentChildren, JSX } from "preact";

import { useApp } from "../context";

export interface Column<T> {
	label: string;
	cell: (row: T) => ComponentChildren;
	style?: "number" | "time" | "actions" | "wide" | "text" | "place";
}

interface TableProps<T> {
	caption: string;
	columns: Column<T>[];
	rows: T[];
	keyOf: (row: T) => string;
	markOf?: (row: T) => "bad" | "wait" | "";
	empty?: string;
}

export function Table<T>(props: TableProps<T>): JSX.Element {
	const { t } = useApp();
	const { columns, rows } = props;
	if (rows.length === 0)
		return <p class="quiet none">{props.empty ?? t("common.none")}</p>;
	return (
		<div class="table-frame">
			<table role="table">
				<caption class="unseen">{props.caption}</caption>
				<thead role="rowgroup">
					<tr role="row">
						{columns.map((c) => (
							<th key={c.label} role="columnheader" scope="col"
								class={c.style}>{c.label}</th>
						))}
					</tr>
				</thead>
				<tbody role="rowgroup">
					{rows.map((row) => (
						<tr key={props.keyOf(row)} role="row" class={mark(props.markOf?.(row))}>
							{columns.map((c) => (
								<td key={c.label} role="cell" class={c.style} data-label={c.label}>
									{c.style === "actions" ? <div>{c.cell(row)}</div> : c.cell(row)}
								</td>
							))}
						</tr>
					))}
				</tbody>
			</table>
		</div>
	);
}

function mark(kind: "bad" | "wait" | "" | undefined): string | undefined {
	return kind === undefined || kind === "" ? undefined : `row-${kind}`;
}

// Names and values of one thing.
export function Facts({ facts }: { facts: [string, ComponentChildren][] }): JSX.Element {
	return (
		<dl class="facts">
			{facts.filter(([, value]) => value !== "" && value !== undefined && value !== null)
				.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}
		</dl>
	);
}
