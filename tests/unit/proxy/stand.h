/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stand - an engine of one worker with a spool of its own, and clients that connect to it */
#ifndef TESTS_UNIT_PROXY_STAND_H
#define TESTS_UNIT_PROXY_STAND_H

#include <stddef.h>
#include <stdint.h>

#include "lib/allow/list.h"
#include "lib/record.h"
#include "proxy/engine.h"

struct stand {
	char dir[64];
	struct spool *spool;
	struct engine *e;
};

void stand_open(struct stand *s);

/* The revision in text, its allowlist with that entry or (NULL) none. The caller's. */
struct snapshot *stand_snapshot(const char *text, const struct allow_entry *entry);

/* The same, in force. Returns how many connections were ended. */
size_t stand_use(struct stand *s, const char *text, const struct allow_entry *entry);

/* fd[0] is the proxy's end of a connection from there; returns fd[1], the client's. */
int stand_arrive(struct stand *s, const int fd[2], const char *from);

/* A socket pair. mark: what the kernel has put on the connection; 0: nothing. */
int stand_connect(struct stand *s, const char *from, uint32_t mark);

/* What comes until the close, terminated; then fd is closed. */
void stand_read(int fd, char *dst, size_t size);

/* End the engine, and remove all. fn (or NULL) gets each record. Returns their number. */
typedef void stand_record_fn(const struct record *rec, void *user);
size_t stand_close(struct stand *s, stand_record_fn *fn, void *user);

#endif
