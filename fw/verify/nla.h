/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * nla - netlink messages and attributes, read with every length checked
 *
 * Of the linux kernel's include/uapi/linux/netlink.h. Nothing is copied: what is
 * found points into the message.
 */
#ifndef FW_VERIFY_NLA_H
#define FW_VERIFY_NLA_H

#include "lib/attr.h"
#include "lib/rd.h"

struct nla {
	bool there;
	struct rd data;
};

/*
 * Sort the attributes of a nest into table (count entries, by type; the last of
 * a type counts). *ret_extra (may be NULL): there was a type that does not fit.
 * Returns 0, or -EBADMSG when a length is wrong.
 */
int nla_sort(struct rd nest, struct nla *table, size_t count, bool *ret_extra) MUST_CHECK;

/*
 * The next attribute of a list. Returns 1, 0 at the end, or -EBADMSG.
 */
int nla_next(struct rd *list, uint16_t *ret_type, struct rd *ret_data) MUST_CHECK;

/* A number in network order of exactly that size; missing or wrong: fallback. */
uint32_t nla_be32(const struct nla *a, uint32_t fallback);
uint64_t nla_be64(const struct nla *a, uint64_t fallback);

/* A string of 1 to size - 1 bytes with or without its NUL. Returns 0 or -EBADMSG. */
int nla_str(const struct nla *a, char *dst, size_t size) MUST_CHECK;

#endif
