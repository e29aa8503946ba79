/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * acl - the allowlist as an immutable matcher
 *
 * Pure: built once from a revision, then only read, from any thread. Host names
 * are compared as bytes: callers normalise first.
 */
#ifndef PROXY_ACL_H
#define PROXY_ACL_H

#include <stddef.h>
#include <stdint.h>

#include "lib/attr.h"
#include "lib/reason.h"
#include "lib/revision.h"

struct acl;

struct acl_match {
	enum reason reason; /* REASON_ENTRY, REASON_PORT or REASON_NOT_LISTED */
	size_t entry; /* index into the revision; POLICY_NONE when not listed */
};

/*
 * Build the matcher over rev's entries, which it refers to: rev must outlive it.
 * Returns 0 or -ENOMEM.
 */
int acl_new(const struct revision *rev, struct acl **ret_acl) MUST_CHECK;
void acl_free(struct acl *acl);

/*
 * May zone reach host at port? The exact name is asked first, then wildcards
 * from the longest on; an entry that fits but for the port gives REASON_PORT.
 */
struct acl_match acl_match(const struct acl *acl, size_t zone, const char *host,
			   uint16_t port);

#endif
