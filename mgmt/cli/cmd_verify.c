/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The proof for a terminal: verdict, what is wrong with an example, and the matrix. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"
#include "mgmt/cli/ask.h"
#include "mgmt/cli/out.h"
#include "mgmt/cli/packet.h"
#include "mgmt/cli/say.h"
#include "mgmt/cli/show.h"

#define LINE_TEXT_MAX 512
#define GATEWAY       "gateway"
#define ZONES_MAX     (TABLE_COLUMNS_MAX - 1)
#define NAMES_MAX     80

static const json_t *list_of(const json_t *proof, const char *key)
{
	return json_object_get(proof, key);
}

static void say_verdict(const struct cli *c, const json_t *proof)
{
	const char *result = show_string(proof, "result");
	struct say_number number = say_number(show_number(proof, "revision"));
	enum msg m = TEXT_NOT_PROVED;
	char ms[32];

	if (strcmp(result, "proved") == 0)
		m = TEXT_PROVED;
	else if (strcmp(result, "broken") == 0)
		m = TEXT_BROKEN;
	(void)snprintf(ms, sizeof(ms), "%.1f",
		       json_number_value(json_object_get(proof, "elapsed_ms")));
	say(c, m, number.text, say_number(show_number(proof, "rules")).text, ms);
	if (show_number(proof, "revision") != show_number(proof, "current"))
		say(c, TEXT_OTHER_REVISION, number.text,
		    say_number(show_number(proof, "current")).text);
}

static void say_reasons(const struct cli *c, const json_t *proof)
{
	const json_t *one;
	size_t i;

	if (json_array_size(list_of(proof, "reasons")) != 0)
		say(c, TEXT_REASONS, "");
	json_array_foreach(list_of(proof, "reasons"), i, one)
	{
		(void)fputs("  ", stdout);
		out_text(stdout, json_is_string(one) ? json_string_value(one) : "?");
		(void)putchar('\n');
	}
}

static void say_example(const struct cli *c, const json_t *packet, const json_t *rule)
{
	char line[LINE_TEXT_MAX];

	if (json_is_object(packet)) {
		packet_text(packet, line, sizeof(line));
		say(c, TEXT_EXAMPLE, line);
	}
	if (json_is_object(rule)) {
		packet_rule_text(rule, line, sizeof(line));
		say(c, TEXT_BY_RULE, line);
	}
}

static void say_assertions(const struct cli *c, const json_t *proof)
{
	const json_t *one;
	size_t i;

	if (json_array_size(list_of(proof, "assertions")) != 0)
		say(c, TEXT_ASSERTIONS, "");
	json_array_foreach(list_of(proof, "assertions"), i, one)
	{
		bool holds = json_is_true(json_object_get(one, "holds"));

		say(c, holds ? TEXT_HOLDS : TEXT_DOES_NOT_HOLD, show_string(one, "from"),
		    show_string(one, "to"));
		say_example(c, json_object_get(one, "counterexample"), NULL);
	}
}

static void say_differences(const struct cli *c, const json_t *proof)
{
	const json_t *one;
	size_t i;

	if (json_array_size(list_of(proof, "differences")) != 0)
		say(c, TEXT_DIFFERENCES, "");
	json_array_foreach(list_of(proof, "differences"), i, one)
	{
		bool more = strcmp(show_string(one, "kind"), "less") != 0;

		say(c, more ? TEXT_MORE_THAN : TEXT_LESS_THAN, show_string(one, "from"),
		    show_string(one, "to"));
		say_example(c, json_object_get(one, "packet"),
			    json_object_get(one, "rule"));
	}
}

/* The zones of the matrix, in the policy's order, then what it does not know. */
struct names {
	const char *name[NAMES_MAX];
	size_t count;
};

static void add_name(struct names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++) {
		if (strcmp(names->name[i], name) == 0)
			return;
	}
	if (names->count < NAMES_MAX && name[0] != '\0')
		names->name[names->count++] = name;
}

static struct names names_of(const json_t *proof)
{
	struct names names = { 0 };
	const json_t *one;
	size_t i;

	json_array_foreach(list_of(proof, "zones"), i, one)
		add_name(&names, show_string(one, "name"));
	add_name(&names, GATEWAY);
	json_array_foreach(list_of(proof, "matrix"), i, one)
	{
		add_name(&names, show_string(one, "from"));
		add_name(&names, show_string(one, "to"));
	}
	return names;
}

static void add_services(struct table *t, const json_t *row)
{
	char text[LINE_TEXT_MAX] = "";
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(row, "services"), i, one)
	{
		size_t used = strlen(text);

		(void)snprintf(text + used, sizeof(text) - used, "%s%s",
			       i != 0 ? " " : "", show_string(one, "text"));
	}
	table_add(t, text);
}

static const json_t *row_of(const json_t *proof, const char *from, const char *to)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list_of(proof, "matrix"), i, one)
	{
		if (strcmp(show_string(one, "from"), from) == 0 &&
		    strcmp(show_string(one, "to"), to) == 0)
			return one;
	}
	return NULL;
}

/* Zones by zones; with more zones than columns, table after table. */
static int print_matrix(const struct cli *c, const json_t *proof)
{
	struct names names = names_of(proof);
	int r = CLI_DONE;

	say(c, TEXT_MATRIX, "");
	for (size_t first = 0; first < names.count && r == CLI_DONE; first += ZONES_MAX) {
		size_t end =
			first + ZONES_MAX < names.count ? first + ZONES_MAX : names.count;
		struct table t = { .columns = end - first + 1 };

		table_add(&t, "");
		for (size_t to = first; to < end; to++)
			table_add(&t, names.name[to]);
		for (size_t from = 0; from < names.count; from++) {
			table_add(&t, names.name[from]);
			for (size_t to = first; to < end; to++)
				add_services(&t, row_of(proof, names.name[from],
							names.name[to]));
		}
		r = show_end(&t);
	}
	return r;
}

static int print(const struct cli *c, const json_t *proof)
{
	const json_t *one;
	size_t i;

	say_verdict(c, proof);
	say_reasons(c, proof);
	say_differences(c, proof);
	say_assertions(c, proof);
	json_array_foreach(list_of(proof, "foreign"), i, one)
		say(c, TEXT_FOREIGN, json_is_string(one) ? json_string_value(one) : "?");
	return print_matrix(c, proof);
}

static int prove(const struct cli *c)
{
	CLEANUP(ask_free) json_t *proof = ask_get(c, "/api/verify");
	int r;

	if (proof == NULL)
		return CLI_FAILED;
	r = c->json ? show_json(proof) : print(c, proof);
	if (strcmp(show_string(proof, "result"), "proved") != 0 ||
	    show_number(proof, "revision") != show_number(proof, "current"))
		return CLI_FAILED;
	return r;
}

int cmd_verify(const struct cli *c)
{
	bool probe = args_has(&c->args, "probe"), runs = args_has(&c->args, "runs");

	if (probe && runs) {
		out_complain("--probe and --runs are two questions");
		return CLI_MISUSE;
	}
	return probe ? cmd_probe(c) : runs ? cmd_probe_runs(c) : prove(c);
}
