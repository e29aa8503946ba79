/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reader - from the YAML tree to values, with messages (level 2)
 *
 * What the sections share. int functions return 0 or -ENOMEM and nothing else:
 * what is wrong with the file goes into the diagnostics, and reading goes on, so
 * that one run tells as much as it can. bool functions tell whether the value is
 * usable; when it is not, they have said why.
 *
 * "what" is how a message names the thing: "zone 'core'", "port".
 */
#ifndef LIB_POLICY_READER_H
#define LIB_POLICY_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/attr.h"
#include "lib/diag.h"
#include "lib/policy/names.h"
#include "lib/policy/policy.h"
#include "lib/policy/yaml.h"

#define READER_WHAT_MAX 96

struct reader_net { /* a prefix and where it stands */
	struct prefix prefix;
	struct place at;
	size_t owner; /* zone; POLICY_NONE for a group */
};

struct reader {
	struct policy *p;
	struct diags *diags;
	bool kind_known[POLICY_ZONES_MAX]; /* else: checks on the kind would mislead */
	bool networks_known[POLICY_ZONES_MAX]; /* likewise */
	bool group_known[POLICY_GROUPS_MAX];
	struct reader_net *net; /* owned; networks whose overlap is still to be checked */
	size_t net_count;
	size_t net_room;
	uint8_t *fit; /* owned; group x zone: 0 unknown, 1 fits, 2 does not */
};

typedef int reader_fn(struct reader *r, const struct yaml_node *value, void *object);

struct reader_key {
	const char *name; /* first, for struct names */
	bool required;
	reader_fn *read;
};

struct reader_choice {
	const char *name; /* first, for struct names */
	int value;
};

struct names reader_zones(const struct reader *r);
struct names reader_groups(const struct reader *r);
struct names reader_services(const struct reader *r);
struct names reader_schedules(const struct reader *r);

/*
 * Read a mapping by its table of keys, in the table's order. Unknown and missing
 * keys are reported. object goes to the handlers.
 */
int reader_mapping(struct reader *r, const struct yaml_node *n, const char *what,
		   const struct reader_key *keys, size_t key_count,
		   void *object) MUST_CHECK;

/* Is n a scalar with something in it? */
bool reader_is_text(struct reader *r, const struct yaml_node *n, const char *what);

/* Is n a list (or mapping) of 1..max members? */
bool reader_is_list(struct reader *r, const struct yaml_node *n, const char *what,
		    size_t max);
bool reader_is_mapping(struct reader *r, const struct yaml_node *n, const char *what,
		       size_t max);

bool reader_text(struct reader *r, const struct yaml_node *n, const char *what, char *dst,
		 size_t size);
bool reader_port(struct reader *r, const struct yaml_node *n, const char *what,
		 uint16_t *ret_port);

/* An address that is not in the list of count addresses yet. */
bool reader_addr(struct reader *r, const struct yaml_node *n, const char *what,
		 const struct addr *list, size_t count, struct addr *ret_addr);

/*
 * A list of 1..max such addresses, each once. *ret_addr is allocated, and the policy's in
 * any case.
 */
int reader_addrs(struct reader *r, const struct yaml_node *n, const char *list_what,
		 const char *what, size_t max, struct addr **ret_addr,
		 size_t *ret_count) MUST_CHECK;

/* Where such a list names the address. */
struct place reader_addr_at(const struct yaml_node *list, struct addr a);

/* Each of them (what) that is in a personal zone is a mistake, and why. */
void reader_outside_personal(struct reader *r, const struct yaml_node *list,
			     const struct addr *addr, size_t count, const char *what,
			     const char *why);

/*
 * Hours count by the site's clock. Says so, for n, when its time zone is none that
 * the kernel's rules could be made for.
 */
bool reader_offset(struct reader *r, const struct yaml_node *n);
bool reader_number(struct reader *r, const struct yaml_node *n, const char *what,
		   uint32_t min, uint32_t max, uint32_t *ret_value);
bool reader_choice(struct reader *r, const struct yaml_node *n, const char *what,
		   const struct reader_choice *choices, size_t count, int *ret_value);

/* An identifier at a place; dst holds what fits in any case, for later messages. */
bool reader_name(struct reader *r, struct place at, const char *text, const char *what,
		 char dst[POLICY_NAME_MAX + 1]);

/* A zone, group or service by its name. what: "zone". */
bool reader_ref(struct reader *r, const struct yaml_node *n, const char *what,
		struct names names, size_t *ret_index);

/* A list of them, each once. *ret_index is allocated and the caller's. */
int reader_refs(struct reader *r, const struct yaml_node *n, const char *list_what,
		const char *what, struct names names, size_t **ret_index,
		size_t *ret_count) MUST_CHECK;

/* Where the list names what has this index; the list's own place when it does not. */
struct place reader_member_at(const struct yaml_node *list, struct names names,
			      size_t index);

/* Report an unknown name, with what would be accepted. where: "", or what it is in. */
void reader_unknown(struct reader *r, struct place at, const char *what,
		    const char *found, const char *where, struct names names);

#endif
