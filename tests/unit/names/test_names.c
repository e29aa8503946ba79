/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "lib/attr.h"
#include "lib/names/names.h"
#include "lib/names/utf8.h"

#define MIXED      NAMES_WARNING_MIXED
#define LOOKALIKE  NAMES_WARNING_LOOKALIKE
#define DIGITS     NAMES_WARNING_DIGITS
#define ROUND_TRIP NAMES_WARNING_ROUND_TRIP

static const struct {
	const char *text, *want;
	unsigned warnings;
} accepted[] = {
	{ "www.example.jp", "www.example.jp", 0 },
	{ "WWW.Example.JP.", "www.example.jp", 0 },
	{ "  example.jp\r\n", "example.jp", 0 },
	{ "　example.jp　", "example.jp", 0 },
	{ "*.example.jp", "*.example.jp", 0 },
	{ "_dmarc.example.jp", "_dmarc.example.jp", 0 },
	{ "日本語.jp", "xn--wgv71a119e.jp", 0 },
	{ "日本語。jp", "xn--wgv71a119e.jp", 0 },
	{ "日本語｡jp.", "xn--wgv71a119e.jp", 0 },
	{ "＊．日本語．ｊｐ", "*.xn--wgv71a119e.jp", 0 },
	{ "*。例え。テスト", "*.xn--r8jz45g.xn--zckzah", 0 },
	{ "ＷＷＷ．ＥＸＡＭＰＬＥ．ＣＯＭ", "www.example.com", 0 },
	{ "ﾃｽﾄ.jp", "xn--zckzah.jp", 0 },
	{ "_a.日本.jp", "_a.xn--wgv71a.jp", 0 },
	{ "日\xe2\x80\x8b本.jp", "xn--wgv71a.jp", 0 }, /* zero width space: mapped away */
	{ "tokyo駅前ラーメンの店.jp", "xn--tokyo-ud4dv3a2bxe2dr408b124a704n.jp", 0 },
	{ "straße.de", "xn--strae-oqa.de", 0 }, /* transitional: strasse.de */
	{ "faß.de", "xn--fa-hia.de", 0 },
	{ "münchen.de", "xn--mnchen-3ya.de", 0 },
	{ "한국kr.kr", "xn--kr-ro2i723k.kr", 0 },
	{ "рус.рф", "xn--p1acf.xn--p1ai", 0 },
	{ "παράδειγμα.gr", "xn--hxajbheg2az3al.gr", 0 },
	{ "раураl.com", "xn--l-7sba6dbr.com", MIXED | LOOKALIKE },
	{ "аррӏе.com", "xn--80ak6aa92e.com", LOOKALIKE },
	{ "xn--80ak6aa92e.com", "xn--80ak6aa92e.com", LOOKALIKE },
	{ "сор.com", "xn--n1aeb.com", LOOKALIKE },
	{ "gооgle.com", "xn--ggle-55da.com", MIXED | LOOKALIKE },
	{ "παypal.com", "xn--ypal-zld3g.com", MIXED },
	{ "日本жapan.jp", NULL, MIXED },
	{ "aノb.jp", NULL, LOOKALIKE },
	{ "ɡoogle.com", NULL, LOOKALIKE },
	{ "1з5.com", NULL, LOOKALIKE | DIGITS },
	{ "२०.com", NULL, DIGITS },
	{ "xn--99999999.jp", "xn--99999999.jp", ROUND_TRIP },
	{ "xn--a.jp", "xn--a.jp", ROUND_TRIP },
	{ "a.xn--ab-miv.jp", "a.xn--ab-miv.jp", ROUND_TRIP }, /* a≠b */
	{ "xn--ck7clae.jp", "xn--ck7clae.jp", ROUND_TRIP }, /* half-width kana */
	{ "*.xn--a.co.jp", "*.xn--a.co.jp", ROUND_TRIP },
};

static void test_accepted(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(accepted); i++) {
		char pattern[HOST_PATTERN_MAX + 1];
		unsigned warnings = ~0u;
		int r = names_pattern_from_text(accepted[i].text, pattern, &warnings);

		if (r != 0)
			fail_msg("%s: %d", accepted[i].text, r);
		if (accepted[i].want != NULL)
			assert_string_equal(pattern, accepted[i].want);
		if (warnings != accepted[i].warnings)
			fail_msg("%s: warnings %#x", accepted[i].text, warnings);
	}
}

static const struct {
	const char *text;
	int want;
} refused[] = {
	{ "", -EINVAL },
	{ "  ", -EINVAL },
	{ "a b.jp", -EINVAL },
	{ "日 本.jp", -EINVAL },
	{ "..日本", -EINVAL },
	{ "日本..jp", -EINVAL },
	{ "-日本.jp", -EINVAL },
	{ "*.jp", -EINVAL },
	{ "＊．日本", -EINVAL },
	{ "a.*.jp", -EINVAL },
	{ "*日本.jp", -EINVAL },
	{ "192.0.2.1", -EINVAL },
	{ "１９２．０．２．１", -EINVAL },
	{ "日本💩.jp", -EINVAL },
	{ "a≠b.jp", -EINVAL },
	{ "a=\xcc\xb8"
	  "b.jp",
	  -EINVAL }, /* the same, composed */
	{ "℀.日本", -EINVAL }, /* maps to "a/c" */
	{ "aה.日本", -EINVAL }, /* against the bidi rule */
	{ "xn--bad-.jp", -EINVAL },
	{ "xn--99999999.日本", -EINVAL },
	{ "日本\x01.jp", -EINVAL },
	{ "\xcc\x81z.jp", -EINVAL }, /* begins with a mark */
	{ "https://example.jp/", -EDESTADDRREQ },
	{ "ｈｔｔｐｓ：／／例え．ｊｐ", -EDESTADDRREQ },
	{ "example.jp:443", -EDESTADDRREQ },
	{ "example.jp/a", -EDESTADDRREQ },
	{ "日本語.jp?x", -EDESTADDRREQ },
	{ "user@example.jp", -EDESTADDRREQ },
	{ "user＠example.jp", -EDESTADDRREQ },
	{ "2001:db8::1", -EDESTADDRREQ },
	{ "\\\\server", -EDESTADDRREQ },
	{ "\xff.jp", -EILSEQ },
	{ "\xc0\xae.jp", -EILSEQ }, /* overlong */
	{ "\xed\xa0\x80.jp", -EILSEQ }, /* surrogate */
	{ "\xf4\x90\x80\x80.jp", -EILSEQ },
	{ "\xe6\x97", -EILSEQ },
};

static void test_refused(void **state)
{
	char pattern[HOST_PATTERN_MAX + 1] = "untouched";
	unsigned warnings = 77;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		int r = names_pattern_from_text(refused[i].text, pattern, &warnings);

		if (r != refused[i].want)
			fail_msg("%s: %d", refused[i].text, r);
	}
	assert_string_equal(pattern, "untouched");
	assert_int_equal(warnings, 77);
}

static void test_long(void **state)
{
	char text[NAMES_TEXT_MAX + 2], pattern[HOST_PATTERN_MAX + 1];
	unsigned warnings;

	(void)state;
	memset(text, 'a', sizeof(text));
	text[NAMES_TEXT_MAX + 1] = '\0';
	assert_int_equal(names_pattern_from_text(text, pattern, &warnings),
			 -ENAMETOOLONG);
	text[NAMES_TEXT_MAX] = '\0';
	assert_int_equal(names_pattern_from_text(text, pattern, &warnings), -EINVAL);
	for (size_t len = 0; len + 3 <= NAMES_TEXT_MAX; len += 3)
		memcpy(text + len, len % 60 == 57 ? "。" : "語", 4);
	assert_int_equal(names_pattern_from_text(text, pattern, &warnings), -EINVAL);
}

/* Cut anywhere: an answer without a read past the end, and never half a character. */
static void test_truncated(void **state)
{
	const char *text = "*.日本語。ｅｘａｍｐｌｅ.straße.рф";
	char cut[64], pattern[HOST_PATTERN_MAX + 1];

	(void)state;
	assert_true(strlen(text) < sizeof(cut));
	for (size_t len = 0; len <= strlen(text); len++) {
		unsigned warnings;
		int r;

		memcpy(cut, text, len);
		cut[len] = '\0';
		r = names_pattern_from_text(cut, pattern, &warnings);
		if (((unsigned char)text[len] & 0xc0) == 0x80)
			assert_int_equal(r, -EILSEQ);
		else
			assert_true(r == 0 || r == -EINVAL);
	}
}

static void test_unicode(void **state)
{
	static const struct {
		const char *pattern, *want;
		int r;
	} rows[] = {
		{ "xn--wgv71a119e.jp", "日本語.jp", 1 },
		{ "*.xn--r8jz45g.xn--zckzah", "*.例え.テスト", 1 },
		{ "xn--strae-oqa.de", "straße.de", 1 },
		{ "_a.xn--wgv71a.jp", "_a.日本.jp", 1 },
		{ "xn--p1acf.xn--p1ai", "рус.рф", 1 },
		{ "www.example.jp", "www.example.jp", 0 },
		{ "xn--80ak6aa92e.com", "xn--80ak6aa92e.com", 0 },
		{ "xn--wgv71a119e.xn--l-7sba6dbr.jp", "xn--wgv71a119e.xn--l-7sba6dbr.jp",
		  0 },
		{ "xn--99999999.xn--wgv71a.jp", "xn--99999999.xn--wgv71a.jp", 0 },
		/* refused beside a label in Unicode, for its hyphens */
		{ "ab--c.xn--wgv71a.jp", "ab--c.xn--wgv71a.jp", 0 },
		{ "日本語.jp", NULL, -EINVAL },
		{ "XN--WGV71A119E.jp", NULL, -EINVAL },
		{ "example.jp.", NULL, -EINVAL },
		{ "", NULL, -EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[NAMES_UNICODE_MAX + 1];

		if (names_unicode(rows[i].pattern, text) != rows[i].r)
			fail_msg("%s", rows[i].pattern);
		if (rows[i].want != NULL)
			assert_string_equal(text, rows[i].want);
	}
}

static void test_texts(void **state)
{
	(void)state;
	for (unsigned flag = MIXED; flag <= ROUND_TRIP; flag <<= 1) {
		const char *ja = names_warning_text((enum names_warning)flag, "ja");
		const char *en = names_warning_text((enum names_warning)flag, "en");

		assert_string_not_equal(ja, en);
		assert_string_not_equal(en,
					names_warning_text((enum names_warning)0, "en"));
		assert_non_null(strchr(ja, 0xe3));
		assert_null(strchr(en, 0xe3));
	}
}

static void test_utf8(void **state)
{
	const char *text = "a\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80"
			   "\xf4\x8f\xbf\xbf";
	static const uint32_t want[] = { 'a',    0x80,    0x7ff,   0x800,
					 0xffff, 0x10000, 0x10ffff };
	uint32_t c;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		assert_true(utf8_next(&text, &c));
		assert_int_equal(c, want[i]);
	}
	assert_false(utf8_next(&text, &c));
	assert_int_equal(*text, 0);
	text = "\xe0\x9f\xbf";
	assert_false(utf8_next(&text, &c));
	text = "\xf0\x8f\xbf\xbf";
	assert_false(utf8_next(&text, &c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_long),     cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_unicode),  cmocka_unit_test(test_texts),
		cmocka_unit_test(test_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
