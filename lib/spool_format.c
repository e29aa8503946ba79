/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/spool_format.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/mem.h"
#include "lib/rd.h"
#include "lib/str.h"
#include "lib/wr.h"

/* CRC-32C (Castagnoli, RFC 3720 B.4), one nibble at a time: small and fast enough. */
static uint32_t crc32c(const uint8_t *data, size_t len)
{
	static const uint32_t table[16] = {
		0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
		0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
		0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
	};
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < len; i++) {
		crc ^= data[i];
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return ~crc;
}

void spool_segment_name(uint64_t first, char dst[32])
{
	(void)snprintf(dst, 32, "%016" PRIx64 ".spool", first);
}

/* The number in such a name, or -EINVAL. */
static int first_of_name(const char *name, uint64_t *ret_first)
{
	uint8_t b[8] = { 0 };
	struct rd r = rd_of(b, sizeof(b));
	char again[32];

	if (strlen(name) != 16 + strlen(".spool") || str_unhex(name, b, sizeof(b)) < 0)
		return -EINVAL;
	*ret_first = rd_be64(&r);
	spool_segment_name(*ret_first, again);
	return strcmp(again, name) == 0 ? 0 : -EINVAL;
}

static int by_first(const void *a, const void *b)
{
	const struct spool_segment *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

static int grow(struct spool_segment **list, size_t *room)
{
	size_t more = *room == 0 ? 16 : *room * 2;
	struct spool_segment *bigger;

	if (more > SPOOL_SEGMENTS_MAX)
		return -ENOSPC;
	bigger = realloc(*list, more * sizeof(**list));
	if (bigger == NULL)
		return -ENOMEM;
	*list = bigger;
	*room = more;
	return 0;
}

static int list_open_folder(DIR *dir, struct spool_segment **ret_list, size_t *ret_count)
{
	CLEANUP(free_p) struct spool_segment *list = NULL;
	size_t count = 0, room = 0;
	struct dirent *e;

	while ((e = readdir(dir)) != NULL) {
		struct stat st;
		uint64_t first;

		if (first_of_name(e->d_name, &first) < 0 ||
		    fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
		    !S_ISREG(st.st_mode))
			continue; /* not ours, or removed this moment */
		if (count == room) {
			int r = grow(&list, &room);

			if (r < 0)
				return r;
		}
		list[count++] = (struct spool_segment){ .first = first,
							.size = (uint64_t)st.st_size };
	}
	if (count > 0)
		qsort(list, count, sizeof(*list), by_first);
	*ret_list = STEAL(list);
	*ret_count = count;
	return 0;
}

int spool_list(int dir_fd, struct spool_segment **ret_list, size_t *ret_count)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir;
	int r;

	if (fd == -1)
		return -errno;
	dir = fdopendir(fd);
	if (dir == NULL) {
		r = -errno;
		(void)close(fd);
		return r;
	}
	r = list_open_folder(dir, ret_list, ret_count);
	(void)closedir(dir);
	return r;
}

size_t spool_entry_encode(uint8_t *dst, uint64_t seq, const struct record *rec)
{
	size_t len = record_encode(rec, dst + SPOOL_ENTRY_HEAD);
	struct wr w = wr_of(dst, SPOOL_ENTRY_HEAD);

	wr_be32(&w, (uint32_t)len);
	wr_be32(&w, 0);
	wr_be64(&w, seq);
	w.len = 4;
	wr_be32(&w, crc32c(dst + 8, 8 + len));
	return SPOOL_ENTRY_HEAD + len;
}

int spool_entry_check(const uint8_t *data, size_t len, uint64_t *ret_seq)
{
	struct rd r = rd_of(data, len);
	uint32_t payload = rd_be32(&r);
	uint32_t crc = rd_be32(&r);
	uint64_t seq = rd_be64(&r);

	if (rd_failed(&r))
		return 0;
	if (payload == 0 || payload > RECORD_ENCODED_MAX)
		return -EBADMSG;
	if (r.left < payload)
		return 0;
	if (crc32c(data + 8, 8 + payload) != crc)
		return -EBADMSG;
	*ret_seq = seq;
	return (int)(SPOOL_ENTRY_HEAD + payload);
}

int spool_head_check(const uint8_t head[SPOOL_HEAD_LEN], uint64_t *ret_first)
{
	struct rd r = rd_of(head + 8, 8);

	if (memcmp(head, SPOOL_MAGIC, 8) != 0)
		return -EBADMSG;
	*ret_first = rd_be64(&r);
	return 0;
}

void spool_head_encode(uint8_t head[SPOOL_HEAD_LEN], uint64_t first)
{
	struct wr w = wr_of(head, SPOOL_HEAD_LEN);

	wr_bytes(&w, SPOOL_MAGIC, 8);
	wr_be64(&w, first);
}
