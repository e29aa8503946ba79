/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/verify/walk.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/str.h"

struct step *walk_add(struct walk *w, enum step_kind kind)
{
	struct step *s;

	if (w->count == WALK_STEPS_MAX) {
		s = &w->step[WALK_STEPS_MAX - 1];
		free(s->range);
		*s = (struct step){ .kind = STEP_UNKNOWN };
		(void)str_copy(s->what, sizeof(s->what), "too many steps");
		return NULL;
	}
	s = &w->step[w->count++];
	*s = (struct step){ .kind = kind };
	return s;
}

void walk_unknown(struct walk *w, const char *what)
{
	struct step *s;

	if (w->count > 0 && w->step[w->count - 1].kind == STEP_UNKNOWN)
		return;
	s = walk_add(w, STEP_UNKNOWN);
	if (s != NULL)
		(void)snprintf(s->what, sizeof(s->what), "%s", what);
}

void walk_maybe(struct walk *w, const char *what)
{
	struct step *s = walk_add(w, STEP_MAYBE);

	if (s != NULL)
		(void)snprintf(s->what, sizeof(s->what), "%s", what);
}

void walk_verdict(struct walk *w, enum verdict verdict, size_t chain)
{
	struct step *s = walk_add(w, STEP_VERDICT);

	w->done = true;
	if (s == NULL)
		return;
	s->verdict = verdict;
	s->chain = chain;
}

static bool has_ports(uint64_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_UDPLITE ||
	       proto == IPPROTO_SCTP || proto == IPPROTO_DCCP;
}

static void learn_proto(struct walk *w, const struct range *range, size_t count)
{
	bool ports = true, icmp = true;

	for (size_t i = 0; i < count; i++) {
		for (uint64_t p = range[i].min.lo; p <= range[i].max.lo && p < 256; p++) {
			ports = ports && has_ports(p);
			icmp = icmp && (p == IPPROTO_ICMP || p == IPPROTO_ICMPV6);
		}
	}
	w->ports = w->ports || ports;
	w->icmp = w->icmp || icmp;
}

void walk_learn(struct walk *w, enum field field, const struct range *range, size_t count)
{
	if (count == 0) /* nothing gets here any more */
		return;
	if (field == FIELD_FAMILY && count == 1 && range[0].min.lo == range[0].max.lo)
		w->family = (uint8_t)range[0].min.lo;
	if (field == FIELD_MAC && num_value(range[count - 1].max) < MAC_NONE)
		w->ether = true;
	if (field == FIELD_PROTO)
		learn_proto(w, range, count);
}

/* Matches in a row may be taken in any order: is there one of the field? */
static struct step *earlier(struct walk *w, enum field field)
{
	for (size_t i = w->count; i > 0; i--) {
		if (w->step[i - 1].kind != STEP_MATCH)
			break;
		if (w->step[i - 1].field[0] == field)
			return &w->step[i - 1];
	}
	return NULL;
}

static int put_ranges(struct step *s, const struct ranges *ranges)
{
	struct range *copy = calloc(ranges->count + 1, sizeof(*copy));

	if (copy == NULL)
		return -ENOMEM;
	memcpy(copy, ranges->at, ranges->count * sizeof(*copy));
	free(s->range);
	s->range = copy;
	s->range_count = ranges->count;
	return 0;
}

int walk_match(struct walk *w, enum field field, const struct ranges *ranges)
{
	struct ranges both;
	struct step *s = NULL;
	int r;

	if (field != FIELD_IIF && field != FIELD_OIF) /* names are settled later */
		s = earlier(w, field);
	memcpy(both.at, ranges->at, ranges->count * sizeof(both.at[0]));
	both.count = ranges->count;
	if (s != NULL && !ranges_intersect(&both, s->range, s->range_count)) {
		both.count = ranges->count;
		memcpy(both.at, ranges->at, ranges->count * sizeof(both.at[0]));
		s = NULL;
	}
	if (s == NULL) {
		s = walk_add(w, STEP_MATCH);
		if (s == NULL)
			return 0;
		s->field[0] = field;
		s->field_count = 1;
	}
	r = put_ranges(s, &both);
	if (r == 0)
		walk_learn(w, field, s->range, s->range_count);
	return r;
}

int walk_match_range(struct walk *w, enum field field, u128 min, u128 max)
{
	struct ranges r;

	ranges_one(&r, min, max);
	return walk_match(w, field, &r);
}

static int match_name(struct walk *w, const struct source_info *info, u128 mask,
		      u128 value, bool negated)
{
	u128 all = source_max(info);
	uint32_t name = 0;
	int r;

	if (info->encoding == ENC_INDEX) {
		r = mask == all ? names_of_number(w->d, (uint32_t)value, &name) : -ENOENT;
	} else { /* a mask over the first letters, or over the name */
		u128 tail = ~mask & all;
		bool letters = (tail & (tail + 1)) == 0;

		r = letters ? names_of_bytes(w->d, value, value | tail, &name) : -ENOENT;
		/* letters up to a NUL are the whole name */
		if (r == -ENOENT && letters && tail != all && tail != 0 &&
		    ((value >> __builtin_popcountll((uint64_t)tail) >>
		      __builtin_popcountll((uint64_t)(tail >> 64))) &
		     0xff) == 0)
			r = names_of_bytes(w->d, value, value, &name);
	}
	if (r == -ENOENT) {
		walk_unknown(w, info->what);
		return 0;
	}
	if (r == 0)
		r = walk_match_range(w, info->field, name, name);
	if (r == 0 && w->step[w->count - 1].kind == STEP_MATCH)
		w->step[w->count - 1].negated = negated;
	return r;
}

static int match_pairs(struct walk *w, const struct source_info *info, u128 mask,
		       u128 value, bool negated)
{
	struct ranges r;

	ranges_none(&r);
	for (size_t i = 0; i < info->pair_count; i++) {
		if (((info->pair[i].code & mask) == value) != negated &&
		    !ranges_add(&r, info->pair[i].value))
			return -E2BIG;
	}
	return walk_match(w, info->field, &r);
}

static int match_one(struct walk *w, const struct source_info *info, u128 mask,
		     u128 value, bool negated)
{
	uint32_t found = info->pair[negated ? 1 : 0].value;

	if (mask != source_max(info) || value != info->pair[0].code ||
	    (info->field == FIELD_MAC && negated)) {
		walk_unknown(w, info->what);
		return 0;
	}
	if (info->field == FIELD_MAC)
		return walk_match_range(w, FIELD_MAC, 0, MAC_NONE - 1);
	return walk_match_range(w, info->field, found, found);
}

/* Behind these comes another header, and the protocol is not theirs (RFC 8200, 4). */
static bool has_extension(const struct ranges *r)
{
	static const uint8_t headers[] = { IPPROTO_HOPOPTS, IPPROTO_ROUTING,
					   IPPROTO_FRAGMENT, IPPROTO_AH,
					   IPPROTO_DSTOPTS };

	for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
		for (size_t k = 0; k < r->count; k++) {
			if (num_value(r->at[k].min) <= headers[i] &&
			    headers[i] <= num_value(r->at[k].max))
				return true;
		}
	}
	return false;
}

static int match_number(struct walk *w, enum source source, u128 mask, u128 value,
			bool negated)
{
	const struct source_info *info = source_info(source);
	struct ranges r;
	int err;

	if (!ranges_of_bits(&r, mask, value, source_max(info)) ||
	    (source == SRC_NEXTHDR && (negated || has_extension(&r)))) {
		walk_unknown(w, info->what);
		return 0;
	}
	if (negated)
		ranges_complement(&r, source_max(info));
	err = walk_match(w, info->field, &r);
	if (err == 0 && source == SRC_NEXTHDR)
		walk_maybe(w, "ip6 nexthdr: there may be extension headers");
	return err;
}

int walk_bits(struct walk *w, enum source s, u128 mask, u128 value, bool negated)
{
	const struct source_info *info = source_info(s);

	switch (info->encoding) {
	case ENC_NUMBER:
		return match_number(w, s, mask, value, negated);
	case ENC_PAIRS:
		return match_pairs(w, info, mask, value, negated);
	case ENC_ONE_CODE:
		return match_one(w, info, mask, value, negated);
	case ENC_NAME:
	case ENC_INDEX:
		return match_name(w, info, mask, value, negated);
	case ENC_OPAQUE:
		break;
	}
	walk_unknown(w, info->what);
	return 0;
}
