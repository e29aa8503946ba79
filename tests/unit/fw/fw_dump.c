/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fw_dump [--raw FILE | --time]: this namespace's ruleset, read back and decoded, as text.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fw/apply/dump.h"
#include "fw/verify/decode.h"
#include "fw/verify/print.h"
#include "lib/ipc.h"

struct bytes {
	uint8_t *at;
	size_t len;
	size_t room;
};

/* Milliseconds of processor time, the kernel's for us among them. */
static double used(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1000 + (double)ts.tv_nsec / 1000000;
}

static int take(const void *part, size_t len, void *user)
{
	struct bytes *b = user;

	if (len > b->room - b->len) {
		size_t room = (b->room + len) * 2;
		uint8_t *grown = realloc(b->at, room);

		if (grown == NULL)
			return -ENOMEM;
		b->at = grown;
		b->room = room;
	}
	memcpy(b->at + b->len, part, len);
	b->len += len;
	return 0;
}

static int decode(const struct bytes *b, struct model **ret_model)
{
	struct if_nameindex *list = if_nameindex();
	struct decode_interface interface[64] = { 0 };
	struct decode *d = NULL;
	size_t count = 0, at = 0;
	int r;

	for (; list != NULL && list[count].if_index != 0 && count < 64; count++) {
		interface[count].index = list[count].if_index;
		(void)snprintf(interface[count].name, sizeof(interface[count].name), "%s",
			       list[count].if_name);
	}
	if_freenameindex(list);
	r = decode_new(interface, count, &d);
	while (r == 0 && at < b->len) {
		uint32_t len;

		memcpy(&len, b->at + at, sizeof(len));
		r = decode_add(d, b->at + at, len);
		at += (len + 3u) & ~3u;
	}
	if (r == 0)
		r = decode_finish(d, ret_model);
	decode_free(d);
	return r;
}

static int save(const struct bytes *b, const char *path)
{
	FILE *f = fopen(path, "w");
	int r = f != NULL && fwrite(b->at, 1, b->len, f) == b->len ? 0 : -EIO;

	return f == NULL || fclose(f) != 0 ? -EIO : r;
}

int main(int argc, char **argv)
{
	struct bytes b = { 0 };
	struct model *m = NULL;
	double start = used(), read, done;
	int r = dump_ruleset(IPC_PAYLOAD_MAX, take, &b);

	read = used();
	if (r == 0)
		r = decode(&b, &m);
	done = used();
	if (r == 0 && argc == 3 && strcmp(argv[1], "--raw") == 0)
		r = save(&b, argv[2]);
	else if (r == 0 && argc == 2)
		(void)printf("%zu bytes, read back in %.1f ms, decoded in %.1f ms of "
			     "processor time\n",
			     b.len, read - start, done - read);
	else if (r == 0)
		model_print(m, stdout);
	if (r < 0)
		(void)fprintf(stderr, "fw_dump: %s\n", strerror(-r));
	model_free(m);
	free(b.at);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
