// SPDX-License-Identifier: GPL-3.0-or-later
// What tests in a real browser share: sign in, look at a page, collect what is wrong.
// Wrong is any console error, exception, breach of the content policy, foreign request.
//
// SEKISHO_URL: where; SEKISHO_CHROMIUM: the browser (/usr/bin/chromium);
// SEKISHO_SHOTS: folder for pictures
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { chromium } from "playwright-core";

const flags = [
	"--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
	"--disable-background-networking", "--disable-component-update", "--disable-sync",
];
const shots = process.env.SEKISHO_SHOTS;
const problems = [];
let passed = 0;

export function need(name) {
	const value = process.env[name];
	if (value === undefined || value === "") {
		console.error(`${name} is not set`);
		process.exit(2);
	}
	return value;
}

const url = need("SEKISHO_URL");

export async function check(name, work) {
	const before = problems.length;
	try {
		await work();
	} catch (error) {
		problems.push(`${name}: ${String(error.message).split("\n").slice(0, 2).join(" ")}`);
	}
	const good = problems.length === before;
	passed += good ? 1 : 0;
	console.log(`${good ? "ok  " : "FAIL"} ${name}`);
	for (const problem of problems.slice(before))
		console.log(`     ${problem}`);
}

// refused: a pattern of addresses whose refusal is part of the test
export function watch(page, refused = null) {
	const origin = new URL(url).origin;
	page.on("pageerror", (error) => problems.push(`exception: ${error.message}`));
	page.on("console", (message) => {
		const where = message.location().url;
		// being signed out is asked with a request that is refused
		const asked = where.endsWith("/api/session") && message.text().includes("401");
		if (message.type() === "error" && !asked && !(refused !== null && refused.test(where)))
			problems.push(`console: ${message.text()} (${where})`);
	});
	page.on("request", (request) => {
		const at = new URL(request.url());
		if (at.protocol !== "blob:" && at.origin !== origin)
			problems.push(`request to ${request.url()}`);
	});
}

export function expect(good, text) {
	if (!good)
		throw new Error(text);
}

export async function picture(page, name) {
	if (shots !== undefined)
		await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
}

export async function look(page, name, lang) {
	await page.locator("main h1").waitFor();
	await page.waitForLoadState("networkidle");
	await picture(page, name);
	const seen = await page.evaluate(() => ({
		lang: document.documentElement.lang,
		title: document.querySelector("h1")?.textContent ?? "",
		alerts: [...document.querySelectorAll("[role=alert]")].map((e) => e.textContent).join(" "),
		beyond: document.documentElement.scrollWidth - window.innerWidth,
		unnamed: [...document.querySelectorAll("input, select, textarea")].filter((e) =>
			e.getAttribute("aria-hidden") !== "true" && (e.labels?.length ?? 0) === 0).length,
	}));
	expect(seen.lang === lang, `language is ${seen.lang}`);
	expect(seen.title !== "", "no heading");
	expect(seen.alerts.trim() === "", `alert: ${seen.alerts}`);
	expect(seen.beyond <= 0, `wider than the window by ${seen.beyond}`);
	expect(seen.unnamed === 0, `${seen.unnamed} fields without a label`);
}

// who: { login, password, next }; next is chosen when the initial password must go
export async function signIn(page, who) {
	await page.goto(url);
	await page.locator("input[autocomplete=username]").fill(who.login);
	await page.locator("input[autocomplete=current-password]").fill(who.password);
	await page.locator("button[type=submit]").click();
	await page.locator("nav, .rules").first().waitFor();
}

export async function changePassword(page, who) {
	await page.locator("input[autocomplete=current-password]").fill(who.password);
	for (const field of await page.locator("input[autocomplete=new-password]").all())
		await field.fill(who.next);
	await page.locator("button[type=submit]").click();
	await page.locator("nav").waitFor();
}

// Each call is a browser of its own: nobody's session is another's.
export async function withBrowser(work) {
	if (shots !== undefined)
		mkdirSync(shots, { recursive: true });
	const profile = mkdtempSync(join(tmpdir(), "sekisho-smoke-"));
	const context = await chromium.launchPersistentContext(profile, {
		executablePath: process.env.SEKISHO_CHROMIUM ?? "/usr/bin/chromium",
		args: flags, headless: true, ignoreHTTPSErrors: true, locale: "ja-JP",
		viewport: { width: 1024, height: 768 },
	});
	try {
		const page = context.pages()[0] ?? await context.newPage();
		page.setDefaultTimeout(15_000);
		await work(page);
	} finally {
		await context.close();
		rmSync(profile, { recursive: true, force: true });
	}
}

export function finish() {
	console.log(`${passed} passed, ${problems.length} failed`);
	process.exit(problems.length === 0 ? 0 : 1);
}
