/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The register: devices with their cards. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/id.h"
#include "lib/mem.h"
#include "lib/str.h"
#include "mgmt/cli/ask.h"
#include "mgmt/cli/client.h"
#include "mgmt/cli/file.h"
#include "mgmt/cli/out.h"
#include "mgmt/cli/pages.h"
#include "mgmt/cli/say.h"
#include "mgmt/cli/show.h"

#define IMPORT_MAX (8u << 20)

static int read_id(const char *word)
{
	if (id_is('r', word))
		return CLI_DONE;
	out_complain("'%s' is no id of the register", word);
	return CLI_MISUSE;
}

static void add_row(const struct cli *c, struct table *t, const json_t *a)
{
	const json_t *cards = json_object_get(a, "cards");

	(void)c;
	show_cells(t, a, "id number name owner organisation kind state");
	table_add(t, show_string(json_array_get(cards, 0), "mac"));
	table_add(t, say_number((long long)json_array_size(cards)).text);
}

int cmd_asset_list(const struct cli *c)
{
	static const char *const heads[] = { "ID",           "NUMBER", "NAME",  "OWNER",
					     "ORGANISATION", "KIND",   "STATE", "MAC",
					     "CARDS",        NULL };
	static const char *const filters[] = { "state", "kind", "zone", "text", NULL };
	CLEANUP(ask_free) json_t *all = pages_get(c, "/api/assets", "assets", filters);

	return show_list(c, all, "assets", heads, add_row);
}

int cmd_asset_show(const struct cli *c)
{
	CLEANUP(ask_free) json_t *answer = NULL;

	if (read_id(c->args.word[0]) != CLI_DONE)
		return CLI_MISUSE;
	answer = ask_get(c, "/api/assets/%s", c->args.word[0]);
	return answer != NULL ? show_json(answer) : CLI_FAILED;
}

/* The settings that were given as options. */
static void put_settings(const struct args *a, json_t *body)
{
	static const char *const names[] = { "number", "name", "owner", "organisation",
					     "kind",   "zone", "note",  "reason" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *value = args_value(a, names[i]);

		if (value != NULL)
			(void)json_object_set_new(body, names[i], json_string(value));
	}
}

static int say_asset(const struct cli *c, const json_t *answer)
{
	if (answer == NULL)
		return CLI_FAILED;
	if (c->json)
		return show_json(answer);
	say(c, TEXT_DEVICE_STATE, show_string(answer, "id"),
	    show_string(answer, "state"));
	return CLI_DONE;
}

/* Each --card is MAC,INTERFACE. */
static int put_cards(const struct args *a, json_t *body)
{
	json_t *list = json_array();
	const char *word;
	int r = CLI_DONE;

	for (size_t i = 0; (word = args_nth(a, "card", i)) != NULL; i++) {
		const char *comma = strrchr(word, ',');

		if (comma == NULL) {
			out_complain("'%s' is not MAC,INTERFACE", word);
			r = CLI_MISUSE;
			break;
		}
		(void)json_array_append_new(list, json_pack("{s:s#, s:s}", "mac", word,
							    (int)(comma - word),
							    "interface", comma + 1));
	}
	(void)json_object_set(body, "cards", list);
	json_decref(list);
	return r;
}

int cmd_asset_add(const struct cli *c)
{
	CLEANUP(ask_free) json_t *body = json_object();
	CLEANUP(ask_free) json_t *answer = NULL;

	put_settings(&c->args, body);
	if (put_cards(&c->args, body) != CLI_DONE)
		return CLI_MISUSE;
	answer = ask_post(c, json_incref(body), "/api/assets");
	return say_asset(c, answer);
}

int cmd_asset_set(const struct cli *c)
{
	CLEANUP(ask_free) json_t *body = json_object();
	CLEANUP(ask_free) json_t *answer = NULL;

	if (read_id(c->args.word[0]) != CLI_DONE)
		return CLI_MISUSE;
	put_settings(&c->args, body);
	answer = ask_post(c, json_incref(body), "/api/assets/%s/change", c->args.word[0]);
	return say_asset(c, answer);
}

int cmd_asset_card(const struct cli *c)
{
	CLEANUP(ask_free) json_t *answer = NULL;

	if (read_id(c->args.word[0]) != CLI_DONE)
		return CLI_MISUSE;
	answer = ask_post(c,
			  json_pack("{s:s, s:s, s:s}", "mac", c->args.word[1],
				    "interface", args_value(&c->args, "interface"),
				    "reason", args_value(&c->args, "reason")),
			  "/api/assets/%s/card", c->args.word[0]);
	return say_asset(c, answer);
}

static bool wants_sjis(const struct args *a)
{
	return args_has(a, "sjis");
}

int cmd_asset_import(const struct cli *c)
{
	CLEANUP(free_p) char *text = NULL, *base64 = NULL;
	CLEANUP(ask_free) json_t *answer = NULL;
	bool check = args_has(&c->args, "check");
	size_t len = 0, room;

	if (file_read(c->args.word[0], IMPORT_MAX, &text, &len) != CLI_DONE)
		return CLI_FAILED;
	room = sodium_base64_encoded_len(len, sodium_base64_VARIANT_ORIGINAL);
	base64 = malloc(room);
	if (base64 == NULL) {
		out_complain("out of memory");
		return CLI_FAILED;
	}
	(void)sodium_bin2base64(base64, room, (const unsigned char *)text, len,
				sodium_base64_VARIANT_ORIGINAL);
	answer = ask_post(c,
			  json_pack("{s:s, s:s, s:b}", "base64", base64, "encoding",
				    wants_sjis(&c->args) ? "shift_jis" : "utf-8", "check",
				    (int)check),
			  "/api/assets/import");
	if (answer == NULL)
		return CLI_FAILED;
	if (c->json)
		return show_json(answer);
	say(c, check ? TEXT_ASSETS_WOULD : TEXT_ASSETS_IMPORTED,
	    say_number(show_number(answer, "added")).text,
	    say_number(show_number(answer, "changed")).text);
	return CLI_DONE;
}

int cmd_asset_export(const struct cli *c)
{
	CLEANUP(free_p) char *text = NULL;
	bool sjis = wants_sjis(&c->args);

	if (sjis && isatty(STDOUT_FILENO) != 0) {
		out_complain("Shift_JIS is for a file; this is a terminal");
		return CLI_MISUSE;
	}
	text = ask_text(c, sjis ? "/api/assets/export?encoding=shift_jis"
			   : args_has(&c->args, "bom")
				   ? "/api/assets/export?encoding=utf-8-bom"
				   : "/api/assets/export");
	if (text == NULL)
		return CLI_FAILED;
	if (isatty(STDOUT_FILENO) != 0)
		out_text(stdout, text);
	else
		(void)fputs(text, stdout); /* a file has every byte as it is */
	return CLI_DONE;
}

/* The bytes as they are. A file that is there stays: somebody may have filled it in. */
static int write_new(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
	bool ok = f != NULL && fputs(text, f) >= 0;

	if (f != NULL)
		ok = fclose(f) == 0 && ok;
	else if (fd >= 0)
		(void)close(fd);
	if (!ok)
		out_complain("%s: %s", file, strerror(errno));
	return ok ? CLI_DONE : CLI_FAILED;
}

int cmd_asset_draft(const struct cli *c)
{
	const char *zone = args_value(&c->args, "zone");
	const char *since = args_value(&c->args, "since");
	const char *file = args_value(&c->args, "out");
	CLEANUP(free_p) char *zone_word = client_escape(zone != NULL ? zone : "");
	CLEANUP(free_p) char *since_word = client_escape(since != NULL ? since : "");
	CLEANUP(free_p) char *path = NULL, *text = NULL;
	bool sjis = wants_sjis(&c->args);

	if (sjis && file == NULL && isatty(STDOUT_FILENO) != 0) {
		out_complain("Shift_JIS is for a file; this is a terminal");
		return CLI_MISUSE;
	}
	if (zone_word == NULL || since_word == NULL ||
	    asprintf(&path, "/api/assets/draft?encoding=%s%s%s%s%s",
		     sjis                        ? "shift_jis"
		     : args_has(&c->args, "bom") ? "utf-8-bom"
						 : "utf-8",
		     zone != NULL ? "&zone=" : "", zone_word,
		     since != NULL ? "&since=" : "", since_word) == -1) {
		path = NULL;
		out_complain("out of memory");
		return CLI_FAILED;
	}
	text = ask_text(c, path);
	if (text == NULL)
		return CLI_FAILED;
	if (file != NULL)
		return write_new(file, text);
	if (isatty(STDOUT_FILENO) != 0)
		out_text(stdout, text);
	else
		(void)fputs(text, stdout);
	return CLI_DONE;
}

int cmd_asset_due(const struct cli *c)
{
	static const char *const heads[] = { "WHAT",  "DUE",  "ID",    "NUMBER", "NAME",
					     "OWNER", "KIND", "STATE", NULL };
	static const char *const parts[] = { "ending", "dormant", "recertify" };
	const char *text = args_value(&c->args, "days");
	CLEANUP(ask_free) json_t *answer = NULL;
	const json_t *one;
	uint64_t days = 14;
	struct table t;
	size_t i;

	if (text != NULL && str_to_uint(text, 0, 366, &days) < 0) {
		out_complain("--days is 0 to 366, not '%s'", text);
		return CLI_MISUSE;
	}
	answer = ask_get(c, "/api/assets/due?days=%u", (unsigned)days);
	if (answer == NULL)
		return CLI_FAILED;
	if (c->json)
		return show_json(answer);
	t = show_table(c, heads);
	for (size_t k = 0; k < ARRAY_LEN(parts); k++) {
		json_array_foreach(json_object_get(answer, parts[k]), i, one)
		{
			table_add(&t, msg_word(c->lang, parts[k]));
			show_cell_time(&t, one, "due");
			show_cells(&t, one, "asset number name owner kind state");
		}
	}
	return show_end(&t);
}
