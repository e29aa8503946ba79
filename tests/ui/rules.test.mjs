// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import test from "node:test";

import {
	hostPattern, hostText, isAddress, macAddress, mayApprove, mayRequest, mayWithdraw, oneLine, passwordCheck,
	passwordGood, ports, words,
} from "../../mgmt/web/src/rules";

const users = [
	{ login: "m1", role: "manager" }, { login: "m2", role: "manager" },
	{ login: "a1", role: "admin" }, { login: "a2", role: "admin" },
	{ login: "c1", role: "requester" },
];
const me = (login) => users.find((u) => u.login === login) ?? { login, role: "auditor" };

test("four eyes: somebody else, and one of the two a manager", () => {
	assert.equal(mayApprove(me("m1"), "c1", users), true);
	assert.equal(mayApprove(me("m1"), "a1", users), true);
	assert.equal(mayApprove(me("m1"), "m2", users), true);
	assert.equal(mayApprove(me("m1"), "m1", users), false);
	assert.equal(mayApprove(me("a1"), "m1", users), true);
	assert.equal(mayApprove(me("a1"), "a2", users), false);
	assert.equal(mayApprove(me("a1"), "c1", users), false);
	assert.equal(mayApprove(me("a1"), "m1", undefined), false);
	assert.equal(mayApprove(me("c1"), "m1", users), false);
	assert.equal(mayApprove(me("auditor"), "m1", users), false);
	// from the proxy's local page: nobody's role counts but the approver's
	assert.equal(mayApprove(me("m1"), "device:d0000000000000001 m1", users), false);
	assert.equal(mayApprove(me("m1"), "device:d0000000000000001 m2", users), true);
	assert.equal(mayApprove(me("m1"), "device:d0000000000000001", users), true);
	assert.equal(mayApprove(me("a1"), "device:d0000000000000001 m1", users), false);
});

test("who requests and who withdraws", () => {
	assert.deepEqual(["admin", "manager", "auditor", "requester"].map(mayRequest),
		[true, true, false, true]);
	assert.deepEqual(["admin", "manager", "auditor", "requester"].map(mayWithdraw),
		[true, true, false, false]);
});

test("the rule for passwords", () => {
	assert.equal(passwordGood("abcdef1!"), true);
	assert.equal(passwordGood("あいうえお12!?"), true);
	assert.deepEqual(passwordCheck("abc1!"),
		{ length: false, letter: true, digit: true, symbol: true });
	assert.equal(passwordCheck("abcdefgh1").symbol, false);
	assert.equal(passwordCheck("abcdefgh!").digit, false);
	assert.equal(passwordCheck("12345678!").letter, false);
	assert.equal(passwordGood(""), false);
});

test("lists as people type them", () => {
	assert.deepEqual(words(" a, b、c\n\nb，d　e "), ["a", "b", "c", "d", "e"]);
	assert.deepEqual(ports("443、80"), [443, 80]);
	assert.deepEqual(ports("８０８０"), [8080]);
	assert.deepEqual(ports(""), []);
	for (const bad of ["0", "65536", "-1", "80-90", "http", "1e3"])
		assert.equal(ports(bad), null, bad);
	assert.equal(ports(Array.from({ length: 17 }, (_, i) => i + 1).join(" ")), null);
});

test("host names and patterns", () => {
	assert.equal(hostPattern(" WWW.Example.JP. "), "www.example.jp");
	assert.equal(hostPattern("*.example.jp"), "*.example.jp");
	for (const bad of ["", "*", "*.jp", "a.*.jp", "http://x.jp", "x.jp/path", "192.0.2.1",
		"-a.jp", "a..jp", "日本.jp", `${"a".repeat(64)}.jp`, "a b.jp"])
		assert.equal(hostPattern(bad), null, bad);
});

test("MAC addresses in any spelling", () => {
	for (const good of ["02:00:5E:10:00:01", "02-00-5e-10-00-01", "0200.5e10.0001", "02005e100001"])
		assert.equal(macAddress(good), "02:00:5e:10:00:01");
	for (const bad of ["", "02:00:5e:10:00", "02:00:5e:10:00:0g"])
		assert.equal(macAddress(bad), null, bad);
});

test("reasons are one line", () => {
	assert.equal(oneLine(" 保守\n作業\t のため "), "保守 作業 のため");
	assert.equal(oneLine(" 　\n"), "");
});

test("a host of an entry may be in any script; an address is known as one", () => {
	assert.equal(hostText(" 日本語.jp "), "日本語.jp");
	for (const bad of ["", "https://a.jp", "a b", "a.jp/x", "a@b.jp"])
		assert.equal(hostText(bad), null, bad);
	for (const address of ["192.0.2.1", "2001:db8::1", "::ffff:10.0.0.1"])
		assert.ok(isAddress(address), address);
	for (const name of ["a.jp", "1.2.3.4.example", "10.jp"])
		assert.ok(!isAddress(name), name);
});
