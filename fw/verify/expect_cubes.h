/* SPDX-License-Identifier: GPL-3.0-or-later */
/* expect_cubes - cubes as the parts of expect make and add them */
#ifndef FW_VERIFY_EXPECT_CUBES_H
#define FW_VERIFY_EXPECT_CUBES_H

#include "fw/verify/expect.h"

void cube_set(struct cube *c, enum field f, uint64_t min, uint64_t max);

/* The first packet of a connection; when it comes again there may be a mark. */
struct cube expect_first_packet(uint32_t hook);

void expect_add(struct work *w, struct expect *x, const struct cube *c);

/* Once as what may be, once as what has to: the kernel itself drops some of it. */
void expect_add_both(struct work *w, struct expect *x, struct cube c);

/* Whose packets a zone without admission takes: anybody's. */
enum cube_who expect_who(const struct expect *x, uint32_t zone, enum cube_who admitted);

/* The cube with each address range of the list in a field, in that family. */
void expect_spread(struct work *w, struct expect *x, struct cube c, enum field f,
		   const struct ranges *list, bool sure);

/* The cube with each source and each destination of one family. */
void expect_add_pairs(struct work *w, struct expect *x, const struct cube *c,
		      const struct ranges *src, const struct ranges *dst, bool sure);

/* From a zone: its own source addresses. */
void expect_add_from(struct work *w, struct expect *x, struct cube c, uint32_t zone,
		     uint32_t interface);

#endif
