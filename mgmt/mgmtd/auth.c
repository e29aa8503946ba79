/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/auth.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

_Static_assert(ACCOUNT_HASH_MAX == crypto_pwhash_STRBYTES, "size of libsodium's hashes");

int auth_hash(const char *password, char ret_hash[ACCOUNT_HASH_MAX])
{
	return crypto_pwhash_str(ret_hash, password, strlen(password),
				 crypto_pwhash_OPSLIMIT_INTERACTIVE,
				 crypto_pwhash_MEMLIMIT_INTERACTIVE) == 0
		       ? 0
		       : -ENOMEM;
}

int auth_init(struct auth *a)
{
	char password[AUTH_FIRST_MAX];

	if (sodium_init() < 0)
		return -ENOSYS;
	auth_first(password);
	return auth_hash(password, a->nobody);
}

bool auth_check(const struct auth *a, const char *hash, const char *password)
{
	int r = crypto_pwhash_str_verify(hash != NULL ? hash : a->nobody, password,
					 strlen(password));

	return hash != NULL && r == 0;
}

/* 20 characters of 54: 115 bits */
void auth_first(char ret_password[AUTH_FIRST_MAX])
{
	static const char letters[] =
		"abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

	for (size_t i = 0; i < AUTH_FIRST_MAX - 1; i++)
		ret_password[i] =
			i % 6 == 5 ? '-'
				   : letters[randombytes_uniform(sizeof(letters) - 1)];
	ret_password[AUTH_FIRST_MAX - 1] = '\0';
}
