/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/spool.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[] = "/tmp/fuzz-spool-XXXXXX";

static void write_segment(const char *name, const uint8_t *data, size_t size)
{
	char path[128];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd == -1 || write(fd, data, size) != (ssize_t)size)
		abort();
	(void)close(fd);
}

/* The writer may have begun a segment: the next input does not find it. */
static void empty(void)
{
	struct dirent *e;
	DIR *d = opendir(dir);

	while (d != NULL && (e = readdir(d)) != NULL) {
		if (strstr(e->d_name, ".spool") != NULL)
			(void)unlinkat(dirfd(d), e->d_name, 0);
	}
	(void)closedir(d);
}

/* Two segments of foreign bytes: the reader comes to an end, and a writer goes on after them. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char *made;
	struct spool_reader *reader = NULL;
	struct spool_pos pos = { 0 };
	struct spool *spool = NULL;
	struct record rec = { .kind = RECORD_SERVICE };
	uint64_t seq = 0, lost = 0;
	size_t steps = 0;
	int r;

	if (made == NULL && (made = mkdtemp(dir)) == NULL)
		abort();
	write_segment("0000000000000001.spool", data, size / 2);
	write_segment("0000000000000002.spool", data + size / 2, size - size / 2);
	if (spool_reader_open(dir, pos, &reader) < 0)
		abort();
	while ((r = spool_reader_next(reader, &rec, &seq, &lost)) != 0) {
		if (++steps > size + 16)
			abort(); /* no byte is read twice */
		if (r < 0 && lost == 0)
			break;
	}
	spool_reader_close(reader);
	rec = (struct record){ .kind = RECORD_SERVICE };
	if (spool_open(dir, &spool) < 0 || spool_append(spool, &rec) < 0)
		abort();
	spool_close(spool);
	empty();
	return 0;
}
