/* SPDX-License-Identifier: GPL-3.0-or-later */
/* an allowlist file: the first byte says CSV or JSON, the rest is the file */
#include <errno.h>
#include <stdlib.h>

#include "mgmt/mgmtd/entry_file.h"

#define NOW 1790000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct last {
	size_t line;
	bool csv;
};

/* Rows come in the order of their lines, and are what input_allow() takes any of. */
static int take(const json_t *body, size_t line, void *user)
{
	struct last *last = user;
	struct input_allow in;
	struct input_error e;

	if (line < last->line || line == 0 || (last->csv && line == last->line))
		abort();
	last->line = line;
	if (input_allow(body, NOW, &in, &e) == 0 && in.purpose[0] == '\0')
		abort();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rowfile_error e = { 0 };
	struct last last = { 0 };
	int r;

	if (size == 0)
		return 0;
	last.csv = data[0] == 'c';
	r = entry_file_read((const char *)data + 1, size - 1, last.csv, take, &last, &e);
	if (r == -EINVAL && e.line == 0)
		abort();
	return 0;
}
