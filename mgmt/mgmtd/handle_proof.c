/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Is what the kernel holds what the policy says? gated proves it, people read it here. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"
#include "mgmt/mgmtd/handlers.h"

static bool is_result(const char *text)
{
	return text != NULL &&
	       (strcmp(text, "proved") == 0 || strcmp(text, "broken") == 0 ||
		strcmp(text, "not-proved") == 0);
}

/* A proof with something in it that is wrong is none. */
static bool is_whole(const json_t *proof)
{
	const json_t *one;
	size_t i;

	if (strcmp(json_string_value(json_object_get(proof, "result")), "proved") != 0)
		return true;
	json_array_foreach(json_object_get(proof, "assertions"), i, one)
	{
		if (!json_is_true(json_object_get(one, "holds")))
			return false;
	}
	return json_array_size(json_object_get(proof, "differences")) == 0;
}

/* What readers of the answer rely on; the rest is passed on as gated says it. */
static bool is_proof(const json_t *proof)
{
	static const char *const lists[] = { "reasons", "assertions", "differences",
					     "matrix", "foreign" };

	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		if (!json_is_array(json_object_get(proof, lists[i])))
			return false;
	}
	return is_result(json_string_value(json_object_get(proof, "result"))) &&
	       json_is_integer(json_object_get(proof, "revision")) && is_whole(proof);
}

/* Who answers for each flow, so that a cell of the matrix leads to people. */
static json_t *flows_json(const struct call *c)
{
	const struct policy *p = c->app->policy;
	json_t *all = json_object();

	for (size_t i = 0; p != NULL && i < p->flow_count; i++)
		(void)json_object_set_new(all, p->flow[i].id, flow_json(c, &p->flow[i]));
	return all;
}

static json_t *zones_json(const struct call *c)
{
	const struct policy *p = c->app->policy;
	json_t *all = json_array();

	for (size_t i = 0; p != NULL && i < p->zone_count; i++)
		(void)json_array_append_new(
			all,
			json_pack("{s:s, s:s}", "name", p->zone[i].name, "label",
				  c->ja ? p->zone[i].label_ja : p->zone[i].label_en));
	return all;
}

void handle_verify(struct call *c)
{
	CLEANUP(free_p) char *text = NULL;
	const struct publisher *p = &c->app->publisher;
	uint64_t current = p->trial.number != 0 ? p->trial.number : p->current;
	json_t *proof;
	int r = parts_prove(&c->app->parts, &text);

	if (r == -EHOSTDOWN) {
		call_fail(c, MSG_PART_AWAY, part_name(PART_GATED));
		return;
	}
	proof = r == 0 ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
	if (!is_proof(proof)) {
		json_decref(proof);
		call_fail(c, MSG_PART_ANSWER, part_name(PART_GATED));
		return;
	}
	(void)json_object_set_new(proof, "current", json_integer((json_int_t)current));
	(void)json_object_set_new(proof, "time", call_time(c->req->now));
	(void)json_object_set_new(proof, "zones", zones_json(c));
	(void)json_object_set_new(proof, "flows", flows_json(c));
	call_json(c, 200, proof);
}
