// SPDX-License-Identifier: GPL-3.0-or-later
// Zones by zones: what can pass, each service leading to the flow behind it.

import type { JSX } from "preact";

import { useApp } from "../context";
import { GATEWAY, matrixZones } from "../packet";
import type { Proof } from "../types";

export function Matrix({ proof, onFlow }: { proof: Proof; onFlow: (id: string) => void }):
	JSX.Element {
	const { t } = useApp();
	const zones = matrixZones(proof);
	const label = (name: string): string => name === GATEWAY ? t("proof.gateway")
		: proof.zones.find((z) => z.name === name)?.label || name;
	const services = (from: string, to: string): { text: string; flow: string | null }[] =>
		proof.matrix.find((row) => row.from === from && row.to === to)?.services ?? [];
	return (
		<div class="table-frame matrix-frame" tabIndex={0} role="region" aria-label={t("proof.matrix")}>
			<table class="matrix">
				<caption class="unseen">{t("proof.matrix")}</caption>
				<thead>
					<tr>
						<th scope="col">{`${t("proof.from")} \\ ${t("proof.to")}`}</th>
						{zones.map((z) => <th key={z} scope="col">{label(z)}</th>)}
					</tr>
				</thead>
				<tbody>
					{zones.map((from) => (
						<tr key={from}>
							<th scope="row">{label(from)}</th>
							{zones.map((to) => (
								<td key={to} class={from === to ? "same" : undefined}>
									<ul>
										{services(from, to).map((s, i) => (
											<li key={i}>{s.flow !== null && s.flow in proof.flows ? (
												<button type="button" class="plain"
													onClick={() => onFlow(s.flow ?? "")}>{s.text}</button>
											) : s.text}</li>
										))}
									</ul>
								</td>
							))}
						</tr>
					))}
				</tbody>
			</table>
		</div>
	);
}
