/* SPDX-License-Identifier: GPL-3.0-or-later */
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
#include "lib/paths.h"
#include "lib/revision_json.h"

#define KEY_NAME     "revision.pub"
#define CURRENT_NAME "current"
#define IMAGE_SUFFIX ".allow"

static const struct place whole = { 0 };

/* dir/NNNNNNNNNN.suffix, or dir/name when number is 0 */
static int file_path(char dst[PATH_TEXT_MAX], const char *dir, uint64_t number,
		     const char *suffix)
{
	int n = number != 0 ? snprintf(dst, PATH_TEXT_MAX, "%s/%010" PRIu64 "%s", dir,
				       number, suffix)
			    : snprintf(dst, PATH_TEXT_MAX, "%s/%s", dir, suffix);

	return n >= 0 && n < PATH_TEXT_MAX ? 0 : -ENAMETOOLONG;
}

/* The number that the symbolic link current points at. */
static int current_number(const char *dir, uint64_t *ret_number)
{
	char path[PATH_TEXT_MAX], target[64], again[64];
	ssize_t n;
	int r = file_path(path, dir, 0, CURRENT_NAME);

	if (r < 0)
		return r;
	n = readlink(path, target, sizeof(target) - 1);
	if (n == -1)
		return -errno;
	target[n] = '\0';
	if (sscanf(target, "%" SCNu64, ret_number) != 1)
		return -EBADMSG;
	(void)snprintf(again, sizeof(again), "%010" PRIu64 ".json", *ret_number);
	return *ret_number != 0 && strcmp(again, target) == 0 ? 0 : -EBADMSG;
}

/* A file of exactly len bytes. */
static int read_exactly(const char *path, void *dst, size_t len)
{
	CLEANUP(free_p) char *data = NULL;
	size_t got = 0;
	int r = fdio_read_file(path, len, &data, &got);

	if (r < 0)
		return r;
	if (got != len)
		return -EBADMSG;
	memcpy(dst, data, len);
	sodium_memzero(data, got);
	return 0;
}

static int check_signature(const char *dir, uint64_t number, const char *text, size_t len)
{
	unsigned char key[crypto_sign_PUBLICKEYBYTES], sig[crypto_sign_BYTES];
	char path[PATH_TEXT_MAX];
	int r;

	if ((r = file_path(path, dir, 0, KEY_NAME)) < 0 ||
	    (r = read_exactly(path, key, sizeof(key))) < 0 ||
	    (r = file_path(path, dir, number, ".sig")) < 0 ||
	    (r = read_exactly(path, sig, sizeof(sig))) < 0)
		return r;
	return crypto_sign_verify_detached(sig, (const unsigned char *)text, len, key) ==
			       0
		       ? 0
		       : -EBADMSG;
}

/* The JSON of revision number, whose signature is good. */
static int read_json(const char *dir, uint64_t number, json_t **ret_top,
		     struct diags *diags)
{
	CLEANUP(free_p) char *text = NULL;
	char path[PATH_TEXT_MAX];
	size_t len = 0;
	json_t *top;
	int r;

	if ((r = file_path(path, dir, number, ".json")) < 0 ||
	    (r = fdio_read_file(path, REVISION_FILE_MAX, &text, &len)) < 0 ||
	    (r = check_signature(dir, number, text, len)) < 0)
		return r;
	top = revision_read_text(text, len, &r, diags);
	if (top == NULL)
		return r;
	if (json_integer_value(json_object_get(top, "number")) != (json_int_t)number) {
		json_decref(top);
		return -EBADMSG;
	}
	*ret_top = top;
	return 0;
}

struct chain { /* small revisions, the last one first */
	json_t *small[REVISION_CHAIN_MAX];
	size_t count;
	struct revision *rev; /* owned; what they rest on */
};

/* From number back to base or to a full one. */
static int read_chain(const char *dir, uint64_t number, const struct revision *base,
		      struct chain *c, struct diags *diags)
{
	while (base == NULL || c->count == 0 || number != base->number) {
		json_t *top = NULL;
		uint64_t below;
		int r = read_json(dir, number, &top, diags);

		if (r < 0)
			return r;
		below = revision_base_of_json(top);
		if (below == 0) {
			r = revision_of_json(top, &c->rev, diags);
			json_decref(top);
			return r;
		}
		if (c->count == REVISION_CHAIN_MAX || below >= number) {
			json_decref(top);
			return -EBADMSG;
		}
		c->small[c->count++] = top;
		number = below;
	}
	return 0;
}

static int apply_one(const struct revision *base, json_t *top, struct revision **ret_rev,
		     struct diags *diags)
{
	struct revision_small *small = NULL;
	int r = revision_small_of_json(top, base->policy, &small, diags);

	if (r < 0)
		return r;
	r = revision_apply_small(base, small, ret_rev, diags);
	revision_small_free(small);
	return r;
}

/* Put them on top of each other again. */
static int apply_chain(const struct revision *base, struct chain *c, struct diags *diags)
{
	int r = 0;

	for (size_t i = c->count; i > 0 && r == 0; i--) {
		struct revision *next = NULL;

		r = apply_one(c->rev != NULL ? c->rev : base, c->small[i - 1], &next,
			      diags);
		if (r == 0) {
			revision_free(c->rev);
			c->rev = next;
		}
	}
	return r;
}

static int load(const char *dir, uint64_t number, const struct revision *base,
		struct revision **ret_rev, struct diags *diags)
{
	struct chain c = { .count = 0 };
	int r = read_chain(dir, number, base, &c, diags);

	if (r == 0 && c.rev != NULL && base != NULL)
		revision_adopt(c.rev, base);
	if (r == 0)
		r = apply_chain(base, &c, diags);
	for (size_t i = 0; i < c.count; i++)
		json_decref(c.small[i]);
	if (r < 0)
		revision_free(c.rev);
	else
		*ret_rev = c.rev;
	return r;
}

int revision_load_on(const char *dir, uint64_t number, const struct revision *base,
		     struct revision **ret_rev, struct diags *diags)
{
	int r = sodium_init() < 0 ? -ENOSYS : 0;

	if (r == 0 && number == 0)
		r = current_number(dir, &number);
	if (r == 0)
		r = load(dir, number, base, ret_rev, diags);
	if (r < 0 && diags->count == 0)
		diag_add(diags, whole, "revision %" PRIu64 ": %s", number,
			 r == -EBADMSG ? "signature or number does not fit"
				       : strerror(-r));
	return r;
}

int revision_load(const char *dir, uint64_t number, struct revision **ret_rev,
		  struct diags *diags)
{
	return revision_load_on(dir, number, NULL, ret_rev, diags);
}

static int open_image(const char *path, const struct revision *rev,
		      struct allow_image **ret_image)
{
	CLEANUP(close_p) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct allow_image *image = NULL;
	int r;

	if (fd == -1)
		return -errno;
	r = allow_image_open(fd, rev->allow.size, rev->allow.hash, &image);
	if (r < 0)
		return r;
	if (allow_image_lists(image) > rev->list_count) {
		allow_image_free(image);
		return -EBADMSG;
	}
	*ret_image = image;
	return 0;
}

int revision_open_image(const char *dir, const struct revision *rev,
			struct allow_image **ret_image, struct diags *diags)
{
	char path[PATH_TEXT_MAX];
	int r = file_path(path, dir, rev->full, IMAGE_SUFFIX);

	if (r == 0)
		r = open_image(path, rev, ret_image);
	if (r < 0)
		diag_add(diags, whole, "allowlist of revision %" PRIu64 ": %s", rev->full,
			 r == -EBADMSG ? "damaged, or another than the revision names"
				       : strerror(-r));
	return r;
}

int revision_create_image(const char *dir, uint64_t number)
{
	CLEANUP(close_p) int fd = -1;
	char path[PATH_TEXT_MAX];
	int r = number != 0 ? file_path(path, dir, number, IMAGE_SUFFIX) : -EINVAL;

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

	if (read_exactly(path, there, sizeof(there)) == 0 &&
	    memcmp(there, pub, sizeof(there)) == 0)
		return 0;
	return fdio_replace_file(path, 0644, pub, crypto_sign_PUBLICKEYBYTES);
}

int revision_key_ensure(const char *dir, const char *secret_path)
{
	unsigned char pub[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];
	char path[PATH_TEXT_MAX];
	int r = file_path(path, dir, 0, KEY_NAME);

	if (r < 0 || sodium_init() < 0)
		return r < 0 ? r : -ENOSYS;
	r = read_exactly(secret_path, secret, sizeof(secret));
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
	int r = file_path(path, dir, number, suffix);

	if (r == 0 && unlink(path) == -1 && errno != ENOENT)
		r = -errno;
	return r;
}

static int discard(const char *dir, uint64_t number)
{
	static const char *const suffixes[] = { ".json", ".sig", IMAGE_SUFFIX };
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
	if ((r = file_path(json, dir, number, ".json")) < 0 ||
	    (r = file_path(signature, dir, number, ".sig")) < 0 ||
	    (r = read_exactly(secret_path, secret, sizeof(secret))) < 0)
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

	if ((r = file_path(json, dir, number, ".json")) < 0 ||
	    (r = file_path(signature, dir, number, ".sig")) < 0 ||
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

	if (current_number(dir, &there) == 0 && there == number)
		return 0; /* also on a full disk */
	(void)snprintf(target, sizeof(target), "%010" PRIu64 ".json", number);
	if ((r = file_path(path, dir, 0, CURRENT_NAME)) < 0 ||
	    (r = file_path(temporary, dir, 0, CURRENT_NAME ".new")) < 0)
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
	return number != 0 ? remove_file(dir, number, IMAGE_SUFFIX) : -EINVAL;
}

int revision_keep_allow(const char *dir, uint64_t number, uint64_t like,
			struct json_t *top)
{
	char from[PATH_TEXT_MAX], to[PATH_TEXT_MAX];
	struct diags diags = { 0 };
	json_t *old = NULL;
	int r = read_json(dir, like, &old, &diags);

	if (r < 0)
		return r;
	if (json_object_set(top, "lists", json_object_get(old, "lists")) < 0 ||
	    json_object_set(top, "allow", json_object_get(old, "allow")) < 0)
		r = -EBADMSG;
	json_decref(old);
	if (r < 0 || (r = file_path(from, dir, like, IMAGE_SUFFIX)) < 0 ||
	    (r = file_path(to, dir, number, IMAGE_SUFFIX)) < 0)
		return r;
	if (unlink(to) == -1 && errno != ENOENT)
		return -errno;
	return link(from, to) == -1 ? -errno : 0;
}
