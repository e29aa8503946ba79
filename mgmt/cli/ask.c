/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/cli/ask.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/mem.h"
#include "mgmt/cli/client.h"
#include "mgmt/cli/out.h"
#include "mgmt/cli/say.h"

#define HURRY_MS 12000L /* longer than mgmtd waits for gated and proxyd together */

void ask_free(json_t **answer)
{
	json_decref(*answer);
}

static void complain(const struct cli *c, const struct client_answer *a)
{
	const json_t *error = json_object_get(a->json, "error");
	const char *text = json_string_value(json_object_get(error, "message"));
	const json_t *lines = json_object_get(error, "diagnostics");

	if (text == NULL) {
		say_problem(c, TEXT_BAD_ANSWER, say_number(a->status).text);
		return;
	}
	out_complain("%s", text);
	for (size_t i = 0; i < json_array_size(lines); i++) {
		const char *line = json_string_value(json_array_get(lines, i));

		out_text(stderr, line != NULL ? line : "?");
		(void)fputc('\n', stderr);
	}
	if (c->json && out_json(stdout, a->json) < 0)
		out_complain("out of memory");
}

/* Is the answer a good one? If not, it has been complained about. */
static bool exchange(const struct cli *c, const char *method, const char *path,
		     const json_t *body, struct client_answer *a)
{
	if (client_ask(c->root, c->lang, method, path, body, a) < 0) {
		say_problem(c, TEXT_NO_ANSWER, a->error);
		return false;
	}
	if (a->status >= 200 && a->status < 300)
		return true;
	complain(c, a);
	return false;
}

static json_t *ask(const struct cli *c, const char *method, const char *path,
		   const json_t *body)
{
	struct client_answer a;
	json_t *answer = NULL;

	if (exchange(c, method, path, body, &a)) {
		answer = json_incref(a.json);
		if (!json_is_object(answer)) {
			say_problem(c, TEXT_BAD_ANSWER, say_number(a.status).text);
			json_decref(answer);
			answer = NULL;
		}
	}
	client_answer_free(&a);
	return answer;
}

static char *format_path(const char *fmt, va_list ap) PRINTF_FMT(1, 0);

static char *format_path(const char *fmt, va_list ap)
{
	char *path = NULL;

	if (vasprintf(&path, fmt, ap) == -1)
		path = NULL;
	if (path == NULL)
		out_complain("out of memory");
	return path;
}

json_t *ask_get(const struct cli *c, const char *path, ...)
{
	CLEANUP(free_p) char *full = NULL;
	va_list ap;

	va_start(ap, path);
	full = format_path(path, ap);
	va_end(ap);
	return full != NULL ? ask(c, "GET", full, NULL) : NULL;
}

/* What the server adds to a change that it took: a daemon that has not heard of it. */
static void say_warning(const struct cli *c, const json_t *answer)
{
	const char *text = json_string_value(json_object_get(answer, "warning"));

	if (text != NULL && !c->json)
		say_problem(c, TEXT_WARNING, text);
}

json_t *ask_post(const struct cli *c, json_t *body, const char *path, ...)
{
	CLEANUP(ask_free) json_t *own = body;
	CLEANUP(free_p) char *full = NULL;
	json_t *answer = NULL;
	va_list ap;

	va_start(ap, path);
	full = format_path(path, ap);
	va_end(ap);
	if (own == NULL && full != NULL)
		out_complain("a word is not UTF-8, or memory is short");
	if (own != NULL && full != NULL)
		answer = ask(c, "POST", full, own);
	say_warning(c, answer);
	return answer;
}

static char *text_of(const struct cli *c, const char *method, const char *path,
		     const json_t *body)
{
	struct client_answer a;
	char *text = NULL;

	if (exchange(c, method, path, body, &a))
		text = a.body != NULL ? STEAL(a.body) : strdup("");
	client_answer_free(&a);
	return text;
}

char *ask_text(const struct cli *c, const char *path)
{
	return text_of(c, "GET", path, NULL);
}

char *ask_post_text(const struct cli *c, json_t *body, const char *path)
{
	CLEANUP(ask_free) json_t *own = body;

	if (own == NULL)
		out_complain("a word is not UTF-8, or memory is short");
	return own != NULL ? text_of(c, "POST", path, own) : NULL;
}

json_t *ask_post_quiet(const struct cli *c, json_t *body, const char *path,
		       bool *ret_silent)
{
	CLEANUP(ask_free) json_t *own = body;
	struct client_answer a;
	json_t *answer = NULL;
	int r = client_ask_within(HURRY_MS, c->root, c->lang, "POST", path, own, &a);

	*ret_silent = r < 0;
	if (r == 0 && a.status >= 200 && a.status < 300 && json_is_object(a.json))
		answer = json_incref(a.json);
	else if (r == 0)
		complain(c, &a);
	say_warning(c, answer);
	client_answer_free(&a);
	return answer;
}
