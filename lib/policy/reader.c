/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/policy/reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/names.h"
#include "lib/policy/text.h"
#include "lib/str.h"

struct names reader_zones(const struct reader *r)
{
	return (struct names){ .first = r->p->zone,
			       .stride = sizeof(*r->p->zone),
			       .count = r->p->zone_count,
			       .max = POLICY_ZONES_MAX };
}

struct names reader_groups(const struct reader *r)
{
	return (struct names){ .first = r->p->group,
			       .stride = sizeof(*r->p->group),
			       .count = r->p->group_count,
			       .max = POLICY_GROUPS_MAX };
}

struct names reader_services(const struct reader *r)
{
	return (struct names){ .first = r->p->service,
			       .stride = sizeof(*r->p->service),
			       .count = r->p->service_count,
			       .max = POLICY_SERVICES_MAX };
}

struct names reader_schedules(const struct reader *r)
{
	return (struct names){ .first = r->p->schedule,
			       .stride = sizeof(*r->p->schedule),
			       .count = r->p->schedule_count,
			       .max = POLICY_SCHEDULES_MAX };
}

void reader_unknown(struct reader *r, struct place at, const char *what,
		    const char *found, const char *where, struct names names)
{
	struct names_text known;
	const char *near;

	/* further ones are only counted: searching would be for nothing */
	if (r->diags->count >= DIAG_MAX) {
		diag_add(r->diags, at, "unknown %s", what);
		return;
	}
	known = names_known(names);
	near = names_nearest(names, found);
	diag_add(r->diags, at, "unknown %s '%s'%s%s%s%s%s; accepted: %s", what,
		 text_shown(found).s, where[0] != '\0' ? " in " : "", where,
		 near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
		 near != NULL ? "'?" : "", known.s);
}

static void report_unknown_keys(struct reader *r, const struct yaml_node *n,
				const char *what, const struct reader_key *keys,
				size_t key_count)
{
	struct names names = { .first = keys,
			       .stride = sizeof(*keys),
			       .count = key_count,
			       .pointer = true };

	for (const struct yaml_node *c = n->first; c != NULL; c = c->next) {
		if (names_index(names, c->key) == POLICY_NONE)
			reader_unknown(r, c->key_at, "key", c->key, what, names);
	}
}

int reader_mapping(struct reader *r, const struct yaml_node *n, const char *what,
		   const struct reader_key *keys, size_t key_count, void *object)
{
	if (n->kind != YAML_MAPPING) {
		diag_add(r->diags, n->at, "%s must be a mapping (key: value), found %s",
			 what, yaml_kind_text(n));
		return 0;
	}
	report_unknown_keys(r, n, what, keys, key_count);
	for (size_t i = 0; i < key_count; i++) {
		const struct yaml_node *c = yaml_get(n, keys[i].name);
		int e;

		if (c == NULL) {
			if (keys[i].required)
				diag_add(r->diags, n->key != NULL ? n->key_at : n->at,
					 "%s lacks the key '%s'", what, keys[i].name);
			continue;
		}
		e = keys[i].read(r, c, object);
		if (e < 0)
			return e;
	}
	return 0;
}

bool reader_is_text(struct reader *r, const struct yaml_node *n, const char *what)
{
	if (n->kind == YAML_SCALAR && n->text[0] != '\0' && !yaml_is_empty(n))
		return true;
	diag_add(r->diags, n->at, "%s must be text, found %s", what,
		 n->kind == YAML_SCALAR ? "nothing" : yaml_kind_text(n));
	return false;
}

static bool count_ok(struct reader *r, const struct yaml_node *n, const char *what,
		     size_t max)
{
	if (n->count == 0)
		diag_add(r->diags, n->at,
			 "%s is empty; leave the key out or list something", what);
	else if (n->count > max)
		diag_add(r->diags, n->at, "%s has %zu members; %zu are accepted", what,
			 n->count, max);
	return n->count > 0 && n->count <= max;
}

bool reader_is_list(struct reader *r, const struct yaml_node *n, const char *what,
		    size_t max)
{
	if (n->kind == YAML_LIST)
		return count_ok(r, n, what, max);
	diag_add(r->diags, n->at,
		 "%s must be a list ([a, b] or lines with '- '), found %s", what,
		 yaml_kind_text(n));
	return false;
}

bool reader_is_mapping(struct reader *r, const struct yaml_node *n, const char *what,
		       size_t max)
{
	if (n->kind == YAML_MAPPING)
		return count_ok(r, n, what, max);
	diag_add(r->diags, n->at, "%s must be a mapping (key: value), found %s", what,
		 yaml_kind_text(n));
	return false;
}

bool reader_text(struct reader *r, const struct yaml_node *n, const char *what, char *dst,
		 size_t size)
{
	if (!reader_is_text(r, n, what))
		return false;
	if (str_is_blank(n->text)) {
		diag_add(r->diags, n->at, "%s must be text, found nothing but spaces",
			 what);
		return false;
	}
	if (str_copy(dst, size, n->text) == 0)
		return true;
	diag_add(r->diags, n->at, "%s has %zu bytes; %zu are accepted", what,
		 strlen(n->text), size - 1);
	return false;
}

bool reader_number(struct reader *r, const struct yaml_node *n, const char *what,
		   uint32_t min, uint32_t max, uint32_t *ret_value)
{
	uint64_t v;

	if (!reader_is_text(r, n, what))
		return false;
	if (str_to_uint(n->text, min, max, &v) < 0) {
		diag_add(r->diags, n->at, "%s must be a number from %u to %u, found '%s'",
			 what, min, max, text_shown(n->text).s);
		return false;
	}
	*ret_value = (uint32_t)v;
	return true;
}

bool reader_addr(struct reader *r, const struct yaml_node *n, const char *what,
		 const struct addr *list, size_t count, struct addr *ret_addr)
{
	struct addr a;

	if (!reader_is_text(r, n, what))
		return false;
	if (addr_parse(n->text, &a) < 0) {
		diag_add(r->diags, n->at,
			 "'%s' is not an address; %s is an IPv4 or IPv6 address",
			 text_shown(n->text).s, what);
		return false;
	}
	if (addr_unmap(a).family != a.family) {
		char text[ADDR_TEXT_MAX];

		addr_format(addr_unmap(a), text);
		diag_add(r->diags, n->at,
			 "'%s' is IPv4 written as IPv6 (IPv4-mapped); write %s",
			 text_shown(n->text).s, text);
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		if (addr_equal(list[i], a)) {
			diag_add(r->diags, n->at, "%s %s is listed twice",
				 strchr(what, ' ') != NULL ? strchr(what, ' ') + 1 : what,
				 n->text);
			return false;
		}
	}
	*ret_addr = a;
	return true;
}

int reader_addrs(struct reader *r, const struct yaml_node *n, const char *list_what,
		 const char *what, size_t max, struct addr **ret_addr, size_t *ret_count)
{
	if (!reader_is_list(r, n, list_what, max))
		return 0;
	*ret_addr = calloc(n->count, sizeof(**ret_addr));
	if (*ret_addr == NULL)
		return -ENOMEM;
	for (const struct yaml_node *c = n->first; c != NULL; c = c->next) {
		if (reader_addr(r, c, what, *ret_addr, *ret_count,
				&(*ret_addr)[*ret_count]))
			(*ret_count)++;
	}
	return 0;
}

struct place reader_addr_at(const struct yaml_node *list, struct addr a)
{
	struct addr found;

	for (const struct yaml_node *c = list->first; c != NULL; c = c->next) {
		if (c->kind == YAML_SCALAR && addr_parse(c->text, &found) == 0 &&
		    addr_equal(found, a))
			return c->at;
	}
	return list->at;
}

void reader_outside_personal(struct reader *r, const struct yaml_node *list,
			     const struct addr *addr, size_t count, const char *what,
			     const char *why)
{
	for (size_t i = 0; i < count; i++) {
		size_t zone = policy_zone_by_addr(r->p, addr[i]);
		char text[ADDR_TEXT_MAX];

		if (zone == POLICY_NONE || !r->kind_known[zone] ||
		    r->p->zone[zone].kind != POLICY_ZONE_PERSONAL)
			continue;
		addr_format(addr[i], text);
		diag_add(r->diags, reader_addr_at(list, addr[i]),
			 "%s %s is in zone '%s': %s", what, text, r->p->zone[zone].name,
			 why);
	}
}

bool reader_offset(struct reader *r, const struct yaml_node *n)
{
	if (allow_schedule_zone(r->p->timezone, &r->p->offset_s) == 0)
		return true;
	diag_add(r->diags, n->at,
		 "'%s' needs a site.timezone without daylight saving time: Asia/Tokyo or "
		 "UTC, not '%s'",
		 n->key != NULL ? n->key : "hours", r->p->timezone);
	return false;
}

bool reader_port(struct reader *r, const struct yaml_node *n, const char *what,
		 uint16_t *ret_port)
{
	uint32_t v;

	if (!reader_number(r, n, what, 1, UINT16_MAX, &v))
		return false;
	*ret_port = (uint16_t)v;
	return true;
}

bool reader_choice(struct reader *r, const struct yaml_node *n, const char *what,
		   const struct reader_choice *choices, size_t count, int *ret_value)
{
	struct names names = { .first = choices,
			       .stride = sizeof(*choices),
			       .count = count,
			       .pointer = true };
	size_t i;

	if (!reader_is_text(r, n, what))
		return false;
	i = names_index(names, n->text);
	if (i == POLICY_NONE) {
		reader_unknown(r, n->at, what, n->text, "", names);
		return false;
	}
	*ret_value = choices[i].value;
	return true;
}

bool reader_name(struct reader *r, struct place at, const char *text, const char *what,
		 char dst[POLICY_NAME_MAX + 1])
{
	(void)str_copy(dst, POLICY_NAME_MAX + 1, text);
	if (str_is_name(text, POLICY_NAME_MAX))
		return true;
	diag_add(r->diags, at,
		 "'%s' is not a name for a %s; accepted: 1 to %d characters of a-z 0-9 - "
		 "_, "
		 "starting with a letter",
		 text_shown(text).s, what, POLICY_NAME_MAX);
	return false;
}

bool reader_ref(struct reader *r, const struct yaml_node *n, const char *what,
		struct names names, size_t *ret_index)
{
	size_t i;

	if (!reader_is_text(r, n, what))
		return false;
	i = names_index(names, n->text);
	if (i == POLICY_NONE) {
		reader_unknown(r, n->at, what, n->text, "", names);
		return false;
	}
	*ret_index = i;
	return true;
}

static bool has_index(const size_t *index, size_t count, size_t i)
{
	for (size_t k = 0; k < count; k++) {
		if (index[k] == i)
			return true;
	}
	return false;
}

int reader_refs(struct reader *r, const struct yaml_node *n, const char *list_what,
		const char *what, struct names names, size_t **ret_index,
		size_t *ret_count)
{
	size_t *index, count = 0;

	if (!reader_is_list(r, n, list_what, names.max))
		return 0;
	index = calloc(n->count, sizeof(*index));
	if (index == NULL)
		return -ENOMEM;
	for (const struct yaml_node *c = n->first; c != NULL; c = c->next) {
		size_t i;

		if (!reader_ref(r, c, what, names, &i))
			continue;
		if (has_index(index, count, i))
			diag_add(r->diags, c->at, "%s '%s' is listed twice", what,
				 text_shown(c->text).s);
		else
			index[count++] = i;
	}
	*ret_index = index;
	*ret_count = count;
	return 0;
}

struct place reader_member_at(const struct yaml_node *list, struct names names,
			      size_t index)
{
	for (const struct yaml_node *c = list->first; c != NULL; c = c->next) {
		if (c->kind == YAML_SCALAR &&
		    strcmp(c->text, names_at(names, index)) == 0)
			return c->at;
	}
	return list->at;
}
