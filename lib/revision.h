/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * revision - policy file and ledger snapshot as one immutable, signed file (level 2)
 *
 * mgmtd writes revisions/NNNNNNNNNN.json with NNNNNNNNNN.sig beside it (Ed25519
 * over the file's bytes; the public key is revisions/revision.pub) and points
 * the symbolic link revisions/current at the one in force. gated and proxyd load
 * them by number, or current at their start.
 *
 *     { "format": 2, "number": 7, "created": "2026-11-21T00:00:00Z",
 *       "policy": "...text of policy.yaml...",
 *       "lists": [ { "id": "ldefault", "name": "...", "mode": "enforce",
 *                    "zones": ["office"], "groups": [], "users": [],
 *                    "schedule": { "timezone": "Asia/Tokyo",
 *                                  "weekly": [ { "days": ["mon", "tue"],
 *                                                "from": "08:30", "to": "17:15" } ],
 *                                  "holidays": ["2026-11-23"] } } ],
 *       "allow": { "size": 4096, "blake2b": "...64 hex...", "ports": [80, 443] },
 *       "permits": [ { "id": "p...", "number": 12, "device": "d...",
 *                      "mac": "02:..", "interface": "office0", "zone": "office",
 *                      "until": 1790000000, "user": "", "group": "",
 *                      "destinations": ["vendor.example"] } ] }
 *
 * The allowlist's entries are compiled (lib/allow) into NNNNNNNNNN.allow beside the
 * JSON; "allow" names that file's size, its BLAKE2b of 256 bits, and so it is
 * signed too, and every port that one of its entries has, for the ruleset. Entries
 * name their list by its place in "lists". "schedule" is null for a list that is
 * always open; a holiday closes it.
 *
 * Unknown keys are errors, and every key but "until" is needed. A permit without
 * "until" has no end; one with destinations reaches these names through the proxy
 * (they are an allowlist of its own) and nothing else. A card on an interface has
 * one permit at most.
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
#define REVISION_MARK_NUMBER 0x00ffffffu

struct revision_permit {
	char id[ID_TEXT_MAX];
	uint32_t number; /* 1..0xffffff, never reused */
	char device[ID_TEXT_MAX];
	struct mac mac;
	char interface[16];
	size_t zone;
	int64_t until; /* seconds UTC; 0: no end */
	char user[64]; /* account or person it was given to, for records */
	char group[ALLOW_MEMBER_MAX + 1]; /* the device's; "" none */
	char (*destination)[HOST_PATTERN_MAX + 1]; /* normalised patterns */
	size_t destination_count;
};

struct revision {
	uint64_t number;
	struct policy *policy;
	char *policy_text;
	struct allow_list *list; /* 1 or more; one of them is ALLOW_LIST_DEFAULT */
	size_t list_count;
	struct revision_allow allow;
	struct revision_permit *permit;
	size_t permit_count;
};

static inline uint32_t revision_permit_mark(const struct revision_permit *p)
{
	return (p->destination_count != 0 ? REVISION_MARK_RESTRICTED
					  : REVISION_MARK_FULL) |
	       (p->number & REVISION_MARK_NUMBER);
}

/*
 * Parse the JSON text (no signature check here: pure). Diagnostics of the policy
 * text keep their line and column.
 * Returns 0, -EINVAL (see diags), -EFBIG or -ENOMEM.
 */
int revision_parse(const char *text, size_t len, struct revision **ret_rev,
		   struct diags *diags) MUST_CHECK;
void revision_free(struct revision *rev);

/*
 * Load revision number (0: current) from dir and check its signature.
 * Returns what revision_parse() does, -ENOENT (no such revision), -EBADMSG
 * (signature or number does not fit) or another negative errno; diags says it in words.
 */
int revision_load(const char *dir, uint64_t number, struct revision **ret_rev,
		  struct diags *diags) MUST_CHECK;

/*
 * Map rev's image in dir and check that it is the one that rev names and refers to
 * rev's lists only. Returns 0, -ENOENT, -EBADMSG or another negative errno; diags
 * says it in words.
 */
int revision_open_image(const char *dir, const struct revision *rev,
			struct allow_image **ret_image, struct diags *diags) MUST_CHECK;

/* --- for mgmtd, the only writer --- */

/* Make a key pair if there is none: secret_path (0600) and dir/revision.pub (0644). */
int revision_key_ensure(const char *dir, const char *secret_path) MUST_CHECK;

/*
 * A file to write revision number's image to, before the revision is stored; one
 * that is left from an attempt is replaced. Returns a descriptor or a negative errno.
 */
int revision_create_image(const char *dir, uint64_t number) MUST_CHECK;

/* Sign and write text as revision number. The files are 0640, on disk when it returns. */
int revision_store(const char *dir, const char *secret_path, uint64_t number,
		   const char *text, size_t len) MUST_CHECK;

/* Point current at number, atomically. */
int revision_set_current(const char *dir, uint64_t number) MUST_CHECK;

/* Remove the image of a revision that is not in force any more. Who has it mapped keeps it. */
int revision_drop_image(const char *dir, uint64_t number) MUST_CHECK;

/* Remove a revision with its image that never came into force. */
int revision_discard(const char *dir, uint64_t number) MUST_CHECK;

#endif
