/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mgmt/mgmtd/csv.h"
#include "mgmt/mgmtd/entry_file.h"

static struct csv csv;

/* The rows as text: fields between |, a row between <>; "!" at a refusal. */
static void read_all(const char *text, size_t len, char *dst, size_t size)
{
	size_t used = 0;
	int r;

	csv_open(&csv, text, len);
	while ((r = csv_next(&csv)) == 1) {
		used += (size_t)snprintf(dst + used, size - used, "<%zu", csv.line);
		for (size_t i = 0; i < csv.count; i++)
			used += (size_t)snprintf(dst + used, size - used, "|%s",
						 csv.field[i]);
		used += (size_t)snprintf(dst + used, size - used, ">");
	}
	(void)snprintf(dst + used, size - used, "%s", r < 0 ? "!" : "");
}

static const struct {
	const char *text, *rows;
} rows[] = {
	{ "", "" },
	{ "a", "<1|a>" },
	{ "a,b\n\n\nc,d\n", "<1|a|b><4|c|d>" },
	{ "a,b\r\nc,d\r\n", "<1|a|b><2|c|d>" },
	{ "\xef\xbb\xbf"
	  "a,b\n",
	  "<1|a|b>" },
	{ "\"a,\"\"b\"\"\",c\n", "<1|a,\"b\"|c>" },
	{ "\"a\nb\",c\nd,e", "<1|a\nb|c><3|d|e>" },
	{ ",\n", "<1||>" },
	{ "'=1+1,'x\n", "<1|=1+1|'x>" },
	{ "'＝1＋1,'＠x,'あ\n", "<1|＝1＋1|＠x|'あ>" },
	{ "a\"b\n", "!" },
	{ "\"a\"b\n", "!" },
	{ "\"a", "!" },
	{ "a\n\"", "<1|a>!" },
	{ "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,"
	  "30,31,32,33",
	  "!" },
};

static void test_rows(void **state)
{
	char got[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		read_all(rows[i].text, strlen(rows[i].text), got, sizeof(got));
		assert_string_equal(got, rows[i].rows);
	}
	read_all("a\0b", 3, got, sizeof(got));
	assert_string_equal(got, "!");
}

static void test_truncation(void **state)
{
	static const char text[] =
		"host,purpose\r\n\"a.jp\",\"x\n\"\"y\"\"\"\r\n'=z,w\r\n";
	char got[256];

	(void)state;
	for (size_t len = 0; len <= sizeof(text) - 1; len++) {
		char *exact = malloc(len + 1); /* so that a step too far is seen */

		assert_non_null(exact);
		memcpy(exact, text, len);
		read_all(exact, len, got, sizeof(got));
		free(exact);
	}
	assert_string_equal(got, "<1|host|purpose><2|a.jp|x\n\"y\"><4|=z|w>");
}

static void test_written_is_read(void **state)
{
	static const char *const fields[] = { "",    "a",    "a,b", "\"", "=1",
					      "'=1", "x\ny", "'",   "＝1" };
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	(void)state;
	assert_non_null(f);
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		csv_put(f, fields[i], i + 1 < ARRAY_LEN(fields));
	(void)fclose(f);
	assert_non_null(strstr(text, ",'=1,"));
	csv_open(&csv, text, len);
	assert_int_equal(csv_next(&csv), 1);
	assert_int_equal(csv.count, ARRAY_LEN(fields));
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		assert_string_equal(csv.field[i], fields[i]);
	free(text);
}

struct seen {
	size_t count, line[8];
	char text[8][256];
};

static int take(const json_t *body, size_t line, void *user)
{
	struct seen *s = user;
	size_t len = json_dumpb(body, s->text[s->count], 255,
				JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);

	s->text[s->count][len < 255 ? len : 255] = '\0';
	s->line[s->count++] = line;
	return 0;
}

static void test_csv_file(void **state)
{
	static const char text[] =
		"\xef\xbb\xbfid,host,ports,methods,tls_any,address,purpose,state\r\n"
		"a1,a.jp,80 443,GET HEAD,,no,業務,active\r\n"
		"\r\n"
		",b.jp,x 8080,,maybe,yes,,\r\n";
	struct seen s = { 0 };
	struct rowfile_error e;

	(void)state;
	assert_int_equal(entry_file_read(text, strlen(text), true, take, &s, &e), 0);
	assert_int_equal(s.count, 2);
	assert_string_equal(s.text[0],
			    "{\"address\":false,\"host\":\"a.jp\",\"methods\":[\"GET\","
			    "\"HEAD\"],\"ports\":[80,443],\"purpose\":\"業務\"}");
	assert_string_equal(s.text[1], "{\"address\":true,\"host\":\"b.jp\",\"ports\":"
				       "[\"x\",8080],\"tls_any\":\"maybe\"}");
	assert_int_equal(s.line[1], 4);
}

static const struct {
	const char *text;
	bool csv;
	enum rowfile_fault fault;
	size_t line;
} faults[] = {
	{ "", true, ROWFILE_SYNTAX, 1 },
	{ "host,host\n", true, ROWFILE_COLUMN, 1 },
	{ "host,colour\n", true, ROWFILE_COLUMN, 1 },
	{ "purpose\nx\n", true, ROWFILE_COLUMN, 1 },
	{ "host,purpose\na.jp\n", true, ROWFILE_FIELDS, 2 },
	{ "host,purpose\na.jp,x\n\"b.jp,y\n", true, ROWFILE_SYNTAX, 3 },
	{ "host,purpose\na.jp,\xff\n", true, ROWFILE_SYNTAX, 2 },
	{ "", false, ROWFILE_SYNTAX, 1 },
	{ "{}", false, ROWFILE_SYNTAX, 1 },
	{ "[\n{},\n]", false, ROWFILE_SYNTAX, 3 },
	{ "[{}] x", false, ROWFILE_SYNTAX, 1 },
	{ "[{}\n{}]", false, ROWFILE_SYNTAX, 2 },
	{ "[\n{\"a\": 1,\n\"a\": 2}]", false, ROWFILE_SYNTAX, 3 },
};

static void test_faults(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		struct rowfile_error e = { 0 };
		struct seen s = { 0 };

		assert_int_equal(entry_file_read(faults[i].text, strlen(faults[i].text),
						 faults[i].csv, take, &s, &e),
				 -EINVAL);
		if (e.fault != faults[i].fault || e.line != faults[i].line)
			fail_msg("%s: fault %d at %zu", faults[i].text, (int)e.fault,
				 e.line);
	}
}

static void test_json_file(void **state)
{
	static const char text[] =
		"\xef\xbb\xbf [\n  {\"id\": \"a\", \"host\": \"あ.jp\"},\n\n"
		"  5, {\n\"list\": \"x\"}\n]\n";
	struct rowfile_error e;
	struct seen s = { 0 };

	(void)state;
	assert_int_equal(entry_file_read(text, strlen(text), false, take, &s, &e), 0);
	assert_int_equal(s.count, 3);
	assert_string_equal(s.text[0], "{\"host\":\"あ.jp\"}");
	assert_string_equal(s.text[1], "5");
	assert_int_equal(s.line[0], 2);
	assert_int_equal(s.line[1], 4);
	assert_int_equal(s.line[2], 4);
	for (size_t len = 0; len < strlen(text); len++) {
		struct seen part = { 0 };
		char *exact = malloc(len + 1);

		assert_non_null(exact);
		memcpy(exact, text, len);
		if (len + 1 < strlen(text))
			assert_int_equal(
				entry_file_read(exact, len, false, take, &part, &e),
				-EINVAL);
		free(exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_written_is_read),
		cmocka_unit_test(test_csv_file),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_json_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
