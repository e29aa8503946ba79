/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is said about a device with all its cards: quarantine, release and so on. */
#include <string.h>

#include "mgmt/cli/ask.h"
#include "mgmt/cli/device_word.h"
#include "mgmt/cli/out.h"
#include "mgmt/cli/say.h"
#include "mgmt/cli/show.h"

/* POST body to the device's verb, and say in which state it is then. */
static int hold(const struct cli *c, const char *verb, json_t *body, bool cut)
{
	CLEANUP(ask_free) json_t *own = body;
	CLEANUP(ask_free) json_t *answer = NULL;
	char device[ID_TEXT_MAX];

	if (device_word(c->args.word[0], device) != CLI_DONE)
		return CLI_MISUSE;
	answer = ask_post(c, json_incref(own), "/api/devices/%s/%s", device, verb);
	if (answer == NULL)
		return CLI_FAILED;
	if (c->json)
		return show_json(answer);
	say(c, TEXT_DEVICE_STATE, device, show_string(answer, "state"));
	if (cut)
		say(c, TEXT_CUT, say_number(show_number(answer, "cut")).text);
	return CLI_DONE;
}

static int with(const struct cli *c, const char *verb, const char *key, bool cut)
{
	return hold(c, verb, json_pack("{s:s}", key, args_value(&c->args, key)), cut);
}

int cmd_device_quarantine(const struct cli *c)
{
	return with(c, "quarantine", "reason", true);
}

int cmd_device_release(const struct cli *c)
{
	return with(c, "release", "reason", false);
}

int cmd_device_suspend(const struct cli *c)
{
	return with(c, "suspend", "reason", true);
}

int cmd_device_resume(const struct cli *c)
{
	return with(c, "resume", "reason", false);
}

int cmd_device_retire(const struct cli *c)
{
	return with(c, "retire", "reason", true);
}

int cmd_device_certify(const struct cli *c)
{
	return with(c, "certify", "result", false);
}

int cmd_device_check(const struct cli *c)
{
	return with(c, "check", "checked", false);
}
