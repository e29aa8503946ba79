// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import test from "node:test";

import { matrixZones, packetText, ruleText } from "../../mgmt/web/src/packet";
import { pagesFor } from "../../mgmt/web/src/router";
import { termOf } from "../../mgmt/web/src/i18n";

const packet = { iif: "core0", oif: "wan0", mac: "02:00:5e:10:00:01", src: "10.10.0.5",
	dst: "45.113.7.10", proto: "tcp", sport: 40000, dport: 443, icmp_type: 0, state: "new" };

test("a counterexample is one line that can be sent", () => {
	assert.equal(packetText(packet), "tcp 10.10.0.5:40000 → 45.113.7.10:443 " +
		"(core0 → wan0, 02:00:5e:10:00:01, new)");
	assert.equal(packetText({ ...packet, proto: "icmp", sport: 0, dport: 0, icmp_type: 8,
		mac: null, state: null }), "icmp/8 10.10.0.5 → 45.113.7.10 (core0 → wan0)");
	assert.equal(packetText(null), "–");
});

test("a rule has its place, and its id where it has one", () => {
	const rule = { chain: "forward-core", position: 3, id: "core-claims", text: "accept" };
	assert.equal(ruleText(rule), "forward-core 3 (core-claims): accept");
	assert.equal(ruleText({ ...rule, id: "" }), "forward-core 3: accept");
});

test("the matrix has the policy's zones, this machine, and what the policy does not know", () => {
	const proof = { zones: [{ name: "core" }, { name: "office" }],
		matrix: [{ from: "office", to: "core" }, { from: "ghost", to: "gateway" }] };
	assert.deepEqual(matrixZones(proof), ["core", "office", "gateway", "ghost"]);
});

test("everybody sees the flows; the proof is for those who answer for it", () => {
	assert.ok(pagesFor("requester").includes("flows"));
	assert.ok(!pagesFor("requester").includes("proof"));
	for (const role of ["admin", "manager", "auditor"])
		assert.ok(pagesFor(role).includes("proof"));
});

test("what gated says of its test packets has its words", () => {
	const words = { // fw/probe/plan.c, plan_pick.c, plan_block.c, outcome.c
		probe: ["flow", "door", "no-flow", "no-door", "spoofed", "stranger"],
		untested: ["no-interface", "no-permit", "no-route", "no-service", "no-address", "ceiling",
			"not-taken", "not-arrived"],
	};
	for (const lang of ["ja", "en"]) {
		for (const [group, list] of Object.entries(words)) {
			for (const word of list)
				assert.notEqual(termOf(lang, group, word), word);
		}
	}
});
