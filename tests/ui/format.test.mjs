// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import test from "node:test";

import {
	bytes, dateTime, duration, durationMs, endpoint, fromLocalInput, longDateTime, number,
	protocol, secondsUntil, toLocalInput, todayAt,
} from "../../mgmt/web/src/format";

test("times are shown at the site, not where the browser is", () => {
	assert.equal(dateTime("2026-11-21T00:05:07Z"), "2026-11-21 09:05:07");
	assert.equal(dateTime("2026-12-31T15:00:00.999999Z"), "2027-01-01 00:00:00");
	assert.equal(dateTime(null), "–");
	assert.equal(dateTime(undefined), "–");
	assert.equal(dateTime("soon"), "soon");
});

test("a moment in a sentence", () => {
	assert.equal(longDateTime("2026-11-21T08:15:00Z", "ja"), "2026年11月21日(土) 17:15");
	assert.match(longDateTime("2026-11-21T08:15:00Z", "en"), /Sat.*21 November 2026, 17:15/);
});

test("what is entered is the site's time", () => {
	assert.equal(fromLocalInput("2026-11-21T17:15"), "2026-11-21T08:15:00Z");
	assert.equal(fromLocalInput("2026-11-21T17:15:30"), "2026-11-21T08:15:30Z");
	assert.equal(fromLocalInput("2027-01-01T00:00"), "2026-12-31T15:00:00Z");
	for (const bad of ["", "2026-11-21", "2026-02-30T10:00", "2026-11-21T25:00", "x"])
		assert.equal(fromLocalInput(bad), null, bad);
});

test("zones with summer time keep the wall clock", () => {
	assert.equal(fromLocalInput("2026-07-01T12:00", "Europe/Berlin"), "2026-07-01T10:00:00Z");
	assert.equal(fromLocalInput("2026-03-29T03:30", "Europe/Berlin"), "2026-03-29T01:30:00Z");
});

test("a field's value and back", () => {
	const when = new Date("2026-11-20T23:59:00Z");
	assert.equal(toLocalInput(when), "2026-11-21T08:59");
	assert.equal(fromLocalInput(toLocalInput(when)), "2026-11-20T23:59:00Z");
	assert.equal(todayAt("17:15", when), "2026-11-21T17:15");
});

test("durations have two units at most", () => {
	assert.equal(duration(0, "ja"), "0秒");
	assert.equal(duration(-5, "en"), "0 s");
	assert.equal(duration(61, "ja"), "1分1秒");
	assert.equal(duration(9000, "en"), "2 h 30 min");
	assert.equal(duration(86400 + 59, "en"), "1 d");
	assert.equal(duration(2 * 86400 + 3600 + 5, "ja"), "2日1時間");
	assert.equal(durationMs(12, "en"), "12 ms");
	assert.equal(durationMs(4200, "ja"), "4.2秒");
	assert.equal(durationMs(undefined, "ja"), "–");
});

test("time left", () => {
	const now = new Date("2026-11-21T00:00:00Z");
	assert.equal(secondsUntil("2026-11-21T00:00:30Z", now), 30);
	assert.equal(secondsUntil("2026-11-20T23:59:59Z", now), -1);
	assert.equal(secondsUntil(null, now), null);
});

test("sizes and numbers", () => {
	assert.equal(bytes(0, "en"), "0 B");
	assert.equal(bytes(1023, "en"), "1,023 B");
	assert.equal(bytes(1536, "ja"), "1.5 KiB");
	assert.equal(bytes(734003200, "ja"), "700 MiB");
	assert.equal(bytes(undefined, "ja"), "–");
	assert.equal(number(58655, "ja"), "58,655");
	assert.equal(number(undefined, "ja"), "–");
});

test("addresses and protocols", () => {
	assert.equal(endpoint("192.0.2.1", 443), "192.0.2.1:443");
	assert.equal(endpoint("2001:db8::1", 443), "[2001:db8::1]:443");
	assert.equal(endpoint("192.0.2.1", undefined), "192.0.2.1");
	assert.equal(endpoint(undefined, undefined), "");
	assert.equal(protocol(6), "TCP");
	assert.equal(protocol("udp"), "UDP");
	assert.equal(protocol(undefined), "");
});
