// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import test from "node:test";

import { chooseLanguage, messages, termOf, translate } from "../../mgmt/web/src/i18n";
import { pages } from "../../mgmt/web/src/router";
import { kinds, reasons, texts } from "../../mgmt/web/src/search";

const holes = (text) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();

test("both languages have exactly the same keys", () => {
	assert.deepEqual(Object.keys(messages.en).sort(), Object.keys(messages.ja).sort());
});

test("both languages fill in the same values, and no text is empty", () => {
	for (const key of Object.keys(messages.ja)) {
		assert.deepEqual(holes(messages.en[key]), holes(messages.ja[key]), key);
		assert.notEqual(messages.ja[key].trim(), "", key);
		assert.notEqual(messages.en[key].trim(), "", key);
	}
});

test("Japanese is Japanese and English is English", () => {
	const foreign = /[\u3040-\u30ff\u4e00-\u9fff]/;
	for (const [key, text] of Object.entries(messages.en))
		assert.doesNotMatch(text, foreign, key);
	for (const [key, text] of Object.entries(messages.ja)) {
		const words = text.replace(/\{\w+\}/g, "");
		if (key !== "app.name" && /\p{L}/u.test(words))
			assert.match(words, foreign, key);
	}
});

test("every page, kind, reason and search field has its words", () => {
	for (const lang of ["ja", "en"]) {
		for (const page of pages)
			assert.ok(`nav.${page}` in messages[lang], page);
		for (const kind of kinds)
			assert.notEqual(termOf(lang, "kind", kind), kind);
		for (const reason of reasons)
			assert.notEqual(termOf(lang, "reason", String(reason)), String(reason));
		for (const name of texts)
			assert.ok(`records.${name}` in messages[lang], name);
	}
});

test("a value without a word is shown as it is", () => {
	assert.equal(termOf("ja", "kind", "new-kind"), "new-kind");
	assert.equal(termOf("en", "reason", "999"), "999");
});

test("values are filled in; a hole without a value stays", () => {
	assert.equal(translate("en", "common.revision", { n: 7 }), "revision 7");
	assert.equal(translate("ja", "common.revision", { n: 7 }), "第7版");
	assert.equal(translate("en", "common.revision"), "revision {n}");
});

test("the stored language wins, then the browser's first of ours, then Japanese", () => {
	assert.equal(chooseLanguage("en", ["ja-JP"]), "en");
	assert.equal(chooseLanguage("ja", ["en-US"]), "ja");
	assert.equal(chooseLanguage(null, ["en-US", "ja"]), "en");
	assert.equal(chooseLanguage(null, ["fr", "ja", "en"]), "ja");
	assert.equal(chooseLanguage(null, ["fr"]), "ja");
	assert.equal(chooseLanguage("klingon", []), "ja");
});
