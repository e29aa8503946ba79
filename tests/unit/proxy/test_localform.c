/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "proxy/localform.h"

#define TOKEN   "token=aZ_9-"
#define HOST    "host=www.example.jp"
#define PORT    "port=443"
#define PURPOSE "purpose=x"
#define GOOD    TOKEN "&" HOST "&" PORT "&" PURPOSE

static int parse(const char *text, struct localform *f)
{
	size_t len = strlen(text);
	char *copy = malloc(len != 0 ? len : 1); /* exact: no NUL behind it */
	int r;

	assert_non_null(copy);
	memcpy(copy, text, len);
	r = localform_parse(copy, len, f);
	free(copy);
	return r;
}

static void test_good(void **state)
{
	struct localform f;

	(void)state;
	assert_int_equal(parse(GOOD, &f), 0);
	assert_string_equal(f.token, "aZ_9-");
	assert_string_equal(f.host, "www.example.jp");
	assert_int_equal(f.port, 443);
	assert_string_equal(f.purpose, "x");
	/* what a browser makes of Japanese, in another order */
	assert_int_equal(parse("purpose=%E5%AF%A9%E6%9F%BB+%26%3Cb%3E%3D&port=80&"
			       "host=WWW.Example.JP.&" TOKEN,
			       &f),
			 0);
	assert_string_equal(f.purpose, "審査 &<b>=");
	assert_string_equal(f.host, "www.example.jp");
	assert_int_equal(
		parse(TOKEN "&" PORT "&" PURPOSE "&host=2001%3Adb8%3A0%3A%3a1", &f), 0);
	assert_string_equal(f.host, "2001:db8::1");
	assert_int_equal(parse(TOKEN "&" PORT "&" PURPOSE "&host=192.0.2.1", &f), 0);
	assert_string_equal(f.host, "192.0.2.1");
}

static const char *const bad[] = {
	"",
	"&",
	"x",
	TOKEN "&" HOST "&" PORT,
	HOST "&" PORT "&" PURPOSE,
	GOOD "&" PORT,
	GOOD "&extra=1",
	GOOD "&=1",
	GOOD "&&",
	"&" GOOD,
	"Token=a&" HOST "&" PORT "&" PURPOSE,
	"token=&" HOST "&" PORT "&" PURPOSE,
	TOKEN "&host=&" PORT "&" PURPOSE,
	TOKEN "&host=a%00b.example&" PORT "&" PURPOSE,
	TOKEN "&host=a%2Fb.example&" PORT "&" PURPOSE,
	TOKEN "&host=010.1.1.1&" PORT "&" PURPOSE,
	TOKEN "&host=fe80::1%25eth0&" PORT "&" PURPOSE,
	TOKEN "&" HOST "&port=0&" PURPOSE,
	TOKEN "&" HOST "&port=65536&" PURPOSE,
	TOKEN "&" HOST "&port=+80&" PURPOSE,
	TOKEN "&" HOST "&port=&" PURPOSE,
	TOKEN "&" HOST "&port=123456&" PURPOSE,
	TOKEN "&" HOST "&" PORT "&purpose=",
	TOKEN "&" HOST "&" PORT "&purpose=+%20+",
	TOKEN "&" HOST "&" PORT "&purpose=a%0Ab",
	TOKEN "&" HOST "&" PORT "&purpose=%E2%80%AE",
	TOKEN "&" HOST "&" PORT "&purpose=%FF",
	TOKEN "&" HOST "&" PORT "&purpose=%",
	TOKEN "&" HOST "&" PORT "&purpose=%4",
	TOKEN "&" HOST "&" PORT "&purpose=%4x",
	TOKEN "&" HOST "&" PORT "&purpose=%00",
};

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct localform f;

		if (parse(bad[i], &f) != -EINVAL)
			fail_msg("accepted: %s", bad[i]);
	}
}

static void test_truncated(void **state)
{
	char text[sizeof(GOOD)];
	struct localform f;

	(void)state;
	for (size_t n = 0; n < sizeof(GOOD) - 1; n++) {
		memcpy(text, GOOD, n);
		text[n] = '\0';
		assert_int_equal(parse(text, &f), -EINVAL);
	}
}

/* Every field's longest text, and one byte more. */
static void test_ceilings(void **state)
{
	static char text[LOCALFORM_MAX + 2];
	struct localform f;

	(void)state;
	memset(text, 'a', sizeof(text));
	assert_int_equal(localform_parse(text, LOCALFORM_MAX + 1, &f), -EMSGSIZE);
	assert_int_equal(localform_parse(text, LOCALFORM_MAX, &f), -EINVAL);
	memcpy(text, HOST "&" PORT "&" TOKEN "&purpose=",
	       sizeof(HOST "&" PORT "&" TOKEN "&purpose=") - 1);
	text[sizeof(HOST "&" PORT "&" TOKEN "&purpose=") - 1 + LOCALFORM_PURPOSE_MAX] = 0;
	assert_int_equal(parse(text, &f), 0);
	assert_int_equal(strlen(f.purpose), LOCALFORM_PURPOSE_MAX);
	memset(text, 'a', sizeof(text));
	memcpy(text, HOST "&" PORT "&" TOKEN "&purpose=",
	       sizeof(HOST "&" PORT "&" TOKEN "&purpose=") - 1);
	text[sizeof(HOST "&" PORT "&" TOKEN "&purpose=") + LOCALFORM_PURPOSE_MAX] = 0;
	assert_int_equal(parse(text, &f), -EINVAL);
	memset(text, 'a', sizeof(text));
	memcpy(text, HOST "&" PORT "&" PURPOSE "&token=",
	       sizeof(HOST "&" PORT "&" PURPOSE "&token=") - 1);
	text[sizeof(HOST "&" PORT "&" PURPOSE "&token=") + LOCALFORM_TOKEN_MAX] = 0;
	assert_int_equal(parse(text, &f), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_ceilings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
