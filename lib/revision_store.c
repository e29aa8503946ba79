/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading what is in the folder of revisions (see revision.h). */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/fdio.h"
#include "lib/mem.h"
#include "lib/revision_files.h"
#include "lib/revision_json.h"
#include "lib/revision_text.h"

static const struct place whole = { 0 };

static int check_signature(const char *dir, uint64_t number, const char *text, size_t len)
{
	unsigned char key[crypto_sign_PUBLICKEYBYTES], sig[crypto_sign_BYTES];
	char path[PATH_TEXT_MAX];
	int r;

	if ((r = revision_file_path(path, dir, 0, REVISION_KEY_NAME)) < 0 ||
	    (r = revision_read_exactly(path, key, sizeof(key))) < 0 ||
	    (r = revision_file_path(path, dir, number, ".sig")) < 0 ||
	    (r = revision_read_exactly(path, sig, sizeof(sig))) < 0)
		return r;
	return crypto_sign_verify_detached(sig, (const unsigned char *)text, len, key) ==
			       0
		       ? 0
		       : -EBADMSG;
}

struct signed_file {
	char *data;
	struct revision_text text; /* of data */
};

static void close_file(struct signed_file *f)
{
	revision_text_clear(&f->text);
	free(f->data);
}

/* Revision number, whose signature is good; close_file() afterwards. */
static int open_file(const char *dir, uint64_t number, struct signed_file *ret_file,
		     struct diags *diags)
{
	CLEANUP(free_p) char *data = NULL;
	struct revision_text text;
	char path[PATH_TEXT_MAX];
	size_t len = 0;
	int r;

	if ((r = revision_file_path(path, dir, number, ".json")) < 0 ||
	    (r = fdio_read_file(path, REVISION_FILE_MAX, &data, &len)) < 0 ||
	    (r = check_signature(dir, number, data, len)) < 0 ||
	    (r = revision_text_read(data, len, &text, diags)) < 0)
		return r;
	if (json_integer_value(json_object_get(text.top, "number")) !=
	    (json_int_t)number) {
		revision_text_clear(&text);
		return -EBADMSG;
	}
	*ret_file = (struct signed_file){ STEAL(data), text };
	return 0;
}

struct chain { /* small revisions, the last one first */
	struct signed_file small[REVISION_CHAIN_MAX];
	size_t count;
	struct revision *rev; /* owned; what they rest on */
};

/* From number back to base or to a full one. */
static int read_chain(const char *dir, uint64_t number, const struct revision *base,
		      struct chain *c, struct diags *diags)
{
	while (base == NULL || c->count == 0 || number != base->number) {
		struct signed_file file;
		uint64_t below;
		int r = open_file(dir, number, &file, diags);

		if (r < 0)
			return r;
		below = revision_base_of_json(file.text.top);
		if (below == 0 || c->count == REVISION_CHAIN_MAX || below >= number) {
			r = below == 0 ? revision_of_text(&file.text, &c->rev, diags)
				       : -EBADMSG;
			close_file(&file);
			return r;
		}
		c->small[c->count++] = file;
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

		r = apply_one(c->rev != NULL ? c->rev : base, c->small[i - 1].text.top,
			      &next, diags);
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
		close_file(&c.small[i]);
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
		r = revision_current_number(dir, &number);
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
	int r = revision_file_path(path, dir, rev->full, REVISION_IMAGE_SUFFIX);

	if (r == 0)
		r = open_image(path, rev, ret_image);
	if (r < 0)
		diag_add(diags, whole, "allowlist of revision %" PRIu64 ": %s", rev->full,
			 r == -EBADMSG ? "damaged, or another than the revision names"
				       : strerror(-r));
	return r;
}

int revision_keep_allow(const char *dir, uint64_t number, uint64_t like,
			struct json_t *top)
{
	char from[PATH_TEXT_MAX], to[PATH_TEXT_MAX];
	struct diags diags = { 0 };
	struct signed_file old;
	int r = open_file(dir, like, &old, &diags);

	if (r < 0)
		return r;
	if (json_object_set(top, "lists", json_object_get(old.text.top, "lists")) < 0 ||
	    json_object_set(top, "allow", json_object_get(old.text.top, "allow")) < 0)
		r = -EBADMSG;
	close_file(&old);
	if (r < 0 ||
	    (r = revision_file_path(from, dir, like, REVISION_IMAGE_SUFFIX)) < 0 ||
	    (r = revision_file_path(to, dir, number, REVISION_IMAGE_SUFFIX)) < 0)
		return r;
	if (unlink(to) == -1 && errno != ENOENT)
		return -errno;
	return link(from, to) == -1 ? -errno : 0;
}
