/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The allowlist as a file, and what of it should be looked at. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/mem.h"
#include "lib/str.h"
#include "mgmt/cli/ask.h"
#include "mgmt/cli/file.h"
#include "mgmt/cli/out.h"
#include "mgmt/cli/say.h"
#include "mgmt/cli/show.h"

#define IMPORT_MAX (8u << 20)
#define BOM        "\xef\xbb\xbf"

/* --format, else what the file's name ends with, else CSV. NULL after a complaint. */
static const char *format_of(const struct args *a, const char *file)
{
	const char *format = args_value(a, "format"), *dot = strrchr(file, '.');

	if (format == NULL)
		return dot != NULL && strcmp(dot, ".json") == 0 ? "json" : "csv";
	if (strcmp(format, "csv") == 0 || strcmp(format, "json") == 0)
		return format;
	out_complain("--format is csv or json, not '%s'", format);
	return NULL;
}

static void print_warnings(const json_t *list)
{
	const json_t *w;
	size_t i;

	json_array_foreach(list, i, w)
	{
		if (show_number(w, "line") != 0)
			out_complain("line %lld: %s: %s", show_number(w, "line"),
				     show_string(w, "host"), show_string(w, "text"));
		else
			out_complain("%s", show_string(w, "text"));
	}
}

int cmd_allow_import(const struct cli *c)
{
	const char *file = c->args.word[0], *format = format_of(&c->args, file);
	bool check = args_has(&c->args, "check");
	CLEANUP(free_p) char *text = NULL;
	CLEANUP(ask_free) json_t *answer = NULL;
	json_t *body;
	size_t len = 0;

	if (format == NULL)
		return CLI_MISUSE;
	if (file_read(file, IMPORT_MAX, &text, &len) != CLI_DONE)
		return CLI_FAILED;
	body = json_pack("{s:s, s:s#, s:b}", "format", format, "text", text, (int)len,
			 "check", (int)check);
	/* root on the box is the break-glass door: what it asks for is approved at once */
	if (body != NULL && geteuid() == 0)
		(void)json_object_set_new(body, "approve", json_true());
	answer = ask_post(c, body, "/api/allow/import");
	if (answer == NULL)
		return CLI_FAILED;
	if (c->json)
		return show_json(answer);
	print_warnings(json_object_get(answer, "warnings"));
	say(c, check ? TEXT_WOULD_IMPORT : TEXT_IMPORTED,
	    say_number(show_number(answer, check ? "would_add" : "added")).text);
	return CLI_DONE;
}

int cmd_allow_export(const struct cli *c)
{
	const char *format = format_of(&c->args, "");
	CLEANUP(free_p) char *text = NULL;

	if (format == NULL)
		return CLI_MISUSE;
	text = ask_text(c, strcmp(format, "csv") == 0 ? "/api/allow/export?format=csv"
						      : "/api/allow/export?format=json");
	if (text == NULL)
		return CLI_FAILED;
	if (args_has(&c->args, "bom"))
		(void)fputs(BOM, stdout);
	if (isatty(STDOUT_FILENO) != 0)
		out_text(stdout, text);
	else
		(void)fputs(text, stdout); /* a file has every byte as it is */
	return CLI_DONE;
}

/* "?days=N", or "" without the option. */
static int days_query(const struct args *a, char dst[32])
{
	const char *text = args_value(a, "days");
	uint64_t days;

	dst[0] = '\0';
	if (text == NULL)
		return CLI_DONE;
	if (str_to_uint(text, 1, 400, &days) < 0) {
		out_complain("--days is 1 to 400, not '%s'", text);
		return CLI_MISUSE;
	}
	(void)snprintf(dst, 32, "?days=%u", (unsigned)days);
	return CLI_DONE;
}

int cmd_allow_lint(const struct cli *c)
{
	static const char *const heads[] = { "FINDING", "ID",         "HOST",
					     "LIST",    "BECAUSE OF", NULL };
	CLEANUP(ask_free) json_t *answer = NULL;
	const json_t *list, *one;
	char query[32];
	struct table t;
	size_t i;
	int r;

	if (days_query(&c->args, query) != CLI_DONE)
		return CLI_MISUSE;
	answer = ask_get(c, "/api/allow/lint%s", query);
	if (answer == NULL)
		return CLI_FAILED;
	list = json_object_get(answer, "findings");
	if (c->json) {
		r = show_json(answer);
	} else {
		t = show_table(c, heads);
		json_array_foreach(list, i, one)
		{
			show_cell(&t, one, "code");
			show_cell(&t, one, "id");
			show_cell(&t, one, "host");
			show_cell(&t, one, "list_name");
			show_cell(&t, one, "other");
		}
		r = show_end(&t);
		if (show_number(answer, "unchecked") != 0)
			say_problem(c, TEXT_UNCHECKED,
				    say_number(show_number(answer, "unchecked")).text);
	}
	return r == CLI_DONE && json_array_size(list) != 0 ? CLI_FAILED : r;
}

/* A list's elements with blanks between, as a field of CSV has them. */
static void join(const json_t *list, char *dst, size_t size)
{
	size_t used = 0;

	dst[0] = '\0';
	for (size_t i = 0; i < json_array_size(list) && used < size; i++)
		used += (size_t)snprintf(
			dst + used, size - used, "%s%lld", i != 0 ? " " : "",
			(long long)json_integer_value(json_array_get(list, i)));
}

/* A file for import: the purpose is for a person to fill in. */
static void print_drafts(const json_t *domains)
{
	const json_t *domain, *host;
	char ports[128];
	size_t i, k;

	(void)puts("host,address,ports,scheme,purpose");
	json_array_foreach(domains, i, domain)
	{
		json_array_foreach(json_object_get(domain, "hosts"), k, host)
		{
			CLEANUP(free_p)
			char *name = out_clean(show_string(host, "host"), false);

			join(json_object_get(host, "ports"), ports, sizeof(ports));
			(void)printf("%s,%s,%s,%s,\n", name != NULL ? name : "",
				     json_is_true(json_object_get(host, "address"))
					     ? "yes"
					     : "",
				     ports, show_string(host, "scheme"));
		}
	}
}

static int print_suggestions(const struct cli *c, const json_t *domains)
{
	static const char *const heads[] = { "DOMAIN", "HOST",    "PORTS",
					     "COUNT",  "DEVICES", "USERS",
					     "FIRST",  "LAST",    NULL };
	struct table t = show_table(c, heads);
	const json_t *domain, *host;
	size_t i, k;

	json_array_foreach(domains, i, domain)
	{
		json_array_foreach(json_object_get(domain, "hosts"), k, host)
		{
			show_cell(&t, domain, "domain");
			show_cell(&t, host, "host");
			show_cell(&t, host, "ports");
			show_cell(&t, host, "count");
			show_cell(&t, host, "devices");
			show_cell(&t, host, "users");
			show_cell_time(&t, host, "first");
			show_cell_time(&t, host, "last");
		}
	}
	return show_end(&t);
}

int cmd_allow_suggest(const struct cli *c)
{
	CLEANUP(ask_free) json_t *answer = NULL;
	const json_t *domains, *cycle;
	char query[32];
	int r = CLI_DONE;

	if (days_query(&c->args, query) != CLI_DONE)
		return CLI_MISUSE;
	answer = ask_get(c, "/api/allow/suggest%s", query);
	if (answer == NULL)
		return CLI_FAILED;
	if (c->json)
		return show_json(answer);
	domains = json_object_get(answer, "domains");
	cycle = json_object_get(answer, "cycle");
	if (args_has(&c->args, "csv"))
		print_drafts(domains);
	else
		r = print_suggestions(c, domains);
	say_problem(c, TEXT_CYCLE, say_number(show_number(cycle, "seen")).text,
		    say_number(show_number(cycle, "days")).text);
	if (json_is_true(json_object_get(answer, "cut")) ||
	    show_number(answer, "left_out") != 0)
		say_problem(c, TEXT_SUGGEST_CUT, "");
	return r;
}
