/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text against the grammar of OpenMetrics 1.0, as far as our kinds of metrics use it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/attr.h"
#include "lib/str.h"
#include "proxy/metrics.h"

#define NAME "([a-zA-Z_:][a-zA-Z0-9_:]*)"

enum line { TYPE, UNIT, HELP, SAMPLE, LINES };

static const char *const grammar[LINES] = {
	[TYPE] = "^# TYPE " NAME " (counter|gauge)$",
	[UNIT] = "^# UNIT " NAME " ([a-z]+)$",
	[HELP] = "^# HELP " NAME " ([^\\\"]+)$",
	[SAMPLE] = "^" NAME "(\\{[a-zA-Z_][a-zA-Z0-9_]*=\"([^\\\"]*)\"\\})? ([0-9]+)$",
};
static regex_t compiled[LINES];

struct family {
	char name[128];
	bool counter, help, sample, labelled;
};

static char text[METRICS_MAX];

static void piece(const char *line, regmatch_t m, char dst[128])
{
	size_t len = (size_t)(m.rm_eo - m.rm_so);

	assert_in_range(len, 0, 127);
	memcpy(dst, line + m.rm_so, len);
	dst[len] = '\0';
}

static enum line kind_of(const char *line, regmatch_t m[6])
{
	for (int k = 0; k < LINES; k++) {
		if (regexec(&compiled[k], line, 6, m, 0) == 0)
			return (enum line)k;
	}
	fail_msg("not of the grammar: %s", line);
	return LINES;
}

static void on_type(const char *line, regmatch_t m[6], struct family *f, const char *seen)
{
	char kind[128], once[160];

	assert_true(f->name[0] == '\0' || f->sample); /* no family without samples */
	*f = (struct family){ 0 };
	piece(line, m[1], f->name);
	piece(line, m[2], kind);
	f->counter = strcmp(kind, "counter") == 0;
	/* a family comes once */
	(void)snprintf(once, sizeof(once), "# TYPE %s ", f->name);
	assert_null(strstr(strstr(seen, once) + 1, once));
}

static void on_sample(const char *line, regmatch_t m[6], struct family *f)
{
	char name[128], want[160];

	piece(line, m[1], name);
	(void)snprintf(want, sizeof(want), "%s%s", f->name, f->counter ? "_total" : "");
	assert_string_equal(name, want);
	assert_true(f->help);
	assert_true(!f->sample || (f->labelled && m[2].rm_so != -1));
	f->sample = true;
	f->labelled = m[2].rm_so != -1;
}

static void on_unit(const char *line, regmatch_t m[6], const struct family *f)
{
	char unit[128];
	size_t len = strlen(f->name);

	piece(line, m[2], unit);
	assert_false(f->sample);
	assert_true(len > strlen(unit));
	assert_string_equal(f->name + len - strlen(unit), unit);
	assert_int_equal(f->name[len - strlen(unit) - 1], '_');
}

static void on_line(const char *line, struct family *f)
{
	regmatch_t m[6];
	char name[128];
	enum line kind = kind_of(line, m);

	switch (kind) {
	case TYPE:
		on_type(line, m, f, text);
		return;
	case UNIT:
	case HELP:
		piece(line, m[1], name);
		assert_string_equal(name, f->name);
		if (kind == UNIT)
			on_unit(line, m, f);
		f->help = f->help || kind == HELP;
		return;
	case SAMPLE:
		on_sample(line, m, f);
		return;
	case LINES:
		return;
	}
}

/* Every line is of the grammar, families are in one piece, "# EOF" is last. */
static size_t check(const struct proxy_metrics *m)
{
	struct family f = { 0 };
	size_t len = metrics_write(m, text), lines = 0;
	char *copy, *at;

	assert_int_equal(strlen(text), len);
	copy = strdup(text);
	assert_non_null(copy);
	for (at = copy; strcmp(at, "# EOF\n") != 0; lines++) {
		char *end = strchr(at, '\n');

		assert_non_null(end);
		*end = '\0';
		assert_true(str_is_printable_utf8(at));
		on_line(at, &f);
		at = end + 1;
	}
	assert_true(f.sample);
	free(copy);
	return lines;
}

static void test_grammar(void **state)
{
	struct proxy_metrics m;

	(void)state;
	memset(&m, 0, sizeof(m));
	assert_true(check(&m) > 80);
	memset(&m, 0xff, sizeof(m)); /* the longest text */
	(void)check(&m);
	assert_true(strlen(text) < METRICS_MAX - 1024);
}

static void has(const char *line)
{
	assert_non_null(strstr(text, line));
}

static void test_values(void **state)
{
	struct proxy_metrics m = { .connections_open = 3,
				   .bytes_up = 5,
				   .dns_misses = 7,
				   .start_s = 1790000000,
				   .limits = { [METRICS_LIMIT_TUNNEL_UPLOAD] = 9 } };

	(void)state;
	metrics_refused(&m, REASON_NOT_LISTED);
	metrics_refused(&m, REASON_NOT_LISTED);
	metrics_refused(&m, (enum reason)60000);
	metrics_cut(&m, REASON_WITHDRAWN);
	metrics_cut(&m, REASON_LIMIT);
	(void)check(&m);
	has("\nsekisho_proxy_transferred_bytes_total{direction=\"up\"} 5\n");
	has("\n# UNIT sekisho_proxy_transferred_bytes bytes\n");
	has("\nsekisho_proxy_dns_lookups_total{result=\"miss\"} 7\n");
	has("\nsekisho_proxy_start_time_seconds 1790000000\n");
	has("\nsekisho_proxy_limit_hits_total{limit=\"tunnel_upload\"} 9\n");
	has("\nsekisho_proxy_refused_total{reason=\"not-listed\"} 2\n");
	has("\nsekisho_proxy_refused_total{reason=\"port\"} 0\n");
	has("\nsekisho_proxy_tunnels_cut_total{reason=\"withdrawn\"} 1\n");
	has("\nsekisho_proxy_tunnels_cut_total{reason=\"limit\"} 1\n");
	assert_null(strstr(text, "reason=\"no-flow\""));
	assert_null(strstr(text, "unknown"));
	assert_memory_equal(text, "# TYPE sekisho_proxy_connections_open gauge\n", 44);
	has("\nsekisho_proxy_connections_open 3\n");
}

/* Each number of the struct is added, and each but the unprinted reasons is shown. */
static void test_add(void **state)
{
	struct proxy_metrics one, sum = { .revision = 1 };
	const size_t count = sizeof(one) / sizeof(uint64_t);
	uint64_t v[sizeof(one) / sizeof(uint64_t)];

	(void)state;
	for (size_t i = 0; i < count; i++)
		v[i] = 1000000 + i;
	memcpy(&one, v, sizeof(one));
	metrics_add(&sum, &one);
	metrics_add(&sum, &one);
	assert_int_equal(sum.revision, 2 * one.revision + 1);
	assert_int_equal(sum.limits[METRICS_LIMITS - 1],
			 2 * one.limits[METRICS_LIMITS - 1]);
	(void)check(&one);
	for (size_t i = 0; i < count; i++) {
		size_t at = i * sizeof(uint64_t);
		char number[32];
		bool reasons = at >= offsetof(struct proxy_metrics, refused) &&
			       at < offsetof(struct proxy_metrics, bytes_up);

		(void)snprintf(number, sizeof(number), " %zu\n", 1000000 + i);
		if (!reasons)
			has(number);
	}
}

static int set_up(void **state)
{
	(void)state;
	for (int k = 0; k < LINES; k++) {
		if (regcomp(&compiled[k], grammar[k], REG_EXTENDED) != 0)
			return -1;
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (int k = 0; k < LINES; k++)
		regfree(&compiled[k]);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grammar),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_add),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
