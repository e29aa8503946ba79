// SPDX-License-Identifier: GPL-3.0-or-later
// Idle times, addresses of pages, questions to the records, answers of the API, lines.
import assert from "node:assert/strict";
import test from "node:test";

import { Api, BACKGROUND_MS, errorOf, parseJson } from "../../mgmt/web/src/api";
import { isOld, OLD_MS } from "../../mgmt/web/src/format";
import { isDay, parseHours, printHours } from "../../mgmt/web/src/hours";
import { IDLE_MS, judgeIdle, TOUCH_MS, WARN_MS } from "../../mgmt/web/src/idle";
import { changedLines, diagnosticLine, lineRange } from "../../mgmt/web/src/lines";
import { deviceName, pendingOf } from "../../mgmt/web/src/parts/names";
import { href, pagesFor, parseHash } from "../../mgmt/web/src/router";
import {
	emptySearch, isSearch, joined, PAGE, pageQuery, readSearch, writeSearch,
} from "../../mgmt/web/src/search";

test("idle: active, warned 60 seconds before, over after 5 minutes", () => {
	const at = (now) => judgeIdle(now, { active: 0, touched: 0 });
	assert.equal(at(0).state, "active");
	assert.equal(at(IDLE_MS - WARN_MS - 1).state, "active");
	assert.deepEqual(at(IDLE_MS - WARN_MS), { state: "warn", left: 60, touch: false });
	assert.equal(at(IDLE_MS - 1).left, 1);
	assert.equal(at(IDLE_MS).state, "over");
	assert.equal(at(IDLE_MS * 100).state, "over");
});

test("idle: the server hears of a user who only types, once a minute", () => {
	assert.equal(judgeIdle(TOUCH_MS, { active: TOUCH_MS - 1, touched: 0 }).touch, true);
	assert.equal(judgeIdle(TOUCH_MS - 1, { active: TOUCH_MS - 2, touched: 0 }).touch, false);
	assert.equal(judgeIdle(TOUCH_MS * 2, { active: 0, touched: 0 }).touch, false);
});

test("pages by address and by role", () => {
	assert.equal(parseHash("").page, "status");
	assert.equal(parseHash("#/nonsense").page, "status");
	assert.equal(parseHash("#/devices?id=d1").query.get("id"), "d1");
	assert.equal(href("records", { text: "a b&c" }), "#/records?text=a+b%26c");
	assert.deepEqual(pagesFor("requester"),
		["status", "alarms", "devices", "allow", "lists", "flows"]);
	assert.ok(!pagesFor("manager").includes("policy"));
	assert.ok(pagesFor("auditor").includes("policy"));
});

test("a question survives the address", () => {
	const search = emptySearch();
	search.text.host = " .example.jp ";
	search.kinds = ["proxy-deny", "flow-deny"];
	search.oldest = true;
	const query = writeSearch(search);
	assert.equal(String(query),
		"host=.example.jp&kind=proxy-deny&kind=flow-deny&order=oldest");
	assert.deepEqual(readSearch(query).kinds, search.kinds);
	assert.equal(readSearch(query).oldest, true);
	assert.equal(isSearch(new URLSearchParams("")), false);
	assert.equal(isSearch(writeSearch(emptySearch())), true);
	assert.deepEqual(readSearch(new URLSearchParams("kind=evil&x=1")), emptySearch());
});

test("paging goes on after the last record, in either order", () => {
	const have = Array.from({ length: PAGE }, (_, i) => ({ id: String(i) }));
	for (const search of [emptySearch(), { ...emptySearch(), oldest: true }]) {
		assert.equal(pageQuery(search, []).get("after"), null);
		assert.equal(pageQuery(search, have).get("after"), String(PAGE - 1));
		assert.equal(pageQuery(search, have).get("limit"), String(PAGE));
	}
});

test("records: what was missing from the first page stays missing", () => {
	const page = (id, behind) => ({ records: [{ id }], more: true, behind });
	const first = joined(null, page("9", { until: null }));
	assert.deepEqual(first.behind, { until: null });
	const both = joined(first, page("8", null));
	assert.deepEqual(both.records.map((r) => r.id), ["9", "8"]);
	assert.deepEqual(both.behind, { until: null });
	assert.equal(joined(null, page("9", null)).behind, null);
	assert.deepEqual(joined(joined(null, page("9", null)), page("8", { until: "x" })).behind,
		{ until: "x" });
});

test("record numbers keep all their digits", () => {
	const answer = parseJson('{"records":[{"id":202611000000000123,"conn": 18446744073709551615,' +
		'"count":3,"detail":"say \\"id\\": 12"}],"bad":null}');
	assert.equal(answer.records[0].id, "202611000000000123");
	assert.equal(answer.records[0].conn, "18446744073709551615");
	assert.equal(answer.records[0].count, 3);
	assert.equal(answer.records[0].detail, 'say "id": 12');
	assert.equal(answer.bad, null);
	assert.equal(parseJson('{"id":"a1"}').id, "a1");
});

test("errors of the server, also those that are none of its own", () => {
	const refused = errorOf(422, '{"error":{"code":"refused","message":"No.","diagnostics":["a","b"]}}');
	assert.equal(refused.message, "No.");
	assert.deepEqual(refused.diagnostics, ["a", "b"]);
	assert.equal(errorOf(502, "<html>").status, 502);
	assert.equal(errorOf(500, "null").message, "");
	assert.deepEqual(errorOf(400, '{"error":{"diagnostics":"x"}}').diagnostics, []);
});

test("a silent appliance is an error before the next question, and old news is old", async (t) => {
	const hooks = { language: () => "en", signedOut: () => {}, foreground: () => {} };
	let fire; // by hand: the mocked timers of Debian's Node are other ones
	t.mock.method(globalThis, "setTimeout", (fn, ms) => {
		assert.equal(ms, BACKGROUND_MS);
		fire = fn;
	});
	t.mock.method(globalThis, "clearTimeout", () => {});
	t.mock.method(globalThis, "fetch", (_, init) => new Promise((_, reject) =>
		init.signal?.addEventListener("abort", () => reject(init.signal.reason))));
	const answer = assert.rejects(new Api(hooks).status(true), { status: 0, code: "unreachable" });
	fire();
	await answer;
	assert.ok(BACKGROUND_MS < 10_000); // the shortest time between two questions

	const then = new Date(1e12);
	assert.equal(isOld(undefined, then), true);
	assert.equal(isOld(then, new Date(1e12 + OLD_MS)), false);
	assert.equal(isOld(then, new Date(1e12 + OLD_MS + 1)), true);
	assert.equal(isOld(then, new Date(1e12 - OLD_MS - 1)), true); // the PC's clock was set back
});

test("devices: name, and what waits", () => {
	const permit = { id: "p1" }, request = { id: "p2" };
	assert.equal(deviceName({ mac: "02:00", name: "" }), "02:00");
	assert.equal(deviceName({ mac: "02:00", name: "PC" }), "PC (02:00)");
	assert.equal(pendingOf({ state: "requested", permit }), permit);
	assert.equal(pendingOf({ state: "admitted", permit }), null);
	assert.equal(pendingOf({ state: "admitted", permit, request }), request);
	assert.equal(pendingOf({ state: "seen", permit: null, request: null }), null);
});

test("lines of a policy", () => {
	assert.equal(diagnosticLine("policy.yaml:12:3: unknown key"), 12);
	assert.equal(diagnosticLine("something else"), null);
	assert.deepEqual(lineRange("ab\ncd\nef", 2), [3, 5]);
	assert.deepEqual(lineRange("ab\ncd", 9), [5, 5]);
	assert.deepEqual(changedLines("a\nb\nc", "a\nb\nc"), { added: 0, removed: 0 });
	assert.deepEqual(changedLines("a\nb\nc", "a\nx\nb\nc"), { added: 1, removed: 0 });
	assert.deepEqual(changedLines("a\nb\nc", "a\nc"), { added: 0, removed: 1 });
	assert.deepEqual(changedLines("a\nb", "b\na"), { added: 2, removed: 2 });
});

test("hours of a week, typed in either language", () => {
	const week = [{ days: ["mon", "tue", "wed", "thu", "fri"], from: "08:30", to: "17:15" }];
	assert.deepEqual(parseHours("mon-fri 08:30-17:15"), week);
	assert.deepEqual(parseHours("\n月-金 8:30〜17:15\n"), week);
	assert.deepEqual(parseHours("土・日 00:00-24:00"),
		[{ days: ["sat", "sun"], from: "00:00", to: "24:00" }]);
	assert.deepEqual(parseHours(""), []);
	for (const bad of ["mon", "mon 8-9", "fri-mon 08:00-09:00", "mon 09:00-08:00",
		"mon 24:00-24:00", "xyz 08:00-09:00"])
		assert.equal(parseHours(bad), null, bad);
	for (const lang of ["ja", "en"])
		assert.deepEqual(parseHours(printHours(week, lang).join("\n")), week);
	assert.ok(isDay("2026-11-23"));
	for (const bad of ["2026-2-3", "2026-02-30", "23.11.2026", ""])
		assert.ok(!isDay(bad), bad);
});
