/* SPDX-License-Identifier: GPL-3.0-or-later */
/* a file of the register: the first byte says UTF-8 or Shift_JIS, the rest is the file */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/str.h"
#include "mgmt/mgmtd/asset_file.h"
#include "mgmt/mgmtd/charset.h"
#include "mgmt/mgmtd/input_asset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct policy *policy;

static void read_policy(void)
{
	static const char text[] = "version: 1\nsite: { name: x }\nzones:\n  office:\n"
				   "    kind: office\n    interfaces: [e0]\n"
				   "    networks: [10.0.0.0/24]\n"
				   "    admission: enforce\n";
	struct diags diags = { 0 };

	if (policy_parse(text, sizeof(text) - 1, &policy, &diags) < 0)
		abort();
}

/* Rows come in the order of their lines; what is taken has an owner and a real card. */
static int take(const json_t *body, size_t line, void *user)
{
	size_t *last = user;
	struct input_asset in;
	struct input_error e;
	struct mac mac;

	if (line <= *last)
		abort();
	*last = line;
	if (input_asset_new(body, policy, &in, &e) < 0)
		return 0;
	if (in.card_count != 1 || in.asset.owner[0] == '\0' ||
	    mac_parse(in.card[0].mac, &mac) < 0 || !mac_is_unicast(mac) ||
	    !str_is_printable_utf8(in.asset.note))
		abort();
	return 0;
}

static void read_file(const char *text, size_t len)
{
	struct rowfile_error e = { 0 };
	size_t last = 0;
	int r = asset_file_read(text, len, take, &last, &e);

	if (r == -EINVAL && e.line == 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = NULL;
	size_t len = 0;

	if (size == 0)
		return 0;
	if (policy == NULL)
		read_policy();
	if (data[0] == 'u') {
		read_file((const char *)data + 1, size - 1);
	} else if (charset_from_sjis((const char *)data + 1, size - 1, &text, &len) ==
		   0) {
		if (strlen(text) > len)
			abort();
		read_file(text, len);
		free(text);
	}
	return 0;
}
