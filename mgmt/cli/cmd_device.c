/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "lib/addr.h"
#include "lib/id.h"
#include "lib/str.h"
#include "mgmt/cli/ask.h"
#include "mgmt/cli/device_word.h"
#include "mgmt/cli/duration.h"
#include "mgmt/cli/out.h"
#include "mgmt/cli/pages.h"
#include "mgmt/cli/say.h"
#include "mgmt/cli/show.h"

static void add_device(const struct cli *c, struct table *t, const json_t *d)
{
	const json_t *permit = json_object_get(d, "permit");

	(void)c;
	show_cells(t, d, "id mac name interface address state kind owner");
	show_cell_time(t, permit, "until");
	show_cell_time(t, d, "last_seen");
}

int cmd_device_list(const struct cli *c)
{
	static const char *const heads[] = { "ID",      "MAC",       "NAME", "INTERFACE",
					     "ADDRESS", "STATE",     "KIND", "OWNER",
					     "UNTIL",   "LAST SEEN", NULL };
	static const char *const filters[] = { "state", "zone", "text", NULL };
	CLEANUP(ask_free)
	json_t *answer = pages_get(c, "/api/devices", "devices", filters);

	return show_list(c, answer, "devices", heads, add_device);
}

/* The devices that word names (one MAC address may be seen on several interfaces). */
static json_t *find_devices(const struct cli *c, const char *word)
{
	CLEANUP(ask_free) json_t *answer = ask_get(c, "/api/devices?device=%s", word);

	return json_incref(json_object_get(answer, "devices"));
}

int cmd_device_show(const struct cli *c)
{
	CLEANUP(ask_free) json_t *found = NULL;
	char device[ID_TEXT_MAX];

	if (device_word(c->args.word[0], device) != CLI_DONE)
		return CLI_MISUSE;
	found = find_devices(c, device);
	if (found == NULL)
		return CLI_FAILED;
	if (json_array_size(found) == 0) {
		say_problem(c, TEXT_NOT_FOUND, device);
		return CLI_FAILED;
	}
	/* all there is to know is a tree: JSON shows it best, for people too */
	return show_json(json_array_size(found) == 1 ? json_array_get(found, 0) : found);
}

/* device becomes the id of the device there, which is registered if it is not known. */
static int pin_to_interface(const struct cli *c, const char *interface,
			    char device[ID_TEXT_MAX])
{
	CLEANUP(ask_free) json_t *found = find_devices(c, device);
	CLEANUP(ask_free) json_t *made = NULL;
	const json_t *d, *there = NULL;
	const char *known = device;
	struct addr a;
	struct mac mac;
	size_t i;

	if (found == NULL)
		return CLI_FAILED;
	json_array_foreach(found, i, d)
	{
		if (strcmp(show_string(d, "interface"), interface) == 0)
			there = d;
	}
	if (there == NULL && mac_parse(device, &mac) < 0) {
		out_complain("--interface needs a MAC address, not a device's id");
		return CLI_MISUSE;
	}
	if (there == NULL) {
		if (addr_parse(c->args.word[0], &a) == 0)
			known = c->args.word[0];
		made = ask_post(
			c, json_pack("{s:s, s:s}", "mac", known, "interface", interface),
			"/api/devices");
		there = made;
	}
	if (there == NULL || !id_is('d', show_string(there, "id")))
		return CLI_FAILED;
	(void)str_copy(device, ID_TEXT_MAX, show_string(there, "id"));
	return CLI_DONE;
}

/* An option's values, under key when there are any. */
static void put_list(const struct args *a, const char *option, json_t *body,
		     const char *key)
{
	json_t *list = json_array();
	const char *value;

	for (size_t i = 0; (value = args_nth(a, option, i)) != NULL; i++)
		(void)json_array_append_new(list, json_string(value));
	if (json_array_size(list) != 0)
		(void)json_object_set(body, key, list);
	json_decref(list);
}

/* What else a permit binds: plain texts, and further cards by id. */
static void put_texts(const struct args *a, json_t *body)
{
	static const char *const names[] = { "from",    "company",  "ticket",
					     "address", "terminal", "checked" };
	const char *value;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		value = args_value(a, names[i]);
		if (value != NULL)
			(void)json_object_set_new(body, names[i], json_string(value));
	}
	put_list(a, "with", body, "cards");
}

/* The permit that the options describe; NULL after a complaint. */
static json_t *permit_of(const struct args *a)
{
	const char *kind = args_value(a, "kind"), *owner = args_value(a, "owner");
	const char *reason = args_value(a, "reason"), *until = args_value(a, "until");
	const char *lasting = args_value(a, "for");
	uint64_t seconds = 0;
	json_t *body;

	if (until != NULL && lasting != NULL) {
		out_complain("--until and --for exclude each other");
		return NULL;
	}
	if (lasting != NULL && duration_parse(lasting, &seconds) < 0) {
		out_complain("'%s' is not a duration: 30s, 10m, 8h, 90d", lasting);
		return NULL;
	}
	body = json_pack("{s:s, s:s, s:s}", "kind", kind, "owner", owner, "reason",
			 reason);
	if (body == NULL) {
		out_complain("a word is not UTF-8, or memory is short");
		return NULL;
	}
	if (until != NULL)
		(void)json_object_set_new(body, "until", json_string(until));
	if (lasting != NULL)
		(void)json_object_set_new(body, "seconds",
					  json_integer((json_int_t)seconds));
	put_texts(a, body);
	put_list(a, "dest", body, "destinations");
	put_list(a, "flow", body, "flows");
	put_list(a, "list", body, "lists");
	return body;
}

static int report_approval(const struct cli *c, const json_t *device)
{
	const char *until = show_string(json_object_get(device, "permit"), "until");
	char text[SHOW_TIME_MAX];

	if (c->json)
		return show_json(device);
	show_time(until, text);
	say(c, TEXT_DEVICE_APPROVED, show_string(device, "mac"),
	    text[0] != '\0' ? text : msg(c->lang, TEXT_NO_END));
	return CLI_DONE;
}

int cmd_device_approve(const struct cli *c)
{
	const char *interface = args_value(&c->args, "interface");
	CLEANUP(ask_free) json_t *body = NULL;
	CLEANUP(ask_free) json_t *answer = NULL;
	char device[ID_TEXT_MAX];
	int r;

	if (device_word(c->args.word[0], device) != CLI_DONE)
		return CLI_MISUSE;
	body = permit_of(&c->args);
	if (body == NULL)
		return CLI_MISUSE;
	r = interface != NULL ? pin_to_interface(c, interface, device) : CLI_DONE;
	if (r != CLI_DONE)
		return r;
	answer = ask_post(c, json_incref(body), "/api/devices/%s/approve", device);
	return answer != NULL ? report_approval(c, answer) : CLI_FAILED;
}

int cmd_device_revoke(const struct cli *c)
{
	CLEANUP(ask_free) json_t *answer = NULL;
	char device[ID_TEXT_MAX];

	if (device_word(c->args.word[0], device) != CLI_DONE)
		return CLI_MISUSE;
	answer = ask_post(c, json_pack("{s:s}", "reason", args_value(&c->args, "reason")),
			  "/api/devices/%s/revoke", device);
	if (answer == NULL)
		return CLI_FAILED;
	if (c->json)
		return show_json(answer);
	say(c, TEXT_DEVICE_REVOKED, device);
	if (json_object_get(answer, "pending") == NULL)
		say(c, TEXT_CUT_SOON, device);
	return CLI_DONE;
}

int cmd_device_group(const struct cli *c)
{
	CLEANUP(ask_free) json_t *answer = NULL;
	char device[ID_TEXT_MAX];

	if (device_word(c->args.word[0], device) != CLI_DONE)
		return CLI_MISUSE;
	answer = ask_post(c,
			  json_pack("{s:s, s:s}", "group",
				    c->args.word_count > 1 ? c->args.word[1] : "",
				    "reason", args_value(&c->args, "reason")),
			  "/api/devices/%s/group", device);
	if (answer == NULL)
		return CLI_FAILED;
	if (c->json)
		return show_json(answer);
	say(c, TEXT_DEVICE_GROUP, show_string(answer, "mac"),
	    show_string(answer, "group"));
	return CLI_DONE;
}
