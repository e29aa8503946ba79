/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * space - the atoms of each field: values that nothing tells apart
 *
 * Every value that a rule, a set or the policy mentions is a border; what lies
 * between two borders is one atom. Interfaces are their own atoms. MAC addresses and
 * marks are grouped further: two of them are one atom when they are in the same
 * ranges of the same rules, in the same sets beside the same other keys, lead to
 * marks of one atom in the same maps, and the policy gives them the same rights. So
 * a thousand devices with the same rights are one, without any loss: whatever is
 * decided for one of them is decided in the same way for all. An element that goes
 * by itself and one that stays are told apart.
 */
#ifndef FW_VERIFY_SPACE_H
#define FW_VERIFY_SPACE_H

#include "fw/verify/box.h"
#include "fw/verify/ifnames.h"
#include "lib/addr.h"
#include "lib/revision.h"

struct device { /* a permit, as the policy has it */
	uint32_t iif;
	uint32_t mark;
	uint64_t mac;
	const struct revision_permit *permit;
	int64_t until; /* seconds UTC, 0: no end */
	struct addr address; /* the only source it may use; family 0: any */
	bool peer; /* it is known by its address alone */
};

struct devices { /* by iif, then by mac */
	struct device *item;
	size_t count;
	uint64_t *isolated; /* cards in quarantine */
	size_t isolated_count;
};

#define SPACE_CACHE 16
#define SPACE_KNOWN 4096 /* a power of two */

struct space {
	struct work *w;
	const struct model *model;
	const struct ifnames *names;
	const struct devices *devices;
	bool ceilings; /* the policy has some: what is above them may be dropped */
	struct axis {
		struct num *start; /* of each interval, ascending; the first is 0 */
		size_t count, room;
		struct num *known; /* SPACE_KNOWN of those, while it is built */
		uint32_t *class; /* of an interval; NULL: each is its own */
		uint32_t class_count;
		struct {
			struct range range;
			struct span *span;
			size_t count;
		} cache[SPACE_CACHE];
		size_t cached;
	} axis[FIELD_COUNT]; /* both marks, addresses and ports share one each */
};

/* Which fields a lookup of that set takes as its key; several uses are several rows. */
struct use {
	const struct set *set;
	const enum field *field;
	bool map;
	struct use_element *element;
	size_t element_count;
};

struct use_element {
	struct span key[STEP_FIELDS_MAX];
	uint32_t data; /* an atom of FIELD_MARK */
	uint32_t timed; /* 1: goes by itself */
};

/* Borders that are not in the model, before space_build(). */
void space_border(struct space *s, enum field f, struct range r);

/*
 * Read the model's borders and group MAC addresses and marks. Returns 0 or
 * s->w->error.
 */
int space_build(struct space *s);

/* The atoms of a range that was among the borders, in the arena. 0 after an error. */
size_t space_spans(struct space *s, enum field f, struct range r, struct span **ret_span);
uint32_t space_atom(const struct space *s, enum field f, struct num value);

/* All atoms. */
struct span space_all(const struct space *s, enum field f);

/* The values of one atom; of a group, those of one member. */
struct range space_values(const struct space *s, enum field f, uint32_t atom);

/* A set's elements in atoms. Returns 0 or s->w->error. */
int space_use(struct space *s, struct use *u);

/* By flow of the policy: is a permit limited to it, and others? Room: POLICY_FLOWS_MAX. */
void devices_flows(const struct devices *d, bool *ret_named);

/* The policy's permit for that card there, or NULL. */
const struct device *devices_find(const struct devices *d, uint32_t iif, uint64_t mac);

#endif
