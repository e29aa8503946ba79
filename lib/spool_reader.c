/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/mem.h"
#include "lib/rd.h"
#include "lib/spool.h"
#include "lib/spool_format.h"

#define WINDOW (64 * 1024) /* bytes read at a time; more than one entry */

struct spool_reader {
	char *dir; /* owned */
	int dir_fd;
	int fd; /* of segment pos.segment, -1: not open */
	struct spool_pos pos;
	uint8_t *window; /* file bytes from window_at on */
	uint64_t window_at;
	size_t window_len;
	/* behind this place of a segment of that size there was nothing whole */
	struct spool_pos searched;
	off_t searched_size;
};

int spool_reader_open(const char *dir, struct spool_pos pos, struct spool_reader **ret)
{
	struct spool_reader *r = calloc(1, sizeof(*r));
	int code;

	if (r == NULL)
		return -ENOMEM;
	r->fd = -1;
	r->pos = pos;
	r->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	code = r->dir_fd == -1 ? -errno : 0;
	r->window = malloc(WINDOW);
	r->dir = strdup(dir);
	if (r->window == NULL || r->dir == NULL)
		code = -ENOMEM;
	if (code < 0) {
		spool_reader_close(r);
		return code;
	}
	*ret = r;
	return 0;
}

void spool_reader_close(struct spool_reader *r)
{
	if (r == NULL)
		return;
	close_p(&r->fd);
	close_p(&r->dir_fd);
	free(r->window);
	free(r->dir);
	free(r);
}

struct spool_pos spool_reader_pos(const struct spool_reader *r)
{
	return r->pos;
}

static int open_segment(struct spool_reader *r, uint64_t first, uint64_t offset)
{
	char name[32];
	int fd;

	spool_segment_name(first, name);
	fd = openat(r->dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd == -1)
		return -errno;
	close_p(&r->fd);
	r->fd = fd;
	r->pos.segment = first;
	r->pos.offset = offset;
	if (offset == 0)
		r->pos.mark = 0;
	r->window_len = 0;
	return 0;
}

/* The segment after the present one (or the oldest). Returns 1, 0 (none) or -errno. */
static int find_next(struct spool_reader *r, bool any, uint64_t *ret_first)
{
	CLEANUP(free_p) struct spool_segment *list = NULL;
	size_t count = 0;
	int code = spool_list(r->dir_fd, &list, &count);

	if (code < 0)
		return code;
	for (size_t i = 0; i < count; i++) {
		if (any || list[i].first > r->pos.segment) {
			*ret_first = list[i].first;
			return 1;
		}
	}
	return 0;
}

/* Have the segment of r->pos open, or the oldest. Returns 1, 0 (none) or -errno. */
static int ensure_open(struct spool_reader *r)
{
	uint64_t first = 0;
	int code;

	if (r->fd != -1)
		return 1;
	if (r->pos.segment != 0) {
		code = open_segment(r, r->pos.segment, r->pos.offset);
		if (code == -ENOENT) /* spool_trim() leaves the one we stand in */
			return -ESTALE;
		return code < 0 ? code : 1;
	}
	code = find_next(r, true, &first);
	if (code <= 0)
		return code;
	code = open_segment(r, first, 0);
	return code < 0 ? code : 1;
}

static uint64_t mark_of(const uint8_t entry[8])
{
	struct rd rd = rd_of(entry, 8);

	return rd_be64(&rd);
}

/*
 * Does the last entry that was given out still end at r->pos? A segment that was
 * begun anew or cut may have grown past r->pos again, with entries as long. Returns
 * 0, -ESTALE or another negative errno.
 */
static int check_place(const struct spool_reader *r)
{
	uint64_t back = SPOOL_ENTRY_HEAD + (r->pos.mark >> 32);
	uint8_t entry[8];
	struct stat st;
	ssize_t n;

	if (fstat(r->fd, &st) == -1)
		return -errno;
	if ((uint64_t)st.st_size < r->pos.offset)
		return -ESTALE;
	if (r->pos.mark == 0)
		return 0;
	if (back > r->pos.offset) /* no mark of ours */
		return -ESTALE;
	n = pread(r->fd, entry, sizeof(entry), (off_t)(r->pos.offset - back));
	if (n == -1)
		return -errno;
	return n == (ssize_t)sizeof(entry) && mark_of(entry) == r->pos.mark ? 0 : -ESTALE;
}

/* Is the segment that is open still the one of its name? Returns as check_place(). */
static int check_name(const struct spool_reader *r)
{
	CLEANUP(close_p) int dir = open(r->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat named, ours;
	char name[32];

	if (dir == -1)
		return -errno;
	spool_segment_name(r->pos.segment, name);
	if (fstatat(dir, name, &named, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? -ESTALE : -errno;
	if (fstat(r->fd, &ours) == -1)
		return -errno;
	return named.st_dev == ours.st_dev && named.st_ino == ours.st_ino ? 0 : -ESTALE;
}

/* The bytes at r->pos: at least one whole entry where the file has one. */
static int fill(struct spool_reader *r, const uint8_t **ret_data, size_t *ret_len)
{
	uint64_t skip = r->pos.offset - r->window_at;

	if (r->pos.offset < r->window_at || skip + SPOOL_ENTRY_MAX > r->window_len) {
		int code = check_place(r);
		ssize_t n;

		if (code < 0)
			return code;
		n = pread(r->fd, r->window, WINDOW, (off_t)r->pos.offset);
		if (n == -1)
			return -errno;
		r->window_at = r->pos.offset;
		r->window_len = (size_t)n;
		skip = 0;
	}
	*ret_data = r->window + skip;
	*ret_len = r->window_len - (size_t)skip;
	return 0;
}

static int skip_head(struct spool_reader *r, const uint8_t *data, size_t len)
{
	uint64_t first = 0;

	if (len < SPOOL_HEAD_LEN)
		return 0;
	if (spool_head_check(data, &first) < 0 || first != r->pos.segment)
		return -EBADMSG;
	r->pos.offset = SPOOL_HEAD_LEN;
	return 1;
}

/* Look again, past the window. Returns 1 (something whole is there now), 0 or -errno. */
static int look_again(struct spool_reader *r)
{
	const uint8_t *data = NULL;
	size_t len = 0;
	uint64_t seq = 0;
	int code;

	r->window_len = 0;
	code = fill(r, &data, &len);
	if (code < 0)
		return code;
	if (r->pos.offset == 0)
		return skip_head(r, data, len) == 1 ? 1 : 0;
	return spool_entry_check(data, len, &seq) > 0 ? 1 : 0;
}

/*
 * Go to the next whole entry of the segment, if there is one. Returns -EBADMSG (went on,
 * *ret_lost bytes are lost), 1 (we stand there), 0 (there is none) or another negative errno.
 */
static int step_over(struct spool_reader *r, uint64_t *ret_lost)
{
	uint64_t at = 0;
	struct stat st;
	int code;

	if (fstat(r->fd, &st) == -1)
		return -errno;
	if (r->searched.segment == r->pos.segment &&
	    r->searched.offset == r->pos.offset && r->searched_size == st.st_size)
		return 0;
	code = spool_entry_find(r->fd, r->pos.offset, r->pos.next_seq, &at);
	if (code == 0) {
		r->searched = r->pos;
		r->searched_size = st.st_size;
	}
	if (code <= 0)
		return code;
	if (at == r->pos.offset && at != 0)
		return 1; /* it was being written */
	*ret_lost = at - r->pos.offset;
	r->pos.offset = at;
	r->pos.mark = 0;
	return -EBADMSG;
}

/*
 * Nothing whole is at r->pos. What is damaged, or comes before a newer segment, will not
 * become whole any more: go on behind it, or in the newer one. What is left unread (also
 * a torn tail that the writer abandoned) is lost.
 * Returns 1 (go on), 0 (wait), -EBADMSG (went on, *ret_lost bytes are lost), -ESTALE
 * (the segment is not that of its name any more) or another negative errno.
 */
static int go_on(struct spool_reader *r, bool damaged, uint64_t *ret_lost)
{
	uint64_t first = 0;
	bool newer = false;
	struct stat st;
	int code = check_name(r);

	if (code == 0)
		code = find_next(r, false, &first);
	newer = code == 1;
	if (code < 0 || (!newer && !damaged)) {
		r->window_len = 0;
		return code;
	}
	/* the writer may have appended between our read and its new segment */
	code = look_again(r);
	if (code == 0)
		code = step_over(r, ret_lost);
	if (code != 0 || !newer)
		return code;
	if (fstat(r->fd, &st) == -1)
		return -errno;
	*ret_lost = (uint64_t)st.st_size - r->pos.offset;
	code = spool_reader_sync(r); /* it will not be seen again */
	if (code == 0)
		code = open_segment(r, first, 0);
	if (code < 0)
		return code;
	return *ret_lost != 0 ? -EBADMSG : 1;
}

int spool_reader_next(struct spool_reader *r, struct record *ret_rec, uint64_t *ret_seq,
		      uint64_t *ret_lost)
{
	*ret_lost = 0;
	for (;;) {
		const uint8_t *data = NULL;
		size_t len = 0;
		uint64_t seq = 0;
		int code = ensure_open(r);

		if (code <= 0)
			return code;
		code = fill(r, &data, &len);
		if (code < 0)
			return code;
		if (r->pos.offset == 0) {
			code = skip_head(r, data, len);
			if (code == 1)
				continue;
		} else {
			code = spool_entry_check(data, len, &seq);
		}
		if (code == 0 || code == -EBADMSG) {
			/* a damaged length may be one for which not all is there */
			code = go_on(r, code != 0 || len != 0, ret_lost);
			if (code == 1)
				continue;
			return code;
		}
		r->pos.offset += (uint64_t)code;
		r->pos.next_seq = seq + 1;
		r->pos.mark = mark_of(data);
		if (record_decode(data + SPOOL_ENTRY_HEAD,
				  (size_t)code - SPOOL_ENTRY_HEAD, ret_rec) < 0) {
			*ret_lost = (uint64_t)code;
			return -EBADMSG;
		}
		*ret_seq = seq;
		return 1;
	}
}

int spool_reader_sync(const struct spool_reader *r)
{
	return r->fd == -1 || (fdatasync(r->fd) == 0 && fsync(r->dir_fd) == 0) ? 0
									       : -errno;
}

int spool_trim(const char *dir, struct spool_pos pos)
{
	CLEANUP(close_p) int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CLEANUP(free_p) struct spool_segment *list = NULL;
	size_t count = 0;
	int r;

	if (fd == -1)
		return -errno;
	r = spool_list(fd, &list, &count);
	if (r < 0)
		return r;
	for (size_t i = 0; i + 1 < count; i++) { /* never the newest */
		char name[32];

		if (list[i].first >= pos.segment)
			break;
		spool_segment_name(list[i].first, name);
		if (unlinkat(fd, name, 0) == -1 && errno != ENOENT)
			return -errno;
	}
	return 0;
}
