/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * desk - what all workers need to serve the local page: recent denials, form tokens
 *
 * One for the process; everything here may be called from any thread.
 */
#ifndef PROXY_DESK_H
#define PROXY_DESK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/attr.h"
#include "proxy/denials.h"

#define DESK_TOKEN_SIZE 65 /* 64 hexadecimal digits and the NUL */

struct desk;

/* Returns 0, -ENOMEM or -EIO (no random numbers). */
int desk_new(struct desk **ret_desk) MUST_CHECK;
void desk_free(struct desk *d);

/* Note a denial; without memory for it it is not shown, and that is all. */
void desk_note(struct desk *d, const struct denials_who *who, const struct denial *what);

/* This device's, the newest first. Returns how many. */
size_t desk_list(struct desk *d, const struct denials_who *who,
		 struct denial ret[DENIALS_A_DEVICE]);

/*
 * A token that only this device's page has: a keyed hash of device, address and hour
 * (now_s: seconds UTC), good until the end of the next hour or a restart.
 */
void desk_token(const struct desk *d, const struct denials_who *who, int64_t now_s,
		char dst[DESK_TOKEN_SIZE]);

/* In constant time. token is terminated. */
bool desk_token_ok(const struct desk *d, const struct denials_who *who, int64_t now_s,
		   const char *token);

#endif
