// SPDX-License-Identifier: GPL-3.0-or-later
// The register, requests for permits, alarms, terms, files.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { alarmDevice, alarmPorts, changedEvents, sortAlarms } from "../../mgmt/web/src/alarm";
import { messages, termOf, translate } from "../../mgmt/web/src/i18n";
import { checkPermit, permitRequest } from "../../mgmt/web/src/permit-check";
import {
	actsOn, approvalLines, assetName, factsOf, isLocalMac, kinds, liveOf, longestDays,
	needsEnd, permitsOf, requestsOf, states, stateTones,
} from "../../mgmt/web/src/register";
import { assetFile, toBase64 } from "../../mgmt/web/src/table-file";
import { readTerms, termFields } from "../../mgmt/web/src/terms";

const now = new Date("2026-11-21T00:00:00Z"); // 9:00 in Tokyo
const terms = { contractor_days: 90, private_days: 30, maintenance_days: 14, dormant_days: 60,
	certify_days: 365, quarantine_per_hour: 3 };
const users = [
	{ login: "m1", role: "manager" }, { login: "m2", role: "manager" },
	{ login: "a1", role: "admin" }, { login: "a2", role: "admin" },
	{ login: "c1", role: "requester" }, { login: "u1", role: "auditor" },
];
const me = (login) => users.find((u) => u.login === login);
const card = (id, more = {}) => ({ id, mac: `00:00:5e:00:53:0${id.slice(1)}`, interface: "lan1",
	zone: "office", group: "", state: "seen", permit: null, request: null, ...more });
const permit = (id, more = {}) => ({ id, reason: "業務", requested_by: "c1",
	requested: "2026-11-20T00:00:00Z", ...more });
const asset = (state, cards, more = {}) => ({ id: "r1", number: "PC-12", name: "会計", owner: "佐藤",
	organisation: "", kind: "business", zone: "office", note: "", state, release: null, cards, ...more });

test("an alarm names the device that the register knows, and its user", () => {
	assert.equal(alarmDevice({ number: "PC-7", name: "", owner: "佐藤" }), "PC-7 · 佐藤");
	assert.equal(alarmDevice({}), "");
});

test("every state, kind, severity and action has words and a sign in both languages", () => {
	for (const lang of ["ja", "en"]) {
		for (const [group, values] of [["device.state", states], ["device.kind", ["", ...kinds]],
			["severity", ["notice", "warning", "critical"]],
			["eventAction", ["record", "alarm", "quarantine"]]]) {
			for (const value of values)
				assert.ok(`${group}.${value}` in messages[lang], `${group}.${value}`);
		}
	}
	assert.deepEqual(Object.keys(stateTones).sort(), [...states].sort());
	assert.equal(new Set(states).size, 9);
});

test("every event that the sensor knows has its words", () => {
	const names = [...readFileSync("lib/event.c", "utf8").matchAll(/^\t\t"([a-z-]+)", EVENT_/gm)]
		.map((m) => m[1]);
	assert.equal(names.length, 13);
	for (const lang of ["ja", "en"]) {
		for (const name of names)
			assert.notEqual(termOf(lang, "event", name), name, name);
	}
});

test("a permit for several cards is one, and requests are not permits", () => {
	const p = permit("p1", { approved_by: "m1" });
	const q = permit("p2");
	const cards = [card("d1", { state: "admitted", permit: p, request: q }),
		card("d2", { state: "admitted", permit: p, request: null }),
		card("d3", { state: "requested", permit: q })];
	assert.deepEqual(permitsOf(cards).map((h) => [h.permit.id, h.cards.length]), [["p1", 2]]);
	assert.deepEqual(requestsOf(cards).map((h) => [h.permit.id, h.cards.length]), [["p2", 2]]);
	assert.deepEqual(requestsOf([card("d1")]), []);
});

test("a permit that is over, expired or revoked is not live", () => {
	const held = (state, until) => [card("d1", { state, permit: permit("p1", { until }) })];
	assert.equal(liveOf(held("admitted", null), now).length, 1);
	assert.equal(liveOf(held("admitted", "2026-11-21T00:00:01Z"), now).length, 1);
	assert.equal(liveOf(held("admitted", "2026-11-21T00:00:00Z"), now).length, 0);
	assert.equal(liveOf(held("expired", null), now).length, 0);
	assert.equal(liveOf(held("revoked", null), now).length, 0);
	assert.equal(liveOf(held("quarantined", null), now).length, 1);
});

test("what each person is offered", () => {
	const requested = asset("requested", [card("d1", { state: "requested", permit: permit("p1") })]);
	const of = (a, login) => actsOn(a, me(login), users, now);
	assert.ok(of(requested, "m1").includes("approve"));
	assert.ok(!of(requested, "a1").includes("approve")); // neither of the two is a manager
	assert.ok(!of(requested, "m1").includes("request"));
	assert.ok(of(requested, "m1").includes("revoke"));
	assert.deepEqual(of(requested, "c1"), []);
	assert.deepEqual(of(requested, "u1"), []);
	assert.deepEqual(of(asset("seen", [card("d1")]), "c1"), ["request"]);
	assert.ok(!of(asset("seen", [card("d1")]), "m1").includes("revoke"));
	assert.deepEqual(of(asset("retired", [card("d1")]), "m1"), []);
	const full = asset("seen", Array.from({ length: 8 }, (_, i) => card(`d${i}`)));
	assert.ok(!of(full, "m1").includes("card"));
});

test("a quarantine ends with a second person, one of the two a manager", () => {
	const held = [card("d1", { state: "quarantined", permit: permit("p1") })];
	const alone = asset("quarantined", held);
	const asked = asset("quarantined", held, { release: { requested_by: "m1" } });
	const of = (a, login) => actsOn(a, me(login), users, now);
	assert.ok(of(alone, "a1").includes("release"));
	assert.ok(!of(alone, "a1").includes("quarantine"));
	assert.ok(!of(alone, "a1").includes("request"));
	assert.ok(!of(asked, "m1").includes("releaseApprove"));
	assert.ok(!of(asked, "m1").includes("release"));
	assert.equal(of(asked, "m2")[0], "releaseApprove");
	assert.equal(of(asked, "a1")[0], "releaseApprove");
	assert.ok(!of(asset("quarantined", held, { release: { requested_by: "a1" } }), "a2")
		.includes("releaseApprove"));
	assert.deepEqual(of(asked, "c1"), []);
});

test("an approval says which card, which port, from when until when, and where to", () => {
	const cards = [card("d1"), card("d2", { interface: "lan2" })];
	const say = (p, lang) => approvalLines({ permit: permit("p1", p), cards }, lang)
		.map((l) => translate(lang, l.key, l.params)).join("\n");
	const all = say({ from: "2026-11-22T00:00:00Z", until: "2026-11-22T08:15:00Z",
		address: "192.0.2.7" }, "ja");
	for (const part of ["00:00:5e:00:53:01", "lan1", "00:00:5e:00:53:02", "lan2", "192.0.2.7", "office",
		"11月22日(日) 09:00", "11月22日(日) 17:15"])
		assert.ok(all.includes(part), `${part} in ${all}`);
	assert.ok(!/\{\w+\}/.test(all), all);
	assert.match(say({}, "en"), /no end/);
	assert.match(say({ seconds: 3600 }, "en"), /For 1 h/);
	assert.match(say({ kind: "maintenance" }, "en"), /not checked yet/);
	assert.match(say({ kind: "maintenance", checked: "2026-11-01" }, "en"), /2026-11-01/);
	assert.deepEqual(approvalLines({ permit: permit("p1", { destinations: ["a.jp"] }), cards }, "ja")
		.at(-1).items, ["a.jp"]);
	const limited = approvalLines({ permit: permit("p1", { flows: ["f1"], lists: ["部門"] }), cards }, "ja");
	assert.deepEqual(limited.slice(-2).map((l) => l.items), [["f1"], ["部門"]]);
	assert.ok(!limited.some((l) => l.key === "devices.approveAll"));
});

test("names and randomised addresses", () => {
	assert.equal(assetName(asset("seen", [])), "PC-12 会計");
	assert.equal(assetName({ number: "", name: "", cards: [card("d1")] }), "00:00:5e:00:53:01");
	assert.equal(assetName({ number: "", name: "", cards: [] }), "–");
	for (const local of ["02:00:00:00:00:01", "da:a1:19:00:00:01", "FE:00:00:00:00:01"])
		assert.ok(isLocalMac(local), local);
	for (const given of ["00:00:5e:00:53:01", "01:00:5e:00:00:01", "3c:22:fb:00:00:01"])
		assert.ok(!isLocalMac(given), given);
	assert.equal(factsOf(undefined).kind, "business");
	assert.equal(factsOf(asset("seen", [], { kind: "printer" })).kind, "printer");
});

const text = (more = {}) => ({ kind: "business", owner: "佐藤", company: "", reason: "業務", ticket: "",
	from: "", until: "", address: "", destinations: "", terminal: "", checked: "", flows: [],
	lists: [], cards: ["d1"], ...more });
const wrong = (more) => Object.keys(checkPermit(text(more), terms, now, "2026-11-21"));

test("a request: who must have an end, and how far away it may be", () => {
	assert.deepEqual(wrong({}), []);
	assert.deepEqual(kinds.filter(needsEnd), ["contractor", "private", "maintenance"]);
	for (const kind of kinds)
		assert.equal(wrong({ kind, company: "甲", terminal: "x" }).includes("until"), needsEnd(kind), kind);
	assert.deepEqual(wrong({ until: "2026-11-21T09:00" }), ["until"]); // now
	assert.deepEqual(wrong({ until: "2026-11-21T09:01" }), []);
	assert.deepEqual(wrong({ until: "2026-02-30T09:00" }), ["until"]);
	assert.deepEqual(wrong({ from: "2026-11-21T08:59" }), ["from"]);
	assert.deepEqual(wrong({ from: "2026-11-23T09:00", until: "2026-11-22T09:00" }), ["until"]);
	const contractor = { kind: "contractor", company: "甲" };
	assert.deepEqual(wrong({ ...contractor, until: "2027-02-19T09:00" }), []);
	assert.deepEqual(wrong({ ...contractor, until: "2027-02-19T09:01" }), ["until"]);
	assert.deepEqual(wrong({ ...contractor, from: "2026-11-22T09:00", until: "2027-02-20T09:00" }), []);
	// the terms are not known yet: the server decides
	assert.deepEqual(checkPermit(text({ ...contractor, until: "2030-01-01T09:00" }), undefined, now,
		"2026-11-21"), {});
	assert.equal(longestDays("business", terms), null);
	assert.equal(longestDays("maintenance", terms), 14);
});

test("a request: everything else that must be there or right", () => {
	assert.deepEqual(wrong({ owner: " ", reason: "\n" }), ["owner", "reason"]);
	assert.deepEqual(wrong({ kind: "contractor", until: "2026-11-22T09:00" }), ["company"]);
	assert.deepEqual(wrong({ address: "here" }), ["address"]);
	assert.deepEqual(wrong({ destinations: "a.jp http://b" }), ["destinations"]);
	assert.deepEqual(wrong({ cards: [] }), ["cards"]);
	assert.deepEqual(wrong({ destinations: "a.jp", lists: ["l1"] }), ["lists"]);
	assert.deepEqual(wrong({ flows: Array(17).fill("f") }), ["flows"]);
	assert.deepEqual(wrong({ kind: "maintenance", company: "甲", until: "2026-11-22T09:00",
		checked: "2026-11-22" }), ["terminal", "checked"]);
});

test("a request is sent with what was entered and nothing empty", () => {
	assert.deepEqual(permitRequest(text()), { kind: "business", owner: "佐藤", reason: "業務" });
	assert.deepEqual(permitRequest(text({ kind: "maintenance", company: "甲 ", until: "2026-11-22T17:15",
		from: "2026-11-22T09:00", destinations: "A.jp、b.jp", cards: ["d1", "d2"], terminal: "x",
		checked: "2026-11-20", ticket: "T-1", address: "192.0.2.7" })), {
		kind: "maintenance", owner: "佐藤", reason: "業務", company: "甲", ticket: "T-1",
		address: "192.0.2.7", from: "2026-11-22T00:00:00Z", until: "2026-11-22T08:15:00Z",
		destinations: ["a.jp", "b.jp"], cards: ["d2"], terminal: "x", checked: "2026-11-20",
	});
	assert.deepEqual(permitRequest(text({ flows: ["f1"], lists: ["l1"] })), { kind: "business",
		owner: "佐藤", reason: "業務", flows: ["f1"], lists: ["l1"] });
	// what belongs to remote maintenance is left out of another kind
	assert.equal("terminal" in permitRequest(text({ terminal: "x", checked: "2026-11-20" })), false);
});

test("alarms: not looked at, still going on, gravest, newest", () => {
	const alarm = (id, more) => ({ id, severity: "notice", raised: "2026-11-21T00:00:00Z", closed: null,
		acknowledged: null, ...more });
	const order = sortAlarms([
		alarm("done", { acknowledged: "2026-11-21T00:00:00Z", severity: "critical" }),
		alarm("over", { closed: "2026-11-21T00:00:00Z", severity: "critical" }),
		alarm("old"), alarm("new", { raised: "2026-11-21T00:00:01Z" }),
		alarm("grave", { severity: "critical", raised: "2026-11-01T00:00:00Z" }),
	]).map((a) => a.id);
	assert.deepEqual(order, ["grave", "new", "old", "over", "done"]);
	assert.equal(alarmPorts({ interface: "lan1", other_interface: "lan2" }), "lan1 / lan2");
	assert.equal(alarmPorts({ interface: "lan1", other_interface: "" }), "lan1");
});

test("only changed actions of events are sent", () => {
	const before = [{ kind: "scan", action: "alarm" }, { kind: "hours", action: "record" }];
	assert.deepEqual(changedEvents(before, {}), {});
	assert.deepEqual(changedEvents(before, { scan: "alarm" }), {});
	assert.deepEqual(changedEvents(before, { scan: "quarantine", other: "alarm" }),
		{ scan: "quarantine" });
});

test("terms are numbers in their ranges", () => {
	const as = (value) => Object.fromEntries(termFields.map(({ name }) => [name, value]));
	assert.deepEqual(readTerms(as("10")).bad, []);
	assert.equal(readTerms(as("１０")).terms.private_days, 10);
	assert.deepEqual(readTerms(as("0")).bad, ["contractor_days", "private_days", "maintenance_days"]);
	for (const bad of ["", "-1", "1.5", "x", "9999", "1e1"])
		assert.equal(readTerms(as(bad)).terms, null, bad);
});

test("a file is sent byte for byte, with what it is in", () => {
	const utf8 = new TextEncoder().encode("資産番号,名称\n");
	assert.deepEqual(assetFile(utf8),
		{ base64: Buffer.from(utf8).toString("base64"), encoding: "utf-8" });
	assert.equal(assetFile(new Uint8Array([0x8e, 0x91, 0x8e, 0x59])).encoding, "shift_jis"); // 資産
	assert.equal(assetFile(new Uint8Array([0xef, 0xbb, 0xbf, 0x61])).encoding, "utf-8");
	const long = new Uint8Array(100_000).map((_, i) => i * 7);
	assert.equal(toBase64(long), Buffer.from(long).toString("base64"));
	assert.equal(toBase64(new Uint8Array()), "");
});
