/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fw_prove CASE [LOADED]: this namespace's ruleset against a golden case's policy, as
 * JSON. The exit status is 0 when it is proved. fw_load has put it there, at the second
 * LOADED of the clock, since when permits have gone on towards their end.
 * fw_prove --files POLICY OBJECTS: against a policy's text, at the present time.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fw/apply/dump.h"
#include "fw/verify/decode.h"
#include "fw/verify/report.h"
#include "lib/fdio.h"
#include "lib/ipc.h"
#include "lib/mono.h"
#include "tests/unit/fw/golden.h"

struct bytes {
	uint8_t *at;
	size_t len;
};

static int take(const void *part, size_t len, void *user)
{
	struct bytes *b = user;
	uint8_t *grown = realloc(b->at, b->len + len);

	if (grown == NULL)
		return -ENOMEM;
	memcpy(grown + b->len, part, len);
	b->at = grown;
	b->len += len;
	return 0;
}

static int decode(const struct bytes *b, struct model **ret_model)
{
	struct decode *d = NULL;
	size_t at = 0;
	int r = decode_new(NULL, 0, &d);

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

static bool print(const struct model *m, const struct revision *rev, int64_t now)
{
	const struct facts facts = { .uid_proxy = GOLDEN_UID_PROXY,
				     .uid_management = GOLDEN_UID_MANAGEMENT,
				     .uid_clock = GOLDEN_UID_CLOCK,
				     .now = now };
	struct mono start = mono_now();
	static struct proof p;
	bool proved;
	char *text;

	prove(m, rev, &facts, &p);
	text = report_proof(&p, (double)(mono_now().us - start.us) / 1000);
	if (text != NULL)
		(void)puts(text);
	proved = p.result == PROOF_PROVED;
	free(text);
	proof_free(&p);
	return proved;
}

static struct revision *read_files(const char *policy_path, const char *objects_path)
{
	char *policy = NULL, *objects = NULL;
	struct revision *rev = NULL;
	size_t len;

	if (fdio_read_file(policy_path, POLICY_FILE_MAX, &policy, &len) == 0 &&
	    fdio_read_file(objects_path, POLICY_FILE_MAX, &objects, &len) == 0)
		rev = golden_make(policy, objects);
	free(policy);
	free(objects);
	return rev;
}

/* When it is for the case. */
static int64_t case_now(const char *loaded)
{
	return GOLDEN_NOW + (loaded == NULL ? 0 : time(NULL) - strtoll(loaded, NULL, 10));
}

int main(int argc, char **argv)
{
	bool files = argc == 4 && strcmp(argv[1], "--files") == 0;
	struct revision *rev = files       ? read_files(argv[2], argv[3])
			       : argc >= 2 ? golden_load(argv[1])
					   : NULL;
	struct model *m = NULL;
	struct bytes b = { 0 };
	bool proved = false;
	int r = rev != NULL ? dump_ruleset(IPC_PAYLOAD_MAX, take, &b) : -EINVAL;

	if (r == 0)
		r = decode(&b, &m);
	if (r == 0)
		proved = print(m, rev, files ? (int64_t)time(NULL) : case_now(argv[2]));
	else
		(void)fprintf(stderr, "fw_prove: %s\n", strerror(-r));
	model_free(m);
	free(b.at);
	revision_free(rev);
	return proved ? EXIT_SUCCESS : EXIT_FAILURE;
}
