// SPDX-License-Identifier: GPL-3.0-or-later
// The UI in a real browser against a running appliance: sign in, change the initial
// password, look at every page in both languages and at phone width, sign out. Fails on
// any console error, exception, breach of the content policy, foreign request, alert or
// cut-off page.
//
// SEKISHO_URL, SEKISHO_LOGIN, SEKISHO_PASSWORD: where and who
// SEKISHO_NEW_PASSWORD: used when the password must be changed
// SEKISHO_CHROMIUM: the browser (/usr/bin/chromium); SEKISHO_SHOTS: folder for pictures
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { chromium } from "playwright-core";

const url = need("SEKISHO_URL");
const login = need("SEKISHO_LOGIN");
const password = need("SEKISHO_PASSWORD");
const shots = process.env.SEKISHO_SHOTS;
const flags = [
	"--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
	"--disable-background-networking", "--disable-component-update", "--disable-sync",
];
const problems = [];
let passed = 0;

function need(name) {
	const value = process.env[name];
	if (value === undefined || value === "") {
		console.error(`smoke: ${name} is not set`);
		process.exit(2);
	}
	return value;
}

async function check(name, work) {
	const before = problems.length;
	try {
		await work();
	} catch (error) {
		problems.push(`${name}: ${String(error.message).split("\n")[0]}`);
	}
	const good = problems.length === before;
	passed += good ? 1 : 0;
	console.log(`${good ? "ok  " : "FAIL"} ${name}`);
	for (const problem of problems.slice(before))
		console.log(`     ${problem}`);
}

function watch(page) {
	const origin = new URL(url).origin;
	page.on("pageerror", (error) => problems.push(`exception: ${error.message}`));
	page.on("console", (message) => {
		// being signed out is asked with a request that is refused
		const asked = message.location().url.endsWith("/api/session") &&
			message.text().includes("401");
		if (message.type() === "error" && !asked)
			problems.push(`console: ${message.text()} (${message.location().url})`);
	});
	page.on("request", (request) => {
		if (new URL(request.url()).origin !== origin)
			problems.push(`request to ${request.url()}`);
	});
}

function expect(good, text) {
	if (!good)
		throw new Error(text);
}

async function look(page, name, lang) {
	await page.locator("main h1").waitFor();
	await page.waitForLoadState("networkidle");
	if (shots !== undefined)
		await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
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

async function signIn(page) {
	await page.goto(url);
	await page.locator("input[autocomplete=username]").fill(login);
	await page.locator("input[autocomplete=current-password]").fill(password);
	await page.locator("button[type=submit]").click();
	await page.locator("nav, .rules").first().waitFor();
}

async function changePassword(page) {
	const next = need("SEKISHO_NEW_PASSWORD");
	await page.locator("input[autocomplete=current-password]").fill(password);
	for (const field of await page.locator("input[autocomplete=new-password]").all())
		await field.fill(next);
	await page.locator("button[type=submit]").click();
	await page.locator("nav").waitFor();
}

async function tour(page, lang, size) {
	await page.locator(`.language button[lang=${lang}]`).click();
	const links = await page.locator("nav a").evaluateAll((all) => all.map((a) => a.hash));
	expect(links.length >= 3, `only ${links.length} pages`);
	for (const hash of links) {
		const name = `${lang}-${size}-${hash.slice(2)}`;
		await check(name, async () => {
			await page.locator(`nav a[href="${hash}"]`).click();
			await look(page, name, lang);
			if (hash === "#/records") {
				await page.locator("form.search button[type=submit]").click();
				await page.locator("table, .none").first().waitFor();
				await look(page, `${name}-found`, lang);
			}
		});
	}
}

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
	watch(page);
	await check("sign in", () => signIn(page));
	if (await page.locator(".rules").count() > 0)
		await check("change the initial password", () => changePassword(page));
	const inside = await page.locator("nav").count() > 0;
	for (const lang of inside ? ["ja", "en"] : []) {
		await page.setViewportSize({ width: 1024, height: 768 });
		await check(`tour in ${lang}`, () => tour(page, lang, "desk"));
		await page.setViewportSize({ width: 390, height: 844 });
		await check(`tour in ${lang} on a phone`, () => tour(page, lang, "phone"));
	}
	if (inside) {
		await check("sign out", async () => {
			await page.locator("header .who > button:not(.plain)").click();
			await page.locator("input[autocomplete=current-password]").waitFor();
		});
	}
} finally {
	await context.close();
	rmSync(profile, { recursive: true, force: true });
}
console.log(`${passed} passed, ${problems.length} failed`);
process.exit(problems.length === 0 ? 0 : 1);
