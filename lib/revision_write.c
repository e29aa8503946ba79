/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing into the folder of revisions: mgmtd alone does (see revision.h). */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fdio.h"
#include "lib/mem.h"
#include "lib/revision.h"
#include "lib/revision_files.h"

int revision_create_image(const char *dir, uint64_t number)
{
	CLEANUP(close_p) int fd = -1;
	char path[PATH_TEXT_MAX];
	int r = number != 0 ? revision_file_path(path, dir, number, REVISION_IMAGE_SUFFIX)
			    : -EINVAL;

	if (r < 0)
		return r;
	/* never in place: somebody may have the old one mapped */
	if (unlink(path) == -1 && errno != ENOENT)
		return -errno;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd == -1 || fchmod(fd, 0640) == -1) /* whatever the umask */
		return -errno;
	return steal_fd(&fd);
}

/* Written only when it is another one: at a start on a full disk nothing has to change. */
static int put_key(const char *path, const unsigned char *pub)
{
	unsigned char there[crypto_sign_PUBLICKEYBYTES];

	if (revision_read_exactly(path, there, sizeof(there)) == 0 &&
	    memcmp(there, pub, sizeof(there)) == 0)
		return 0;
	return fdio_replace_file(path, 0644, pub, crypto_sign_PUBLICKEYBYTES);
}

int revision_key_ensure(const char *dir, const char *secret_path)
{
	unsigned char pub[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];
	char path[PATH_TEXT_MAX];
	int r = revision_file_path(path, dir, 0, REVISION_KEY_NAME);

	if (r < 0 || sodium_init() < 0)
		return r < 0 ? r : -ENOSYS;
	r = revision_read_exactly(secret_path, secret, sizeof(secret));
	if (r == -ENOENT) {
		(void)crypto_sign_keypair(pub, secret);
		r = fdio_replace_file(secret_path, 0600, secret, sizeof(secret));
	}
	if (r == 0) {
		/* derived anew each time, so that a lost public key comes back */
		(void)crypto_sign_ed25519_sk_to_pk(pub, secret);
		r = put_key(path, pub);
	}
	sodium_memzero(secret, sizeof(secret));
	return r;
}

static int remove_file(const char *dir, uint64_t number, const char *suffix)
{
	char path[PATH_TEXT_MAX];
	int r = revision_file_path(path, dir, number, suffix);

	if (r == 0 && unlink(path) == -1 && errno != ENOENT)
		r = -errno;
	return r;
}

static int discard(const char *dir, uint64_t number)
{
	static const char *const suffixes[] = { ".json", ".sig", REVISION_IMAGE_SUFFIX };
	int result = 0;

	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
		int r = remove_file(dir, number, suffixes[i]);

		if (r < 0)
			result = r;
	}
	return result;
}

int revision_write(const char *dir, const char *secret_path, uint64_t number,
		   const char *text, size_t len)
{
	unsigned char secret[crypto_sign_SECRETKEYBYTES], sig[crypto_sign_BYTES];
	char json[PATH_TEXT_MAX], signature[PATH_TEXT_MAX];
	int r;

	if (number == 0 || len > REVISION_FILE_MAX)
		return -EINVAL;
	if ((r = revision_file_path(json, dir, number, ".json")) < 0 ||
	    (r = revision_file_path(signature, dir, number, ".sig")) < 0 ||
	    (r = revision_read_exactly(secret_path, secret, sizeof(secret))) < 0)
		return r;
	(void)crypto_sign_detached(sig, NULL, (const unsigned char *)text, len, secret);
	sodium_memzero(secret, sizeof(secret));
	r = fdio_put_file(json, 0640, text, len);
	if (r == 0)
		r = fdio_put_file(signature, 0640, sig, sizeof(sig));
	if (r < 0) /* what stays is never current, and is replaced next time */
		(void)discard(dir, number);
	return r;
}

int revision_sync(const char *dir, uint64_t number)
{
	char json[PATH_TEXT_MAX], signature[PATH_TEXT_MAX];
	int r;

	if ((r = revision_file_path(json, dir, number, ".json")) < 0 ||
	    (r = revision_file_path(signature, dir, number, ".sig")) < 0 ||
	    (r = fdio_sync_file(json)) < 0 || (r = fdio_sync_file(signature)) < 0)
		return r;
	return fdio_sync_folder_of(json);
}

int revision_store(const char *dir, const char *secret_path, uint64_t number,
		   const char *text, size_t len)
{
	int r = revision_write(dir, secret_path, number, text, len);

	if (r == 0 && (r = revision_sync(dir, number)) < 0)
		(void)discard(dir, number);
	return r;
}

int revision_set_current(const char *dir, uint64_t number)
{
	char target[64], path[PATH_TEXT_MAX], temporary[PATH_TEXT_MAX];
	uint64_t there = 0;
	int r;

	if (revision_current_number(dir, &there) == 0 && there == number)
		return 0; /* also on a full disk */
	(void)snprintf(target, sizeof(target), "%010" PRIu64 ".json", number);
	if ((r = revision_file_path(path, dir, 0, REVISION_CURRENT_NAME)) < 0 ||
	    (r = revision_file_path(temporary, dir, 0, REVISION_CURRENT_NAME ".new")) < 0)
		return r;
	if (unlink(temporary) == -1 && errno != ENOENT)
		return -errno;
	if (symlink(target, temporary) == -1)
		return -errno;
	if (rename(temporary, path) == -1) {
		r = -errno;
		(void)unlink(temporary);
		return r;
	}
	return fdio_sync_folder_of(path);
}

int revision_discard(const char *dir, uint64_t number)
{
	return discard(dir, number);
}

int revision_drop_image(const char *dir, uint64_t number)
{
	return number != 0 ? remove_file(dir, number, REVISION_IMAGE_SUFFIX) : -EINVAL;
}
