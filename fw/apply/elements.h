/* SPDX-License-Identifier: GPL-3.0-or-later */
/* elements - named sets and maps of a table, and what is in them, as messages */
#ifndef FW_APPLY_ELEMENTS_H
#define FW_APPLY_ELEMENTS_H

#include "fw/apply/batch.h"
#include "fw/apply/change.h"
#include "fw/compile/ruleset.h"

struct set_kind {
	uint8_t family; /* NFPROTO_ of the table */
	const char *name;
	uint32_t id; /* in a batch; no other set has it */
	uint32_t flags; /* NFT_SET_; the data of a map are a mark */
	uint32_t key_type; /* nft's own number, which only "nft list" needs */
	uint32_t key_len;
	uint8_t key_order; /* nft's byte order: 0 invalid (mixed), 1 host, 2 network */
};

#define ELEMENTS_TYPE_NF_PROTO 2
#define ELEMENTS_TYPE_MAC      9
#define ELEMENTS_TYPE_MARK     19
#define ELEMENTS_TYPE_IFNAME   41
#define ELEMENTS_TYPE_CARD     (ELEMENTS_TYPE_IFNAME << 6 | ELEMENTS_TYPE_MAC)
#define ELEMENTS_CARD_SIZE     24 /* 16 of the name, 6 of the card, 2 of padding */

struct element {
	const void *key;
	size_t key_len;
	const uint32_t *data; /* NULL in a set */
	uint64_t timeout_ms; /* 0: none */
};

struct listing { /* elements of one set, as few messages as they need */
	struct batch *b;
	uint8_t family;
	const char *set;
	uint16_t type, flags; /* NFT_MSG_NEWSETELEM, or DELSETELEM: keys alone */
	struct nlmsghdr *nlh;
	struct nlattr *list;
	unsigned count; /* in the message */
};

/* Make it, if it is not there. */
void elements_put_set(struct batch *b, const struct set_kind *k);

/* Every element goes. */
void elements_flush(struct batch *b, uint8_t family, const char *set);

/* The key of a card on an interface, the rest of key cleared. */
void elements_card_key(uint8_t *key, size_t size, const struct fw_permit *p);

/* So long a permit's element lives; 0: for ever. It is not over. */
uint64_t elements_timeout(const struct fw_permit *p, int64_t now_ms);

/* set is kept. elements_end() after the last one; nothing is sent when there was none. */
struct listing elements_begin(struct batch *b, uint8_t family, const char *set,
			      uint16_t type, uint16_t flags);
void elements_add(struct listing *l, const struct element *e);
void elements_end(struct listing *l);

/* The cards of FW_SET_QUARANTINE. */
void elements_put_cards(struct batch *b, uint8_t family, uint16_t type, uint16_t flags,
			const struct fw_card *card, size_t count);

/* The elements that permits have in a table. */
typedef void elements_permits_fn(struct batch *b, uint16_t type, uint16_t flags,
				 const struct fw_permit *p, size_t count, int64_t now_ms);

/* What goes, goes first: its place may be taken by what comes. */
void elements_change(struct batch *b, uint8_t family, const struct change *c,
		     elements_permits_fn *put_permits, int64_t now_ms);

#endif
