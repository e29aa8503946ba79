// SPDX-License-Identifier: GPL-3.0-or-later
// Every step that people take in the UI, taken in a real browser against a running lab:
// an administrator and a manager, each in a browser of their own. It changes the lab for
// good: use a lab of its own.
//
// SEKISHO_ADMIN, SEKISHO_MANAGER: "login password"; SEKISHO_NEW_PASSWORD: both choose it;
// SEKISHO_STRAY: the MAC address of a machine that was seen and is not in the register
import { readFileSync } from "node:fs";

import { changePassword, check, expect, finish, look, need, picture, signIn, watch, withBrowser }
	from "./browser.mjs";

const next = need("SEKISHO_NEW_PASSWORD");
const stray = need("SEKISHO_STRAY");
const refused = /\/api\/(assets\/import|policy|session)$/; // what is refused on purpose
let admin, manager;

function account(name) {
	const [login, password] = need(name).split(" ");
	return { login, password, next };
}

// A step that fails leaves no dialog behind for the next one.
async function take(name, work) {
	await check(name, async () => {
		try {
			await work();
		} catch (error) {
			for (const [who, page] of [["admin", admin], ["manager", manager]]) {
				await picture(page, `fail-${who}-${work.name}`);
				for (let i = 0; i < 3 && await page.locator("dialog[open]").count() > 0; i++)
					await page.keyboard.press("Escape");
			}
			throw error;
		}
	});
}

async function enter(page, who) {
	watch(page, refused);
	await signIn(page, who);
	if (await page.locator(".rules").count() > 0)
		await changePassword(page, who);
	await page.locator(".language button[lang=ja]").click();
}

const go = (page, name) => page.locator(`nav a[href="#/${name}"]`).click();
const press = (page, text) => page.getByRole("button", { name: text, exact: true }).first().click();
const dialog = (page) => page.locator("dialog[open]").last();
const send = (page) => dialog(page).locator("button[type=submit]").click();
const row = (page, text) => page.locator("tr", { hasText: text }).first();

async function fill(page, label, text) {
	await dialog(page).getByLabel(label).first().fill(text);
}

// The step is done when its dialog is gone and the page says so.
async function said(page, text) {
	await page.locator(".notice", { hasText: text }).waitFor();
	await page.locator("dialog[open]").waitFor({ state: "detached" });
}

async function because(page, text) {
	await fill(page, "理由", text);
	await send(page);
}

async function register() {
	await go(admin, "devices");
	await press(admin, "端末を登録する");
	await fill(admin, "資産番号", "PC-0012");
	await fill(admin, "名称", "保守用ノートPC");
	await fill(admin, "使用者", "保守 太郎");
	await fill(admin, "所属・会社", "株式会社保守");
	await dialog(admin).getByLabel("種別").selectOption("contractor");
	await send(admin); // without a card
	await dialog(admin).locator(".problem").first().waitFor();
	await dialog(admin).getByLabel("MACアドレス").first().fill("0A-00-5E-00-53-01");
	await dialog(admin).locator(".box-wait").waitFor(); // made up by the device itself
	await dialog(admin).getByLabel("MACアドレス").first().fill("00-00-5E-00-53-01");
	await dialog(admin).getByLabel("接続口").first().fill("office0");
	await press(admin, "カードを追加する(Wi-Fiと有線、ドックなど)");
	await dialog(admin).getByLabel("MACアドレス").nth(1).fill("0000.5e00.5302");
	await dialog(admin).getByLabel("接続口").nth(1).fill("office0");
	await picture(admin, "step-register");
	await send(admin);
	await admin.locator(".notice", { hasText: "登録しました" }).waitFor();
}

async function request() {
	await dialog(admin).getByLabel("理由").fill("会計システムの更新");
	await send(admin);
	// a contractor's permit must have an end
	await dialog(admin).locator(".problem", { hasText: "期限が必要" }).waitFor();
	await press(admin, "4時間後");
	await fill(admin, "受付番号", "T-2026-7");
	await picture(admin, "step-request");
	await send(admin);
	await said(admin, "申請しました");
	await row(admin, "PC-0012").getByText("承認待ち").first().waitFor();
	expect(await row(admin, "PC-0012").getByRole("button", { name: /^承認する/ }).count() === 0,
		"one's own request is offered for approval");
}

async function approve() {
	await go(manager, "devices");
	await go(manager, "status");
	await manager.locator(".list li", { hasText: "00:00:5e:00:53:01" })
		.getByRole("link", { name: /内容を見る/ }).click();
	await dialog(manager).locator("ul.plain-words").waitFor();
	const text = await dialog(manager).textContent();
	for (const part of ["委託先の端末", "PC-0012", "00:00:5e:00:53:01", "00:00:5e:00:53:02", "office0",
		"自動的に切断", "会計システムの更新", "T-2026-7"])
		expect(text.includes(part), `the approval does not say ${part}`);
	await picture(manager, "step-approve");
	await send(manager);
	await said(manager, "許可しました");
	await row(manager, "PC-0012").getByText("接続許可中").first().waitFor();
}

async function detail() {
	await row(manager, "PC-0012").locator("td .plain").click();
	await dialog(manager).locator("table").waitFor();
	const text = await dialog(manager).textContent();
	for (const part of ["株式会社保守", "00-00-5E-00-53-01", "承認待ち → 接続許可中", "保守 太郎"])
		expect(text.includes(part), `the details do not say ${part}`);
	await picture(manager, "step-detail");
	await dialog(manager).getByRole("button", { name: "閉じる" }).click();
}

// From the details: the rarer steps.
async function step(page, text) {
	await row(page, "PC-0012").locator("td .plain").click();
	await dialog(page).getByRole("button", { name: new RegExp(`^${text}`) }).click();
}

async function pause() {
	await step(manager, "一時停止する");
	await because(manager, "休工");
	await said(manager, "一時停止しました");
	await row(manager, "PC-0012").getByRole("button", { name: /^利用を再開する/ }).click();
	await because(manager, "作業の再開");
	await said(manager, "再開しました");
	await step(manager, "棚卸しを記録する");
	await because(manager, "現物を確認");
	await said(manager, "棚卸しを記録しました");
	await step(manager, "台帳を変更する");
	await fill(manager, "備考", "予備機");
	await because(manager, "備考の追加");
	await said(manager, "変更しました");
	await step(manager, "カードを追加する");
	await fill(manager, "MACアドレス", "00005e005303");
	await fill(manager, "接続口", "office0");
	await because(manager, "ドックの追加");
	await said(manager, "カードを追加しました");
}

async function quarantine() {
	await row(manager, "PC-0012").getByRole("button", { name: /^隔離する/ }).click();
	await send(manager); // a reason is needed
	await dialog(manager).locator(".problem").waitFor();
	await picture(manager, "step-quarantine");
	await because(manager, "感染の疑い");
	await said(manager, "隔離しました");
	await manager.locator("section.box-bad", { hasText: "PC-0012" }).waitFor();
	await picture(manager, "step-quarantined");
	await press(manager, "隔離の解除を申請する: PC-0012 保守用ノートPC");
	await because(manager, "検査で異常なし");
	await said(manager, "解除を申請しました");
	expect(await manager.getByRole("button", { name: /^隔離の解除を承認/ }).count() === 0,
		"one's own release is offered for approval");
}

async function release() {
	await go(admin, "status");
	await admin.locator(".list-bad li", { hasText: "あなたの承認を待っている隔離の解除" })
		.getByRole("link").click();
	await admin.getByRole("button", { name: /^隔離の解除を承認/ }).first().click();
	await picture(admin, "step-release");
	await send(admin);
	await said(admin, "解除しました");
	await admin.locator("section.box-bad").waitFor({ state: "detached" });
	await row(admin, "PC-0012").getByText("接続許可中").first().waitFor();
}

async function end() {
	await go(manager, "status");
	await go(manager, "devices");
	await step(manager, "許可を取り消す");
	await because(manager, "作業の終了");
	await said(manager, "取り消しました");
	await row(manager, "PC-0012").getByText("取消済み").first().waitFor();
	await step(manager, "廃棄・返却する");
	await because(manager, "返却");
	await said(manager, "廃棄・返却済みに");
}

async function draft() {
	await go(admin, "status");
	await go(admin, "devices");
	await press(admin, "未登録端末の下書きを作る");
	await picture(admin, "step-draft");
	const wait = admin.waitForEvent("download");
	await send(admin);
	const text = readFileSync(await (await wait).path(), "utf8");
	expect(text.startsWith("\ufeff") && !text.startsWith("\ufeff\ufeff"), "no mark, or two");
	expect(text.includes(stray), "the draft lacks a card that was seen");
	expect(!text.includes("PC-0012"), "the draft has a card of the register");
}

async function zones() {
	await go(manager, "zones");
	await row(manager, "office0").getByText("強制").waitFor();
	// a zone that detects, which the lab has not
	const zone = { name: "office", label: "業務系", mode: "detect", since: "2026-01-05T00:00:00Z",
		interfaces: ["office0"], ports: [], port_lock: false, containment: true, vlan: 20,
		seen: 3, registered: 2, permitted: 3 };
	const device = { zone: "office", mac: "00:00:5e:00:53:66", manufacturer: "", count: 12,
		first: "2026-11-10T00:00:00Z", last: "2026-11-20T00:00:00Z", device: null };
	await manager.route(/\/api\/admission$/, async (route) => {
		const answer = await (await route.fetch()).json();
		return route.fulfill({ json: { ...answer, zones: [zone] } });
	});
	await stand(manager, /\/api\/admission\/unadmitted/, () => ({ days: 14, devices: [device],
		total: 1, unnamed: 0, cut: false }));
	await go(manager, "status");
	await manager.getByText("次の区画は検知のみ").waitFor();
	await manager.getByRole("link", { name: "「強制」への準備を見る" }).click();
	await manager.getByText("台帳にないカードが1枚あります").waitFor();
	await manager.getByText("許可なく通信した端末が1台あります").waitFor();
	await manager.locator(".box-wait", { hasText: "まだ「強制」にしないでください" }).waitFor();
	await manager.locator(".box-wait", { hasText: "センサー)が止まると効かなくなります" }).waitFor();
	await row(manager, device.mac).waitFor();
	await look(manager, "step-zones", "ja");
	Object.assign(zone, { registered: 3 });
	await manager.unroute(/\/api\/admission\/unadmitted/);
	await stand(manager, /\/api\/admission\/unadmitted/, () => ({ days: 14, devices: [],
		total: 0, unnamed: 0, cut: false }));
	await go(manager, "status");
	await go(manager, "zones");
	await manager.locator(".box-good", { hasText: "準備が整いました" }).waitFor();
	await manager.unroute(/\/api\/admission$/);
	await manager.unroute(/\/api\/admission\/unadmitted/);
}

async function strayCard() {
	await go(manager, "devices");
	await manager.getByLabel("絞り込み").fill(stray.toUpperCase().replace(/:/g, "-"));
	const found = row(manager, stray);
	await found.waitFor();
	await found.getByRole("button", { name: /^隔離する/ }).click();
	await because(manager, "心当たりがない");
	await said(manager, "隔離しました");
	await manager.locator("section.box-bad", { hasText: stray }).waitFor();
	await manager.getByLabel("絞り込み").fill("");
}

async function files() {
	await go(admin, "devices");
	const wait = admin.waitForEvent("download");
	await press(admin, "CSVに書き出す");
	const text = readFileSync(await (await wait).path(), "utf8");
	expect(text.startsWith("\ufeff") && !text.startsWith("\ufeff\ufeff"), "no mark, or two");
	expect(text.includes("PC-0012"), "the file lacks an entry");
	const choose = (name, content) => dialog(admin).locator("input[type=file]").setInputFiles(
		{ name, mimeType: "text/csv", buffer: Buffer.from(content) });
	await press(admin, "CSVから取り込む");
	const head = "number,name,owner,organisation,kind,zone,note,mac,interface,card\r\n";
	await choose("bad.csv", `${head}PC-1,,山田,,business,,,00:00:5e:00:53,office0,\r\n`);
	await dialog(admin).locator(".diagnostics li").first().waitFor();
	await picture(admin, "step-import-bad");
	expect(await dialog(admin).locator("button[type=submit]").isDisabled(), "a bad file can be sent");
	// "山田" as Shift_JIS has it
	await choose("good.csv", Buffer.concat([Buffer.from(`${head}PC-1,,`),
		Buffer.from([0x8e, 0x52, 0x93, 0x63]),
		Buffer.from(",,business,,,00:00:5e:00:53:11,office0,\r\n")]));
	await dialog(admin).locator(".box-good").waitFor();
	await send(admin);
	await said(admin, "取り込みました");
	await row(admin, "PC-1").getByText("山田").first().waitFor();
}

async function terms() {
	await press(manager, "許可の条件");
	await fill(manager, "委託先の許可の最長日数", "0");
	await dialog(manager).locator(".problem").waitFor();
	await fill(manager, "委託先の許可の最長日数", "30");
	await because(manager, "委託規程の改正");
	await said(manager, "設定を変更しました");
}

async function alarms() {
	await go(manager, "alarms");
	await manager.locator("#event-scan").selectOption("quarantine");
	await press(manager, "変更を確定する(1件)");
	await because(manager, "探索は直ちに止める");
	await said(manager, "変更しました");
	expect(await manager.locator("#event-scan").inputValue() === "quarantine", "not kept");
	await look(manager, "step-alarms", "ja");
}

// What a lab does not have by itself is answered in the appliance's place.
async function stand(page, pattern, answers) {
	const sent = [];
	await page.route(pattern, (route) => {
		const asked = route.request();
		if (asked.method() === "POST")
			sent.push(asked.postDataJSON());
		return route.fulfill({ json: answers(asked, sent.length > 0) });
	});
	return sent;
}

const alarm = { id: 9007199254740993n, kind: "gateway-taken", severity: "critical", text: "名乗りました。",
	advice: "直ちに切り離してください。", action: "alarm", raised: "2026-11-21T00:00:00Z", closed: null,
	interface: "lan1", other_interface: "", mac: "00:00:5e:00:53:77", other_mac: "",
	address: "10.30.0.1", detail: "", count: 3, device: null, asset: null, quarantined: true,
	held_back: "", acknowledged: null, acknowledged_by: null, done: "" };

async function acknowledge() {
	const digits = String(alarm.id);
	const asJson = (value) => JSON.stringify(value, (_, v) => typeof v === "bigint" ? 0 : v)
		.replace('"id":0', `"id":${digits}`);
	let heard = null;
	await manager.route(/\/api\/alarms/, (route) => {
		const asked = route.request();
		const done = { ...alarm, acknowledged: "2026-11-21T00:01:00Z", acknowledged_by: "manager" };
		if (asked.method() === "POST") {
			heard = [new URL(asked.url()).pathname, asked.postDataJSON()];
			return route.fulfill({ contentType: "application/json", body: asJson(done) });
		}
		return route.fulfill({ contentType: "application/json", body: asJson({ more: false, open: 1,
			alarms: heard === null ? [alarm] : [], unacknowledged: heard === null ? 1 : 0 }) });
	});
	await go(manager, "status");
	await manager.locator(".verdict", { hasText: "確認が必要です" }).waitFor();
	await manager.locator(".list-bad", { hasText: "重大な警報" }).getByRole("link").first().click();
	await manager.getByText("未対応の警報が1件あります").waitFor();
	await look(manager, "step-alarm", "ja");
	await manager.getByRole("button", { name: /^詳細/ }).first().click();
	await picture(manager, "step-alarm-detail");
	await dialog(manager).getByRole("button", { name: /^対応を記録する/ }).click();
	await fill(manager, "行ったこと", "現物を確かめ、\n撤去した");
	await send(manager);
	await said(manager, "対応を記録しました");
	await manager.getByText("未対応の警報はありません").waitFor();
	expect(JSON.stringify(heard) === JSON.stringify([`/api/alarms/${digits}/ack`,
		{ done: "現物を確かめ、 撤去した" }]), `sent ${JSON.stringify(heard)}`);
	await manager.unroute(/\/api\/alarms/);
}

async function work() {
	const day = { permit: "p1", device: "d1", asset: "r1", kind: "contractor", owner: "保守 太郎",
		company: "株式会社保守", ticket: "T-1", day: "2026-11-20", first: "2026-11-20T01:00:00Z",
		confirmed: null, confirmed_by: null, work: "", result: "", records: "" };
	const sent = await stand(manager, /\/api\/work/, (asked, done) => asked.method() === "POST" ? day
		: { work: done ? [] : [day], unchecked: 0 });
	await go(manager, "work");
	await look(manager, "step-work", "ja");
	await manager.getByRole("button", { name: /^確認する/ }).click();
	await fill(manager, "作業の内容", "更新");
	await send(manager); // all three are needed
	await dialog(manager).locator(".problem").nth(1).waitFor();
	await fill(manager, "作業の結果", "正常");
	await fill(manager, "接続記録を見た結果", "異常なし");
	await send(manager);
	await said(manager, "保守作業を確認しました");
	expect(JSON.stringify(sent) === JSON.stringify([{ permit: "p1", day: "2026-11-20", work: "更新",
		result: "正常", records: "異常なし" }]), `sent ${JSON.stringify(sent)}`);
	await manager.unroute(/\/api\/work/);
}

// Requests that come in while somebody reads are not approved with what was read.
async function batch() {
	const entry = (n) => ({ id: `a${n}`, host: `n${n}.example.jp`, address: false, ports: [443],
		scheme: "any", tls_any: false, path: "", methods: [], list: "ldefault", list_name: "all",
		purpose: "業務", owner: "", from: null, until: null, review: null, override: null,
		state: "requested", requested_by: "someone", requested: "2026-11-20T01:00:00Z",
		approved_by: null, approved: null, replaces: null, warnings: [] });
	let count = 2;
	const sent = await stand(manager, /\/api\/allow(\/approve)?$/, (asked) =>
		asked.method() === "POST" ? { approved: 2, revision: 9, cut: 0 }
			: { entries: Array.from({ length: count }, (_, n) => entry(n)) });
	await go(manager, "status");
	await go(manager, "allow");
	await press(manager, "承認待ちをまとめて承認する");
	await dialog(manager).getByText("n1.example.jp").waitFor();
	count = 3;
	await manager.locator("td", { hasText: "n2.example.jp" }).waitFor({ timeout: 60_000 }); // polled
	expect(await dialog(manager).getByText("n2.example.jp").count() === 0, "it came in unread");
	await send(manager);
	await manager.locator("dialog[open]").waitFor({ state: "detached" });
	expect(JSON.stringify(sent) === '[{"entries":["a0","a1"]}]', `sent ${JSON.stringify(sent)}`);
	await manager.unroute(/\/api\/allow(\/approve)?$/);
}

async function due() {
	const one = (asset, name) => ({ asset, number: "PC-9", name, owner: "佐藤", kind: "business",
		state: "admitted", due: "2026-11-25T08:15:00Z" });
	await stand(manager, /\/api\/assets\/due/, () => ({ days: 14, ending: [one("r1", "甲")],
		dormant: [one("r2", "乙")], recertify: Array.from({ length: 12 }, (_, i) => one(`r${i}`, "丙")) }));
	await go(manager, "status");
	for (const text of ["14日以内に終わる許可", "使われていない端末", "棚卸しの期日が近い端末", "ほかに2件"])
		await manager.getByText(text).first().waitFor();
	await look(manager, "step-due", "ja");
	await manager.unroute(/\/api\/assets\/due/);
}

// Where a zone only detects, not only what is permitted passes.
async function detecting() {
	const zone = (mode) => ({ name: "office", label: "事務", mode, since: null, interfaces: [], ports: [] });
	for (const [mode, shown] of [["enforce", 1], ["detect", 0]]) {
		await stand(manager, /\/api\/admission$/, () => ({ zones: [zone(mode)], events: [] }));
		await stand(manager, /\/api\/alarms\?/, () => ({ alarms: [], more: false, open: 0,
			unacknowledged: 0 }));
		await stand(manager, /\/api\/status$/, () => ({ ok: true, alarms: 0, revision: 1, site: "S",
			time: "2026-11-21T00:00:00Z", trial: null, lockdown: null, probes: null, containment: null,
			parts: [] }));
		await go(manager, "lists");
		await go(manager, "status");
		await manager.getByText("すべて正常です").waitFor();
		await manager.getByText(shown === 1 ? "許可された通信だけを通し" : "検知のみで").waitFor();
		expect(await manager.getByText("許可された通信だけを通し").count() === shown, mode);
		for (const pattern of [/\/api\/admission$/, /\/api\/alarms\?/, /\/api\/status$/])
			await manager.unroute(pattern);
	}
}

// A change of a list waits on the status page like everything else that is asked for.
async function listWaits() {
	const request = { version: "v1", name: "夜間の更新", mode: "enforce", zones: [], groups: [], users: [],
		schedule: null, reason: "保守", requested_by: "someone", requested: "2026-11-20T01:00:00Z" };
	await stand(manager, /\/api\/lists$/, () => ({ lists: [{ ...request, id: "l1", state: "active",
		entries: 1, request }] }));
	await go(manager, "alarms");
	await go(manager, "status");
	await manager.locator(".list li", { hasText: "許可リストの設定: 夜間の更新" }).getByRole("link").click();
	await manager.locator("tr", { hasText: "夜間の更新" })
		.getByRole("button", { name: "承認する" }).waitFor();
	await manager.unroute(/\/api\/lists$/);
}

// Another administrator was quicker than who edits: that is said, and what would be lost.
async function moved() {
	await go(admin, "status");
	await go(admin, "policy");
	await press(admin, "新しいポリシーを適用する");
	const area = admin.locator("#policy-text");
	const text = await area.inputValue();
	await area.fill(`${text}# 編集\n`);
	await admin.route(/\/api\/policy$/, (route) => route.fulfill({ json: { revision: 99,
		applied: "2026-11-21T00:00:00Z", applied_by: "sato", reason: "", trial: null,
		text: `${text}# 別の人\n` } }));
	await press(admin, "内容を確かめて適用する");
	await dialog(admin).getByText("satoが別のポリシーを適用しました").waitFor();
	await dialog(admin).getByText("追加する行: 1 · 削除する行: 1").waitFor();
	await admin.unroute(/\/api\/policy$/);
	await admin.keyboard.press("Escape");
	await press(admin, "編集をやめる");
}

async function trial() {
	await go(admin, "policy");
	await press(admin, "新しいポリシーを適用する");
	const area = admin.locator("#policy-text");
	const text = await area.inputValue();
	await area.fill(`${text}# 試行\n`);
	await press(admin, "内容を確かめて適用する");
	await because(admin, "試行の確認");
	await admin.locator(".standing", { hasText: "試行中" }).waitFor();
	await picture(admin, "step-trial");
	await press(admin, "このまま確定する");
	await send(admin);
	await said(admin, "確定しました");
	await admin.locator(".standing").waitFor({ state: "detached" });
}

async function lockdown() {
	await go(manager, "status");
	await press(manager, "全面遮断を開始する");
	await because(manager, "訓練");
	await manager.locator(".standing", { hasText: "全面遮断中" }).waitFor();
	await picture(manager, "step-lockdown");
	await manager.getByText("すべて正常です").waitFor({ state: "detached" });
	await press(manager, "全面遮断を解除する");
	await because(manager, "訓練の終了");
	await manager.locator(".standing").waitFor({ state: "detached" });
}

async function flowReview() {
	await go(manager, "flows");
	await manager.getByRole("button", { name: /^点検を記録する/ }).first().click();
	await fill(manager, "点検の結果", "接続契約と一致している");
	await send(manager);
	await said(manager, "点検を記録しました");
	await go(manager, "proof");
	await look(manager, "step-proof", "ja");
}

async function deaf() {
	await manager.route(/\/api\/session$/, (route) => route.abort());
	await manager.locator("header .who > button:not(.plain)").click();
	await manager.getByText("サインアウトを装置に伝えられませんでした").waitFor();
	await manager.unroute(/\/api\/session$/);
}

await withBrowser((first) => withBrowser(async (second) => {
	[admin, manager] = [first, second];
	await check("the administrator signs in", () => enter(admin, account("SEKISHO_ADMIN")));
	await check("the manager signs in", () => enter(manager, account("SEKISHO_MANAGER")));
	await take("a device is registered with two cards", register);
	await take("a contractor's permit is requested, with an end", request);
	await take("somebody else approves, and reads what", approve);
	await take("the details tell its history", detail);
	await take("suspended, resumed, recertified, changed, one card more", pause);
	await take("quarantined in one step, release asked for", quarantine);
	await take("somebody else releases it", release);
	await take("revoked and retired", end);
	await take("a draft of the register has what was seen and nobody registered", draft);
	await take("what is left to do before a zone enforces", zones);
	await take("a card that nobody registered is found and isolated", strayCard);
	await take("the register as a file, both ways", files);
	await take("the terms of permits", terms);
	await take("what events lead to", alarms);
	await take("an alarm is acknowledged", acknowledge);
	await take("a day of maintenance work is confirmed", work);
	await take("a batch is approved as it was read", batch);
	await take("what ends, sleeps or is due stands on the status page", due);
	await take("nobody is told that only permitted traffic passes while a zone detects", detecting);
	await take("a change of a list waits for approval", listWaits);
	await take("an edited policy that is behind is not applied unseen", moved);
	await take("a policy on trial is confirmed", trial);
	await take("a lockdown begins and ends", lockdown);
	await take("a flow is reviewed", flowReview);
	await take("a sign-out that was not heard is not told as done", deaf);
	for (const page of [admin, manager])
		await page.context().close();
}));
finish();
