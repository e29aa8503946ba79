/* SPDX-License-Identifier: GPL-3.0-or-later */
/* auth - passwords: hashing (argon2id), checking, making first ones */
#ifndef MGMT_MGMTD_AUTH_H
#define MGMT_MGMTD_AUTH_H

#include <stdbool.h>

#include "lib/attr.h"
#include "mgmt/mgmtd/store_account.h"

#define AUTH_FIRST_MAX 24 /* "xxxxx-xxxxx-xxxxx-xxxxx" and its terminator */

struct auth {
	char nobody
		[ACCOUNT_HASH_MAX]; /* checked for unknown logins: takes the same time */
};

/* Returns 0, -ENOSYS (no generator) or -ENOMEM. */
int auth_init(struct auth *a) MUST_CHECK;

/* Returns 0 or -ENOMEM: argon2id needs 64 MiB for a moment. */
int auth_hash(const char *password, char ret_hash[ACCOUNT_HASH_MAX]) MUST_CHECK;

/* hash NULL: does the same work and says no. */
bool auth_check(const struct auth *a, const char *hash, const char *password);

/* A password for a first sign-in: letters and digits that nobody mixes up. */
void auth_first(char ret_password[AUTH_FIRST_MAX]);

#endif
