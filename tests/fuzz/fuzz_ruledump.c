/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fw/verify/decode.h"
#include "fw/verify/print.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the engine relies on: indexes that exist, ranges in order. */
static void check(const struct model *m, const struct step *s)
{
	if ((s->kind == STEP_LOOKUP || s->kind == STEP_MAP) &&
	    (s->set >= m->set_count || m->set[s->set].field_count != s->field_count))
		abort();
	if (s->kind == STEP_VERDICT &&
	    (s->verdict == VERDICT_JUMP || s->verdict == VERDICT_GOTO) &&
	    s->chain >= m->chain_count)
		abort();
	if (s->field_count > STEP_FIELDS_MAX)
		abort();
	for (size_t i = 0; i < s->range_count; i++) {
		const struct range *r = &s->range[i];

		if (r->max.hi < r->min.hi ||
		    (r->max.hi == r->min.hi && r->max.lo < r->min.lo))
			abort();
		if ((s->field[0] == FIELD_IIF || s->field[0] == FIELD_OIF) &&
		    r->max.lo >= m->name_count)
			abort();
	}
}

static void look(const struct model *m)
{
	FILE *out = fopen("/dev/null", "w");

	for (size_t i = 0; i < m->chain_count; i++) {
		const struct chain *c = &m->chain[i];

		for (size_t k = 0; k < c->rule_count; k++) {
			for (size_t n = 0; n < c->rule[k].step_count; n++)
				check(m, &c->rule[k].step[n]);
		}
	}
	if (out == NULL)
		return;
	model_print(m, out);
	(void)fclose(out);
}

/* A run of messages, as the apply role sends it; the decoder copies none in part. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct decode *d = NULL;
	struct model *m = NULL;
	size_t at = 0;
	int r = decode_new(NULL, 0, &d);

	while (r == 0 && size - at >= sizeof(uint32_t)) {
		uint32_t len;

		memcpy(&len, data + at, sizeof(len));
		if (len < sizeof(len) || len > size - at)
			len = (uint32_t)(size - at);
		(void)decode_add(d, data + at, len);
		at += len < size - at ? (len + 3u) & ~3u : len;
		if (at > size)
			at = size;
	}
	if (r == 0 && decode_finish(d, &m) == 0)
		look(m);
	model_free(m);
	decode_free(d);
	return 0;
}
