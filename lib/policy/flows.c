/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/date.h"
#include "lib/policy/nets.h"
#include "lib/policy/sections.h"
#include "lib/policy/text.h"
#include "lib/str.h"

#define DAY_S 86400

static int read_id(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_flow *f = object;

	if (!reader_is_text(r, n, "id") || !reader_name(r, n->at, n->text, "flow", f->id))
		return 0;
	for (const struct policy_flow *o = r->p->flow; o < f; o++) {
		if (strcmp(o->id, f->id) == 0)
			diag_add(r->diags, n->at, "flow '%s' is there already (line %u)",
				 f->id, o->at.line);
	}
	return 0;
}

static int read_from(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_flow *f = object;

	(void)reader_ref(r, n, "zone", reader_zones(r), &f->from);
	return 0;
}

static int read_to(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_flow *f = object;

	(void)reader_ref(r, n, "zone", reader_zones(r), &f->to);
	return 0;
}

static bool may_check_fit(const struct reader *r, size_t zone)
{
	return zone != POLICY_NONE && r->kind_known[zone] && r->networks_known[zone] &&
	       r->p->zone[zone].kind != POLICY_ZONE_INTERNET;
}

static void check_fit(struct reader *r, const struct yaml_node *n, const size_t *group,
		      size_t count, size_t zone)
{
	if (!may_check_fit(r, zone))
		return;
	for (size_t i = 0; i < count; i++) {
		const struct policy_group *g = &r->p->group[group[i]];

		if (r->group_known[group[i]] && !nets_fit(r, group[i], zone))
			diag_add(r->diags,
				 reader_member_at(n, reader_groups(r), group[i]),
				 "group '%s' (line %u) has addresses outside the "
				 "networks of "
				 "zone '%s'",
				 g->name, g->at.line, r->p->zone[zone].name);
	}
}

static int read_source(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_flow *f = object;
	int e = reader_refs(r, n, "source", "group of networks", reader_groups(r),
			    &f->source, &f->source_count);

	check_fit(r, n, f->source, f->source_count, f->from);
	return e;
}

static int read_destination(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_flow *f = object;
	int e = reader_refs(r, n, "destination", "group of networks", reader_groups(r),
			    &f->destination, &f->destination_count);

	check_fit(r, n, f->destination, f->destination_count, f->to);
	return e;
}

static int read_services(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_flow *f = object;

	return reader_refs(r, n, "services", "service", reader_services(r), &f->service,
			   &f->service_count);
}

static int read_partner(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_flow *f = object;

	(void)reader_text(r, n, "partner", f->partner, sizeof(f->partner));
	return 0;
}

static int read_basis(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_flow *f = object;

	(void)reader_text(r, n, "basis", f->basis, sizeof(f->basis));
	return 0;
}

static int read_owner(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_flow *f = object;

	(void)reader_text(r, n, "owner", f->owner, sizeof(f->owner));
	return 0;
}

static int read_review(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_flow *f = object;

	if (!reader_is_text(r, n, "review"))
		return 0;
	if (date_is_valid(n->text))
		(void)str_copy(f->review, sizeof(f->review), n->text);
	else
		diag_add(r->diags, n->at,
			 "review must be a date as YYYY-MM-DD that the calendar has, "
			 "found '%s'",
			 text_shown(n->text).s);
	return 0;
}

static int read_schedule(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_flow *f = object;

	(void)reader_ref(r, n, "schedule", reader_schedules(r), &f->schedule);
	return 0;
}

/* A date that stands for its first second by the site's clock, and n days later. */
static void read_validity(struct reader *r, const struct yaml_node *n, int days,
			  int64_t *ret_time)
{
	int32_t day;

	if (!reader_is_text(r, n, n->key))
		return;
	if (allow_schedule_date(n->text, &day) < 0)
		diag_add(r->diags, n->at,
			 "%s must be a date as YYYY-MM-DD that the calendar has, found "
			 "'%s'",
			 n->key, text_shown(n->text).s);
	else if (reader_offset(r, n))
		*ret_time = ((int64_t)day + days) * DAY_S - r->p->offset_s;
}

static int read_valid_from(struct reader *r, const struct yaml_node *n, void *object)
{
	read_validity(r, n, 0, &((struct policy_flow *)object)->valid_from);
	return 0;
}

static int read_valid_until(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_flow *f = object;

	read_validity(r, n, 1, &f->valid_until);
	if (f->valid_until != 0 && f->valid_until <= f->valid_from)
		diag_add(r->diags, n->at, "flow '%s' ends before it begins", f->id);
	return 0;
}

/* from and to come first: source and destination are judged by them. */
static const struct reader_key flow_keys[] = {
	{ "id", true, read_id },
	{ "from", true, read_from },
	{ "to", true, read_to },
	{ "source", false, read_source },
	{ "destination", false, read_destination },
	{ "services", true, read_services },
	{ "partner", false, read_partner },
	{ "basis", false, read_basis },
	{ "owner", false, read_owner },
	{ "review", false, read_review },
	{ "nat", false, flow_nat_read },
	{ "publish", false, flow_publish_read },
	{ "schedule", false, read_schedule },
	{ "valid_from", false, read_valid_from },
	{ "valid_until", false, read_valid_until },
};

static bool has_kind(const struct reader *r, const struct policy_flow *f,
		     enum policy_zone_kind kind)
{
	return (r->kind_known[f->from] && r->p->zone[f->from].kind == kind) ||
	       (r->kind_known[f->to] && r->p->zone[f->to].kind == kind);
}

/* Who may exchange personal information with whom has to be on paper. */
static void check_papers(struct reader *r, const struct yaml_node *n,
			 const struct policy_flow *f)
{
	static const char *const papers[] = { "partner", "basis", "owner", "review" };

	for (size_t i = 0; i < ARRAY_LEN(papers); i++) {
		if (yaml_get(n, papers[i]) == NULL)
			diag_add(r->diags, f->at,
				 "flow '%s' touches a personal zone and so needs the key "
				 "'%s'",
				 f->id, papers[i]);
	}
}

static void check_zones(struct reader *r, const struct yaml_node *n,
			const struct policy_flow *f)
{
	if (f->from == POLICY_NONE || f->to == POLICY_NONE)
		return;
	if (f->from == f->to) {
		diag_add(r->diags, f->at,
			 "flow '%s' leads from zone '%s' to itself; a flow joins two "
			 "zones",
			 f->id, r->p->zone[f->from].name);
		return;
	}
	if (!has_kind(r, f, POLICY_ZONE_PERSONAL))
		return;
	if (has_kind(r, f, POLICY_ZONE_INTERNET))
		diag_add(
			r->diags, f->at,
			"flow '%s' joins a personal zone and the internet; no policy may",
			f->id);
	else
		check_papers(r, n, f);
}

static int read_flow(struct reader *r, const struct yaml_node *n)
{
	struct policy_flow *f = &r->p->flow[r->p->flow_count++];
	const struct yaml_node *id = NULL;
	char what[READER_WHAT_MAX] = "a flow";
	int e;

	f->from = f->to = f->schedule = POLICY_NONE;
	f->at = n->at;
	if (n->kind == YAML_MAPPING)
		id = yaml_get(n, "id");
	if (id != NULL && id->kind == YAML_SCALAR)
		(void)snprintf(what, sizeof(what), "flow '%s'", text_shown(id->text).s);
	e = reader_mapping(r, n, what, flow_keys, ARRAY_LEN(flow_keys), f);
	if (e == 0 && n->kind == YAML_MAPPING)
		check_zones(r, n, f);
	return e;
}

int flows_read(struct reader *r, const struct yaml_node *n, void *object)
{
	(void)object;
	if (!reader_is_list(r, n, "flows", POLICY_FLOWS_MAX))
		return 0;
	r->p->flow = calloc(n->count, sizeof(*r->p->flow));
	if (r->p->flow == NULL)
		return -ENOMEM;
	for (const struct yaml_node *c = n->first; c != NULL; c = c->next) {
		int e = read_flow(r, c);

		if (e < 0)
			return e;
	}
	return 0;
}
