/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_account - the tables of accounts and of failed sign-ins */
#ifndef MGMT_MGMTD_STORE_ACCOUNT_H
#define MGMT_MGMTD_STORE_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/attr.h"
#include "mgmt/mgmtd/db.h"
#include "mgmt/mgmtd/input.h"
#include "mgmt/mgmtd/workflow.h"

#define ACCOUNT_HASH_MAX 128 /* crypto_pwhash_STRBYTES */

struct account {
	char login[LOGIN_MAX + 1];
	char name[INPUT_NAME_MAX + 1];
	enum role role;
	char hash[ACCOUNT_HASH_MAX];
	bool must_change;
	bool disabled;
	int64_t created;
};

/* -EEXIST: the login was used before. */
int store_account_add(struct db *db, const struct account *a) MUST_CHECK;
/* -ENOENT: no such login. */
int store_account_get(struct db *db, const char *login, struct account *ret) MUST_CHECK;
int store_account_password(struct db *db, const char *login, const char *hash,
			   bool must_change) MUST_CHECK;
int store_account_disable(struct db *db, const char *login) MUST_CHECK;

/* fn for every account by login; what it returns below 0 ends the walk. */
int store_account_each(struct db *db, int (*fn)(const struct account *a, void *user),
		       void *user) MUST_CHECK;

/* Before a login: at the proxy. Nobody can type it at the other door. */
#define ATTEMPT_PROXY "\x01proxy:"

/* Failed sign-ins, for every login that was typed, known or not. */
int store_attempt_locked(struct db *db, const char *login, int64_t now,
			 bool *ret_locked) MUST_CHECK;
int store_attempt_failed(struct db *db, const char *login, int64_t now) MUST_CHECK;
int store_attempt_clear(struct db *db, const char *login) MUST_CHECK;
/* At every door. */
int store_attempt_forgive(struct db *db, const char *login) MUST_CHECK;

#endif
