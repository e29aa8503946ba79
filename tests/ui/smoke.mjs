// SPDX-License-Identifier: GPL-3.0-or-later
// The UI in a real browser against a running appliance: sign in, change the initial
// password, look at every page in both languages and at phone width, sign out. Fails on
// what browser.mjs calls wrong, on any alert or cut-off page.
//
// SEKISHO_LOGIN, SEKISHO_PASSWORD: who, and SEKISHO_NEW_PASSWORD: used when the password
// must be changed; where, see browser.mjs
import { changePassword, check, expect, finish, look, need, signIn, watch, withBrowser }
	from "./browser.mjs";

const who = { login: need("SEKISHO_LOGIN"), password: need("SEKISHO_PASSWORD"),
	next: process.env.SEKISHO_NEW_PASSWORD ?? "" };

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

await withBrowser(async (page) => {
	watch(page);
	await check("sign in", () => signIn(page, who));
	if (await page.locator(".rules").count() > 0)
		await check("change the initial password", () => changePassword(page, who));
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
});
finish();
