/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * carry - open tunnels as bytes, on their way from one proxyd to the next
 *
 * Pure. A head, then one block for each tunnel. The reader trusts nothing: sizes have
 * ceilings, the whole is looked through before anything of it is used.
 */
#ifndef PROXY_CARRY_H
#define PROXY_CARRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/attr.h"
#include "lib/rd.h"
#include "lib/record.h"
#include "lib/wr.h"

#define CARRY_TUNNELS_MAX 4096
#define CARRY_PENDING_MAX (512 * 1024) /* bytes of one direction */
#define CARRY_PATH_MAX    (16 * 1024)
#define CARRY_TOTAL_MAX   (64u << 20)
#define CARRY_HEAD_LEN    (8 + 4 + 8)

struct carry_flow {
	uint64_t bytes;
	bool ended, done; /* as in struct flow */
	const uint8_t *pending; /* read, and not yet taken by the other side */
	uint32_t pending_len;
};

struct carry_tunnel {
	uint64_t client, origin; /* SO_COOKIE of the sockets: the kernel's own names */
	uint64_t sent; /* bytes up in requests before */
	int64_t opened_ms, active_ms, born_ms; /* CLOCK_MONOTONIC */
	uint16_t meant_port;
	uint16_t tls_version;
	bool tls_ech;
	bool alarmed;
	struct carry_flow up, down;
	const uint8_t *ticket; /* its open record, encoded */
	uint16_t ticket_len;
	const uint8_t *path; /* of an upgraded request, without NUL; 0 bytes: none */
	uint16_t path_len;
};

/* Bytes of its block. */
size_t carry_size(const struct carry_tunnel *t);
void carry_put(struct wr *w, const struct carry_tunnel *t);

/* now_ms: CLOCK_MONOTONIC. */
void carry_put_head(struct wr *w, uint32_t count, int64_t now_ms);

/* What carry_open() found sound. */
struct carry {
	struct rd left;
	uint32_t count;
	int64_t left_ms; /* when they were given away */
};

/*
 * Returns 0 or -EBADMSG. Then carry_next() gives each tunnel, pointing into data, until
 * it returns false; ret_open is its open record.
 */
int carry_open(const void *data, size_t len, struct carry *ret_carry) MUST_CHECK;
bool carry_next(struct carry *c, struct carry_tunnel *ret_tunnel,
		struct record *ret_open) MUST_CHECK;

#endif
