/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/verify/model.h"

#include <stdlib.h>
#include <string.h>

#define SWITCH_TABLE "sekisho"
#define SWITCH_SET   "recording"

static void chain_free(struct chain *c)
{
	for (size_t i = 0; i < c->rule_count; i++) {
		for (size_t k = 0; k < c->rule[i].step_count; k++)
			free(c->rule[i].step[k].range);
		free(c->rule[i].step);
	}
	free(c->rule);
}

void model_free(struct model *m)
{
	if (m == NULL)
		return;
	for (size_t i = 0; i < m->chain_count; i++)
		chain_free(&m->chain[i]);
	for (size_t i = 0; i < m->set_count; i++)
		free(m->set[i].element);
	free(m->chain);
	free(m->set);
	free(m->name);
	free(m);
}

/* Does the wildcard "eth*" stand for the interface, and with how many letters? */
static size_t wildcard(const char *pattern, const char *name)
{
	size_t len = strnlen(pattern, MODEL_NAME_MAX);

	if (len == 0 || pattern[len - 1] != '*' || strncmp(pattern, name, len - 1) != 0)
		return 0;
	return len;
}

uint32_t model_name_index(const struct model *m, const char *name)
{
	uint32_t best = NAME_OTHER;
	size_t best_len = 0;

	for (uint32_t i = NAME_FIRST; i < m->name_count; i++) {
		size_t len = wildcard(m->name[i], name);

		if (strncmp(m->name[i], name, MODEL_NAME_MAX) == 0)
			return i;
		if (len > best_len) {
			best = i;
			best_len = len;
		}
	}
	return best;
}

bool model_is_switch(const struct model *m, const struct step *st)
{
	return st->kind == STEP_LOOKUP && st->field_count == 1 &&
	       st->field[0] == FIELD_FAMILY &&
	       strcmp(m->set[st->set].table, SWITCH_TABLE) == 0 &&
	       strcmp(m->set[st->set].name, SWITCH_SET) == 0;
}
