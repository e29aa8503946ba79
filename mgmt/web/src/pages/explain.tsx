// SPDX-License-Identifier: GPL-3.0-or-later
// Which rule decides about one packet, and who approved it.

import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { useAction, useApp } from "../context";
import { dateTime } from "../format";
import { Field, Form } from "../parts/form";
import { ErrorBox } from "../parts/message";
import { Facts } from "../parts/table";
import { ruleText } from "../packet";
import type { Explanation } from "../types";

export function ExplainSection(): JSX.Element {
	const { api, t, lang } = useApp();
	const [from, setFrom] = useState("");
	const [to, setTo] = useState("");
	const [port, setPort] = useState("443");
	const [proto, setProto] = useState("tcp");
	const [answer, setAnswer] = useState<Explanation | null>(null);
	const action = useAction();

	const submit = (): void => void action.run(async () => {
		setAnswer(null);
		setAnswer(await api.explain({ from: from.trim(), to: to.trim(), port, proto }));
	});
	return (
		<section>
			<h2>{t("explain.title")}</h2>
			<Form class="search explain" onSubmit={submit}>
				<div class="grid">
					<Field label={t("explain.from")} value={from} onValue={setFrom} />
					<Field label={t("explain.to")} value={to} onValue={setTo} />
					<Field label={t("explain.port")} type="number" value={port} onValue={setPort} />
					<Field label={t("explain.proto")} value={proto} onValue={setProto}
						options={[["tcp", "TCP"], ["udp", "UDP"], ["icmp", "ICMP"]]} />
				</div>
				<button type="submit" class="primary"
					disabled={action.busy || from.trim() === "" || to.trim() === ""}>
					{t("explain.submit")}
				</button>
			</Form>
			<ErrorBox error={action.error} lang={lang} />
			{answer !== null && <Answer answer={answer} />}
		</section>
	);
}

function Answer({ answer }: { answer: Explanation }): JSX.Element {
	const { t, term } = useApp();
	const { firewall, proxy } = answer;
	const text = proxy?.reason_text ?? "";
	return (
		<Facts facts={[
			[t("explain.firewall"), firewall === null ? null
				: `${t(`explain.${firewall.verdict}`)} (${firewall.from} → ${firewall.to})`],
			[t("proof.rule"), firewall?.rule ? ruleText(firewall.rule) : null],
			[t("explain.proxy"), proxy === null ? null : !proxy.known ? t("explain.silent")
				: proxy.allowed === true ? t("explain.allowed", { text })
					: t("explain.refused", { text })],
			[t("explain.approvals"), answer.approvals.length === 0 ? null
				: answer.approvals.map((a) => t("explain.approved", {
					kind: term("explain.kind", a.kind), id: a.id, who: a.by ?? "–",
					time: dateTime(a.since) })).join("\n")],
		]} />
	);
}
