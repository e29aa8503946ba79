/* SPDX-License-Identifier: GPL-3.0-or-later */
/* parts - what the files of the decoder share; nobody else includes it */
#ifndef FW_VERIFY_PARTS_H
#define FW_VERIFY_PARTS_H

#include "fw/verify/decode.h"
#include "fw/verify/nla.h"
#include "fw/verify/ranges.h"
#include "fw/verify/regs.h"

#define NONE SIZE_MAX

struct span {
	const uint8_t *at;
	size_t len;
};

struct entity { /* a chain's or set's full name */
	uint8_t family;
	struct span table;
	struct span name;
};

struct directory { /* of entities, by hash */
	const uint8_t *items; /* each begins with its struct entity */
	size_t stride;
	uint32_t *slot; /* index + 1, 0: free */
	size_t mask;
};

struct message {
	uint8_t family;
	struct rd attrs;
};

struct messages {
	struct message *at;
	size_t count;
	size_t room;
};

struct raw_element {
	struct rd key;
	struct rd key_end; /* empty: none */
	struct rd data; /* a nest of nft_data, empty: none */
	uint32_t flags;
	uint64_t timeout_ms;
	bool odd; /* has what is not understood */
};

#define KEY_FIELDS_MAX STEP_FIELDS_MAX

struct layout { /* what the bytes of a key are */
	struct {
		enum source source;
		uint8_t offset;
		bool little; /* its least significant byte comes first */
	} part[KEY_FIELDS_MAX];
	size_t count;
	size_t len;
};

struct variant { /* a set of the kernel's as one of the model's */
	struct layout layout;
	size_t set;
};

#define VARIANTS_MAX 4
#define VERDICTS_MAX 64 /* different ones in a map of verdicts */

struct raw_set {
	struct entity who;
	uint32_t flags;
	uint32_t key_len;
	uint32_t data_type;
	uint32_t data_len;
	uint64_t timeout_ms;
	uint8_t part_len[KEY_FIELDS_MAX * 4]; /* of the parts of a concatenation */
	size_t part_count;
	bool odd;
	struct raw_element *element;
	size_t element_count;
	size_t element_room;
	struct variant variant[VARIANTS_MAX];
	size_t variant_count;
};

struct raw_chain {
	struct entity who;
	size_t rule_room;
	uint32_t use; /* what the kernel says */
	uint32_t seen; /* its rules, and the verdicts that lead to it */
};

struct chunk;

struct decode {
	struct decode_interface *interface;
	size_t interface_count;
	struct chunk *chunk;
	size_t bytes;
	struct messages table, chain, set, element, rule;
	uint32_t generation;

	struct raw_chain *raw_chain; /* as model.chain */
	size_t raw_chain_count;
	struct directory chains;
	struct raw_set *raw_set;
	size_t raw_set_count;
	struct directory sets;
	size_t element_total;

	struct model *model;
	size_t set_room;
	uint32_t *set_names; /* of model.set: bits of the key fields that are names */
	size_t name_room;
	bool *is_wildcard;
};

struct target { /* of a verdict */
	enum verdict verdict;
	size_t chain;
};

/* directory.c */
int directory_build(struct directory *dir, const void *items, size_t stride,
		    size_t count) MUST_CHECK;
void directory_free(struct directory *dir);
size_t directory_find(const struct directory *dir, const struct entity *who);
bool span_equal(struct span a, struct span b);
struct span span_of(const struct nla *a); /* a string, without its NUL */
void span_copy(struct span s, char *dst, size_t size); /* cut when too long */
int entity_of(uint8_t family, const struct nla *table, const struct nla *name,
	      struct entity *ret_entity) MUST_CHECK;

/* Room for one more of an array that doubles. Returns 0, -E2BIG or -ENOMEM. */
int array_room(void *array, size_t *room, size_t count, size_t size,
	       size_t max) MUST_CHECK;

/* names.c */
/* The two that are always there. */
int names_begin(struct decode *d) MUST_CHECK;

/* An interface's entry, made when it is new. Returns 0, -E2BIG or -ENOMEM. */
int names_intern(struct decode *d, const char *name, size_t len, bool wildcard,
		 uint32_t *ret_index) MUST_CHECK;

/*
 * What stands for 16 bytes of a name from low to high: the same bytes, or a prefix
 * followed by all there can be. Returns 0, -ENOENT (something else), or as above.
 */
int names_of_bytes(struct decode *d, u128 low, u128 high, uint32_t *ret_index) MUST_CHECK;
int names_of_number(struct decode *d, uint32_t number, uint32_t *ret_index) MUST_CHECK;

/* Sort the names, so that those of a wildcard follow each other; then the ranges. */
int names_settle(struct decode *d) MUST_CHECK;

/* sets.c */
int sets_read(struct decode *d) MUST_CHECK;
void sets_free(struct decode *d);

/* The set of the model that is this set with keys of that layout; made when new. */
int sets_use(struct decode *d, size_t raw, const struct layout *l,
	     size_t *ret_set) MUST_CHECK;

/*
 * A map of verdicts: a set for each verdict that it has. ret_set and ret_target have
 * VERDICTS_MAX entries. Returns 0, -ENOENT (not understood), -E2BIG or -ENOMEM.
 */
int sets_verdicts(struct decode *d, size_t raw, const struct layout *l, size_t *ret_set,
		  struct target *ret_target, size_t *ret_count) MUST_CHECK;

/* verdict.c: of an nft_data nest. Returns 0 or -ENOENT (not understood). */
int verdict_of(const struct decode *d, const struct entity *in, struct rd data,
	       struct target *ret_target) MUST_CHECK;

/* complete.c: after the rules; what was not shown becomes an unknown rule. */
int complete_check(struct decode *d) MUST_CHECK;

/* rule.c */
int rules_read(struct decode *d) MUST_CHECK;

#endif
