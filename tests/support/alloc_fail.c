/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/alloc_fail.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t size);
char *__real_strdup(const char *s);
void *__real_mmap(void *at, size_t len, int prot, int flags, int fd, off_t offset);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t size);
char *__wrap_strdup(const char *s);
void *__wrap_mmap(void *at, size_t len, int prot, int flags, int fd, off_t offset);

static unsigned countdown;
static bool fired;

void alloc_fail_at(unsigned nth)
{
	countdown = nth;
	fired = false;
}

bool alloc_fail_fired(void)
{
	return fired;
}

static bool fails_now(void)
{
	if (countdown == 0 || --countdown != 0)
		return false;
	fired = true;
	errno = ENOMEM;
	return true;
}

void *__wrap_malloc(size_t size)
{
	return fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return fails_now() ? NULL : __real_realloc(p, size);
}

char *__wrap_strdup(const char *s)
{
	return fails_now() ? NULL : __real_strdup(s);
}

/* Memory is what is of no file. */
void *__wrap_mmap(void *at, size_t len, int prot, int flags, int fd, off_t offset)
{
	return (flags & MAP_ANONYMOUS) != 0 && fails_now()
		       ? MAP_FAILED
		       : __real_mmap(at, len, prot, flags, fd, offset);
}
