/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * revision - policy file and ledger snapshot as one immutable, signed file (level 2)
 *
 * mgmtd writes revisions/NNNNNNNNNN.json with NNNNNNNNNN.sig beside it (Ed25519
 * over the file's bytes; the public key is revisions/revision.pub) and points
 * the symbolic link revisions/current at the one in force. gated and proxyd load
 * them by number, or current at their start.
 *
 *     { "format": 4, "number": 7, "created": "2026-11-21T00:00:00Z",
 *       "policy": "...text of policy.yaml...",
 *       "lists": [ { "id": "ldefault", "name": "...", "mode": "enforce",
 *                    "zones": ["office"], "groups": [], "users": [],
 *                    "schedule": { "timezone": "Asia/Tokyo",
 *                                  "weekly": [ { "days": ["mon", "tue"],
 *                                                "from": "08:30", "to": "17:15" } ],
 *                                  "holidays": ["2026-11-23"] } } ],
 *       "allow": { "size": 4096, "blake2b": "...64 hex...", "ports": [80, 443] },
 *       "permits": [ { "id": "p...", "number": 12, "device": "d...",
 *                      "cards": [ { "mac": "02:..", "interface": "office0" } ],
 *                      "zone": "office", "address": "10.30.0.21",
 *                      "from": 1780000000, "until": 1790000000,
 *                      "user": "", "group": "", "destinations": [],
 *                      "flows": ["claims"], "lists": ["ldefault"] } ],
 *       "quarantine": [ { "mac": "02:.." } ] }
 *
 * The allowlist's entries are compiled (lib/allow) into NNNNNNNNNN.allow beside the
 * JSON; "allow" names that file's size, its BLAKE2b of 256 bits, and so it is
 * signed too, and every port that one of its entries has, for the ruleset. Entries
 * name their list by its place in "lists". "schedule" is null for a list that is
 * always open; a holiday closes it.
 *
 * Unknown keys are errors, and every key but "address", "from", "until", "flows" and
 * "lists" is needed.
 * A permit is in force from "from" (absent: at once) and before "until" (absent: no
 * end). Its 1 to 8 cards lie in its zone and share its number. With "address" they are
 * let through with that source address only (and, for IPv6, to find their neighbours).
 * In a zone of kind vpn there are no cards: a permit has an address there, which is all
 * that its packets are known by, and one "card" that mac_of_addr() makes of it.
 * One with destinations reaches these names through the proxy (they are an allowlist of
 * its own) and nothing else. A card on an interface has one permit at most.
 *
 * With "flows" its devices are given these of the policy's flows that begin in its zone,
 * and the proxy, instead of all that the zone may do; with "lists" the proxy looks at
 * these lists only, as far as they count for the device. An empty one gives nothing; no
 * key: all of the zone's. A list that is not there counts for nobody. "lists" and
 * "destinations" exclude each other; with "flows" and "destinations" both are given.
 *
 * A card in quarantine gets nothing, on no interface; a permit that has one of these
 * cards is not in force, with none of its cards. It may stay among the permits.
 *
 * Format 3 is read too, which has neither "flows" nor "lists", and format 2: "mac" and
 * "interface" instead of "cards", no "address", no "from", no "quarantine".
 *
 * A change of permits or of the quarantine alone is a small revision:
 *
 *     { "format": 4, "number": 8, "created": "2026-11-21T00:00:00Z", "base": 7,
 *       "permits_removed": [ "p..." ], "permits_added": [ { ...as above } ],
 *       "quarantine_added": [ { "mac": "02:.." } ], "quarantine_removed": [] }
 *
 * Everything else is as in its base, which is an earlier revision, full or small; what
 * is removed must be there, and what is added must not. A permit that changes is removed
 * and added, under the same id and number if it is the same one. Every key is needed.
 * There are REVISION_CHAIN_MAX small ones behind a full one at most: then comes a full
 * one. A small one has no image: the full one's must be kept as long as a small one that
 * rests on it is in force or may come back, and the files of all between as well.
 */
#ifndef LIB_REVISION_H
#define LIB_REVISION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/allow/entry.h"
#include "lib/allow/image.h"
#include "lib/allow/list.h"
#include "lib/attr.h"
#include "lib/diag.h"
#include "lib/host.h"
#include "lib/id.h"
#include "lib/policy/policy.h"

#define REVISION_FILE_MAX         (64u << 20)
#define REVISION_ENTRIES_MAX      ALLOW_ENTRIES_MAX
#define REVISION_PERMITS_MAX      100000
#define REVISION_PORTS_MAX        ALLOW_PORTS_MAX /* an entry */
#define REVISION_ALL_PORTS_MAX    1024 /* of all entries */
#define REVISION_DESTINATIONS_MAX 16
#define REVISION_CARDS_MAX        8 /* a permit */
#define REVISION_FLOWS_MAX        16 /* likewise */
#define REVISION_LISTS_MAX        16 /* likewise */
#define REVISION_QUARANTINE_MAX   10000
#define REVISION_SMALL_MAX        1024 /* in each list of a small revision */
#define REVISION_CHAIN_MAX        256 /* small revisions behind a full one */

/* The image that belongs to it. */
struct revision_allow {
	uint64_t size;
	uint8_t hash[ALLOW_HASH_SIZE];
	uint16_t *port; /* of all entries, ascending */
	size_t port_count;
};

/*
 * The kernel mark of a permit's packets and connections: class in the top byte,
 * permit number below.
 */
#define REVISION_MARK_FULL 0x01000000u /* the zone's rights */
#define REVISION_MARK_RESTRICTED \
	0x02000000u /* named destinations through the proxy only */
#define REVISION_MARK_LIMITED 0x03000000u /* named flows, and the proxy */
#define REVISION_MARK_NUMBER  0x00ffffffu

struct revision_card {
	struct mac mac;
	char interface[16];
};

struct revision_tail; /* cards and destinations of a permit; revisions share it */

struct revision_permit {
	char id[ID_TEXT_MAX];
	uint32_t number; /* 1..0xffffff, never reused */
	char device[ID_TEXT_MAX];
	struct mac mac; /* of the first card */
	char interface[16]; /* the first card's */
	size_t zone;
	bool quarantined; /* one of its cards is: it is not in force */
	struct addr address; /* family 0: any */
	int64_t from; /* seconds UTC; 0: from the beginning */
	int64_t until; /* seconds UTC; 0: no end */
	char user[64]; /* account or person it was given to, for records */
	char group[ALLOW_MEMBER_MAX + 1]; /* the device's; "" none */
	const struct revision_card *card; /* 1 or more, with the first */
	size_t card_count;
	const char (*destination)[HOST_PATTERN_MAX + 1]; /* normalised patterns */
	size_t destination_count;
	bool limited; /* to these flows */
	const uint16_t *flow; /* of the policy, ascending */
	size_t flow_count;
	bool listed; /* these lists count only */
	const char (*list)[ID_TEXT_MAX];
	size_t list_count;
	struct revision_tail *tail; /* what the pointers point into */
};

struct revision_shared; /* what revisions of one full one have in common */

struct revision {
	uint64_t number;
	uint64_t full; /* the full one that it rests on, or itself: it has the image */
	uint32_t behind; /* small ones from there to this; 0: it is a full one */
	struct policy *policy;
	char *policy_text;
	struct allow_list *list; /* 1 or more; one of them is ALLOW_LIST_DEFAULT */
	size_t list_count;
	struct revision_allow allow;
	struct revision_permit *permit; /* by number, ascending */
	size_t permit_count;
	struct mac *quarantine; /* ascending */
	size_t quarantine_count;
	struct revision_shared *shared; /* owner of policy, text, lists and ports */
};

struct revision_small { /* a change; permits' zones are those of the policy it is for */
	uint64_t number;
	uint64_t base;
	char (*removed)[ID_TEXT_MAX]; /* ascending */
	size_t removed_count;
	struct revision_permit *added; /* by number, ascending */
	size_t added_count;
	struct mac *isolated; /* into quarantine; ascending */
	size_t isolated_count;
	struct mac *released; /* ascending */
	size_t released_count;
};

static inline uint32_t revision_permit_mark(const struct revision_permit *p)
{
	return (p->limited                  ? REVISION_MARK_LIMITED
		: p->destination_count != 0 ? REVISION_MARK_RESTRICTED
					    : REVISION_MARK_FULL) |
	       (p->number & REVISION_MARK_NUMBER);
}

/* Is a mark a permit's, by its class? */
static inline bool revision_is_permit_mark(uint32_t mark)
{
	return mark > REVISION_MARK_FULL && mark >> 24 <= REVISION_MARK_LIMITED >> 24;
}

/* Is the policy's flow one of those that the permit is limited to? */
bool revision_permit_names_flow(const struct revision_permit *p, size_t flow);

/*
 * Parse the JSON text (no signature check here: pure). Diagnostics of the policy
 * text keep their line and column.
 * Returns 0, -EINVAL (see diags), -EFBIG or -ENOMEM.
 */
int revision_parse(const char *text, size_t len, struct revision **ret_rev,
		   struct diags *diags) MUST_CHECK;
void revision_free(struct revision *rev);

/* The permit of that number, or NULL. */
const struct revision_permit *revision_find(const struct revision *rev, uint32_t number);

/* Is it in force at now (seconds UTC)? */
static inline bool revision_permit_holds(const struct revision_permit *p, int64_t now)
{
	return !p->quarantined && p->from <= now && (p->until == 0 || p->until > now);
}

bool revision_is_quarantined(const struct revision *rev, struct mac mac);

/*
 * The same for the text of a small revision, whose permits lie in policy's zones. What
 * does not stand in the text is not looked at: see revision_apply_small(). Returns as
 * revision_parse().
 */
int revision_small_parse(const char *text, size_t len, const struct policy *policy,
			 struct revision_small **ret_small,
			 struct diags *diags) MUST_CHECK;
void revision_small_free(struct revision_small *small);

/*
 * The revision that small makes of base: it shares policy, lists and what permits have
 * in common with base, and lives on without it. Pure, and linear in base's permits. Both may
 * be freed in any thread. Returns 0, -EINVAL (it does not fit, or the chain is too long: see diags) or -ENOMEM.
 */
int revision_apply_small(const struct revision *base, const struct revision_small *small,
			 struct revision **ret_rev, struct diags *diags) MUST_CHECK;

/*
 * Load revision number (0: current) from dir and check its signature; for a small one
 * that of every file back to the full one too.
 * Returns what revision_parse() does, -ENOENT (no such revision), -EBADMSG
 * (signature or number does not fit) or another negative errno; diags says it in words.
 */
int revision_load(const char *dir, uint64_t number, struct revision **ret_rev,
		  struct diags *diags) MUST_CHECK;

/*
 * The same, with a short way for a small revision on top of base (NULL: none), which is
 * one that was loaded: then only that one file is read. Another one that differs from
 * base in permits and quarantine only shares the rest with it, as a small one does.
 */
int revision_load_on(const char *dir, uint64_t number, const struct revision *base,
		     struct revision **ret_rev, struct diags *diags) MUST_CHECK;

/*
 * Map rev's image in dir and check that it is the one that rev names and refers to
 * rev's lists only. Returns 0, -ENOENT, -EBADMSG or another negative errno; diags
 * says it in words.
 */
int revision_open_image(const char *dir, const struct revision *rev,
			struct allow_image **ret_image, struct diags *diags) MUST_CHECK;

/* --- for mgmtd, the only writer --- */

struct json_t; /* Jansson's */

/* Make a key pair if there is none: secret_path (0600) and dir/revision.pub (0644). */
int revision_key_ensure(const char *dir, const char *secret_path) MUST_CHECK;

/*
 * A file to write revision number's image to, before the revision is stored; one
 * that is left from an attempt is replaced. Returns a descriptor or a negative errno.
 */
int revision_create_image(const char *dir, uint64_t number) MUST_CHECK;

/*
 * Sign and write text as revision number. The files are 0640. They can be loaded at once;
 * they are on disk, as they must be before it is current, when revision_sync() returns 0.
 */
int revision_write(const char *dir, const char *secret_path, uint64_t number,
		   const char *text, size_t len) MUST_CHECK;
int revision_sync(const char *dir, uint64_t number) MUST_CHECK;

/* Both. */
int revision_store(const char *dir, const char *secret_path, uint64_t number,
		   const char *text, size_t len) MUST_CHECK;

/* Point current at number, atomically. */
int revision_set_current(const char *dir, uint64_t number) MUST_CHECK;

/*
 * Remove the image of a full revision that nothing in force rests on any more. Who has it
 * mapped keeps it.
 */
int revision_drop_image(const char *dir, uint64_t number) MUST_CHECK;

/*
 * Revision number has the lists and the image of the full one like: both into top, the
 * JSON of number, and the image under its name. Returns 0 or a negative errno.
 */
int revision_keep_allow(const char *dir, uint64_t number, uint64_t like,
			struct json_t *top) MUST_CHECK;

/* Remove a revision with its image that never came into force. */
int revision_discard(const char *dir, uint64_t number) MUST_CHECK;

#endif
