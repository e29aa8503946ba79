// SPDX-License-Identifier: GPL-3.0-or-later
// How far a zone is on its way to enforce.
import assert from "node:assert/strict";
import test from "node:test";

import { messages } from "../../mgmt/web/src/i18n";
import { daysSince, modeTones, stepsOf, stillOut, zoneModes } from "../../mgmt/web/src/zones";

const now = new Date("2026-11-21T00:00:00Z");
const zone = (more = {}) => ({ name: "office", label: "", mode: "detect",
	since: "2026-10-20T00:00:00Z", interfaces: ["lan1"], ports: [], port_lock: false,
	containment: false, vlan: null, seen: 12, registered: 12, permitted: 12, ...more });
const todo = (z, unadmitted) => stepsOf(z, unadmitted, now).filter((s) => !s.done)
	.map((s) => `${s.what} ${s.n}`);

test("a zone is ready when all is done, and every step alone keeps it from that", () => {
	assert.deepEqual(todo(zone(), 0), []);
	assert.deepEqual(todo(zone({ since: "2026-11-01T00:00:00Z" }), 0), ["look 20"]);
	assert.deepEqual(todo(zone({ since: null }), 0), ["look 0"]);
	assert.deepEqual(todo(zone({ registered: 10 }), 0), ["register 2"]);
	assert.deepEqual(todo(zone({ permitted: 9 }), 0), ["approve 3"]);
	assert.deepEqual(todo(zone(), 4), ["records 4"]);
});

test("a zone in which nothing was seen is not ready, nor is one whose records nobody read", () => {
	assert.deepEqual(todo(zone({ seen: 0, registered: 0, permitted: 0 }), 0),
		["register 0", "approve 0"]);
	assert.equal(stepsOf(zone(), undefined, now).some((s) => s.what === "records"), false);
});

test("a device that has its permit by now is no reason to wait", () => {
	assert.equal(stillOut({ device: null }), true);
	assert.equal(stillOut({ device: { state: "seen" } }), true);
	assert.equal(stillOut({ device: { state: "expired" } }), true);
	assert.equal(stillOut({ device: { state: "approved" } }), false);
	assert.equal(stillOut({ device: { state: "admitted" } }), false);
});

test("days are whole days, and never below zero", () => {
	assert.equal(daysSince("2026-11-20T00:00:01Z", now), 0);
	assert.equal(daysSince("2026-11-20T00:00:00Z", now), 1);
	assert.equal(daysSince("2026-11-22T00:00:00Z", now), 0);
});

test("every mode and step has words in both languages", () => {
	for (const lang of ["ja", "en"]) {
		for (const mode of zoneModes) {
			assert.ok(`zoneMode.${mode}` in messages[lang], mode);
			assert.ok(mode in modeTones);
		}
		for (const step of stepsOf(zone(), 0, now)) {
			for (const how of ["done", "left"])
				assert.ok(`zones.step.${step.what}.${how}` in messages[lang], step.what);
		}
	}
});
