// SPDX-License-Identifier: GPL-3.0-or-later
// A packet, a rule and the matrix of a proof as plain values. Pure.

import { endpoint } from "./format";
import type { Packet, Proof, Rule } from "./types";

export const GATEWAY = "gateway";

// "tcp 10.10.0.5:40000 → 45.113.7.10:443 (core0 → wan0, new)"
export function packetText(p: Packet | null): string {
	if (p === null)
		return "–";
	const proto = p.proto.startsWith("icmp") ? `${p.proto}/${p.icmp_type ?? 0}` : p.proto;
	const from = endpoint(p.src, p.sport || undefined);
	const to = endpoint(p.dst, p.dport || undefined);
	const more = [`${p.iif ?? ""} → ${p.oif ?? ""}`, p.mac, p.state]
		.filter((text) => text !== undefined && text !== null && text !== "").join(", ");
	return `${proto} ${from} → ${to} (${more})`;
}

export function ruleText(r: Rule | null): string {
	if (r === null)
		return "–";
	return `${r.chain} ${r.position}${r.id === "" ? "" : ` (${r.id})`}: ${r.text}`;
}

// The zones in the policy's order, this machine, then what the policy does not know.
export function matrixZones(proof: Proof): string[] {
	return [...new Set([...proof.zones.map((z) => z.name), GATEWAY,
		...proof.matrix.flatMap((row) => [row.from, row.to])])];
}
