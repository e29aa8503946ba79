/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fdio.h"
#include "lib/mem.h"
#include "lib/spool_format.h"
#include "lib/spool_sync.h"

#define BEGUN    "begun.new" /* no segment's name: one that has no head yet */
#define OPEN_NEW (O_RDWR | O_TRUNC | O_CLOEXEC | O_NOFOLLOW)

struct spool {
	int dir_fd;
	int lock_fd;
	int fd; /* the newest segment; -1 before the first append */
	uint64_t end; /* its length in whole entries */
	uint64_t others; /* bytes in the other segments, as last counted */
	uint64_t next_seq;
	int error; /* of the last append */
	bool beside; /* whoever writes does not wait for the disk */
	struct spool_sync newest;
	struct spool_sync left; /* the segment before */
	int sync_error; /* of either, since spool_sync_start() */
};

struct scan {
	uint64_t end; /* of whole entries; 0: not even the head is whole */
	uint64_t next; /* sequence number after the last */
	bool damaged; /* there are whole entries behind what cannot be read */
};

static int find_end(int fd, struct scan *sc)
{
	uint8_t buf[SPOOL_ENTRY_MAX];
	uint64_t seq = 0;

	for (;;) {
		ssize_t n = pread(fd, buf, sizeof(buf), (off_t)sc->end);
		int len;

		if (n == -1)
			return -errno;
		len = spool_entry_check(buf, (size_t)n, &seq);
		if (len <= 0 || (sc->damaged ? seq < sc->next : seq != sc->next))
			return 0;
		sc->end += (uint64_t)len;
		sc->next = seq + 1;
	}
}

/* The segment of that name, to its last whole entry. */
static int scan(int fd, uint64_t first, struct scan *ret)
{
	struct scan sc = { .next = first };
	uint8_t head[SPOOL_HEAD_LEN];
	uint64_t head_first = 0;
	int r = 0;

	if (pread(fd, head, sizeof(head), 0) == (ssize_t)sizeof(head) &&
	    spool_head_check(head, &head_first) == 0 && head_first == first) {
		sc.end = SPOOL_HEAD_LEN;
		r = find_end(fd, &sc);
	}
	while (r == 0 && (r = spool_entry_find(fd, sc.end, sc.next, &sc.end)) == 1) {
		sc.damaged = true;
		r = find_end(fd, &sc);
	}
	if (r == 0)
		*ret = sc;
	return r;
}

static int write_head(const struct spool *s, int fd)
{
	uint8_t head[SPOOL_HEAD_LEN];

	spool_head_encode(head, s->next_seq);
	return fdio_write_all(fd, head, sizeof(head));
}

/* Under its name nobody sees it before its head is whole. */
static int create(const struct spool *s, const char *name, int *ret_fd)
{
	CLEANUP(close_p) int fd = openat(s->dir_fd, BEGUN, OPEN_NEW | O_CREAT, 0640);
	int r;

	if (fd == -1)
		return -errno;
	r = write_head(s, fd);
	if (r == 0 && renameat(s->dir_fd, BEGUN, s->dir_fd, name) == -1)
		r = -errno;
	if (r < 0) {
		(void)unlinkat(s->dir_fd, BEGUN, 0);
		return r;
	}
	*ret_fd = steal_fd(&fd);
	return 0;
}

static int look(struct spool *s, struct spool_sync *sync)
{
	int r = spool_sync_look(sync);

	if (r < 0 && r != -EINPROGRESS)
		s->sync_error = r;
	return r;
}

/* The segment that was the newest goes to the disk, and is closed. */
static void leave_segment(struct spool *s)
{
	int r = 0;

	if (s->fd < 0)
		return;
	if (s->beside) {
		r = spool_sync_begin(&s->left, s->fd);
	} else {
		(void)fdatasync(s->fd);
		(void)close(s->fd);
	}
	if (r < 0)
		s->sync_error = r;
}

static int begin_segment(struct spool *s)
{
	CLEANUP(close_p) int fd = -1;
	char name[32];
	int r;

	if (s->fd != -1 && look(s, &s->left) == -EINPROGRESS)
		return -EBUSY; /* the newest one grows on */
	spool_segment_name(s->next_seq, name);
	/* one that a crash left without entries may have a reader: it stays the same file */
	fd = openat(s->dir_fd, name, OPEN_NEW);
	if (fd != -1)
		r = write_head(s, fd);
	else
		r = errno == ENOENT ? create(s, name, &fd) : -errno;
	if (r < 0)
		return r;
	leave_segment(s);
	s->fd = steal_fd(&fd);
	s->others += s->end;
	s->end = SPOOL_HEAD_LEN;
	return 0;
}

static int count_others(struct spool *s)
{
	CLEANUP(free_p) struct spool_segment *list = NULL;
	uint64_t total = 0;
	size_t count = 0;
	int r = spool_list(s->dir_fd, &list, &count);

	if (r < 0)
		return r;
	for (size_t i = 0; i < count; i++)
		total += list[i].size;
	s->others = total > s->end ? total - s->end : 0;
	return 0;
}

/* Go on in the newest segment, after its last whole entry. */
static int resume(struct spool *s)
{
	CLEANUP(free_p) struct spool_segment *list = NULL;
	struct scan sc = { 0 };
	size_t count = 0;
	char name[32];
	int r = spool_list(s->dir_fd, &list, &count);

	if (r < 0 || count == 0)
		return r;
	spool_segment_name(list[count - 1].first, name);
	s->fd = openat(s->dir_fd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (s->fd == -1)
		return -errno;
	r = scan(s->fd, list[count - 1].first, &sc);
	if (r < 0)
		return r;
	s->next_seq = sc.next;
	/* begun anew by append, when nothing is in it; else left to the reader as it is */
	if (sc.end < SPOOL_HEAD_LEN || sc.damaged) {
		(void)close(s->fd);
		s->fd = -1;
		return 0;
	}
	s->end = sc.end;
	if (ftruncate(s->fd, (off_t)s->end) == -1 ||
	    lseek(s->fd, (off_t)s->end, SEEK_SET) == -1)
		return -errno;
	return 0;
}

int spool_open(const char *dir, struct spool **ret_spool)
{
	struct spool *s = calloc(1, sizeof(*s));
	int r;

	if (s == NULL)
		return -ENOMEM;
	s->lock_fd = -1;
	s->fd = -1;
	s->next_seq = 1;
	s->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir_fd == -1)
		goto fail_errno;
	s->lock_fd = openat(s->dir_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
			    0640);
	if (s->lock_fd == -1)
		goto fail_errno;
	if (flock(s->lock_fd, LOCK_EX | LOCK_NB) == -1) {
		r = errno == EWOULDBLOCK ? -EBUSY : -errno;
		goto fail;
	}
	(void)unlinkat(s->dir_fd, BEGUN, 0); /* of one that crashed */
	r = resume(s);
	if (r == 0)
		r = count_others(s);
	if (r < 0)
		goto fail;
	*ret_spool = s;
	return 0;

fail_errno:
	r = -errno;
fail:
	spool_close(s);
	return r;
}

void spool_close(struct spool *s)
{
	if (s == NULL)
		return;
	spool_sync_wait(&s->newest);
	spool_sync_wait(&s->left);
	close_p(&s->fd);
	close_p(&s->lock_fd);
	close_p(&s->dir_fd);
	free(s);
}

/* len bytes of sealed entries, count of them. */
static int append(struct spool *s, const uint8_t *data, size_t len, size_t count)
{
	int r;

	if (s->others + s->end + len > SPOOL_TOTAL_MAX) {
		r = count_others(s); /* recordd may have made room */
		if (r < 0 || s->others + s->end + len > SPOOL_TOTAL_MAX)
			return r < 0 ? r : -ENOSPC;
	}
	r = fdio_write_all(s->fd, data, len);
	if (r < 0) {
		/* take the part that was written away again: the next entry stands here */
		if (ftruncate(s->fd, (off_t)s->end) == -1 ||
		    lseek(s->fd, (off_t)s->end, SEEK_SET) == -1) {
			(void)close(s->fd);
			s->fd = -1; /* a new segment will follow the torn one */
		}
		return r;
	}
	s->end += len;
	s->next_seq += count;
	return 0;
}

/*
 * A segment is named by its first entry: it must be there before entries get numbers.
 * While no new one can be had (no descriptor is free), the old one grows on.
 */
static int make_room(struct spool *s, size_t len)
{
	int r;

	if (s->fd != -1 && s->end + len <= SPOOL_SEGMENT_MAX)
		return 0;
	r = begin_segment(s);
	if (r < 0)
		return s->fd != -1 ? 0 : r;
	(void)count_others(s); /* else what was known of them stands */
	return 0;
}

int spool_append(struct spool *s, const struct record *rec)
{
	uint8_t entry[SPOOL_ENTRY_MAX];
	size_t len = spool_entry_encode(entry, rec);

	s->error = make_room(s, len);
	if (s->error < 0)
		return s->error;
	(void)spool_entry_seal(entry, s->next_seq);
	s->error = append(s, entry, len, 1);
	return s->error;
}

int spool_append_batch(struct spool *s, struct spool_batch *b)
{
	uint64_t seq;

	if (b->count == 0)
		return 0;
	s->error = make_room(s, b->len);
	if (s->error < 0)
		return s->error;
	seq = s->next_seq;
	for (size_t at = 0; at < b->len;)
		at += spool_entry_seal(b->data + at, seq++);
	s->error = append(s, b->data, b->len, b->count);
	return s->error;
}

int spool_state(const struct spool *s)
{
	return s->error;
}

int spool_sync(struct spool *s)
{
	return s->fd == -1 || fdatasync(s->fd) == 0 ? 0 : -errno;
}

int spool_sync_start(struct spool *s)
{
	int fd;

	s->beside = true;
	if (look(s, &s->newest) == -EINPROGRESS)
		return -EBUSY;
	s->sync_error = 0;
	if (s->fd == -1)
		return 0;
	fd = fcntl(s->fd, F_DUPFD_CLOEXEC, 0); /* a segment may be left meanwhile */
	return fd == -1 ? -errno : spool_sync_begin(&s->newest, fd);
}

int spool_sync_state(struct spool *s)
{
	int newest = look(s, &s->newest), left = look(s, &s->left);

	if (newest == -EINPROGRESS || left == -EINPROGRESS)
		return -EINPROGRESS;
	return s->sync_error;
}
