/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The folder of revisions: what is of no use any more goes (see publish.h). */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "lib/log.h"
#include "lib/str.h"
#include "mgmt/mgmtd/publish.h"

static bool is_image(const char *name)
{
	return strcmp(name + strcspn(name, "."), ".allow") == 0;
}

/* The number in "0000000007.json" and its like; 0 for other names. */
static uint64_t number_of(const char *name)
{
	char digits[24];
	uint64_t n;
	size_t len = strcspn(name, ".");

	if (len != 10 || (strcmp(name + len, ".json") != 0 &&
			  strcmp(name + len, ".sig") != 0 && !is_image(name)))
		return 0;
	name += strspn(name, "0");
	len = strcspn(name, ".");
	memcpy(digits, name, len);
	digits[len] = '\0';
	return str_to_uint(digits, 1, INT64_MAX, &n) == 0 ? n : 0;
}

void publish_discard(const struct publisher *p, uint64_t number)
{
	int r = revision_discard(p->dir, number);

	if (r < 0) /* it is never current, and its number is not used again */
		log_warn("mgmtd", "revision %" PRIu64 " cannot be removed: %s", number,
			 strerror(-r));
}

void publish_drop_image(const struct publisher *p, uint64_t number)
{
	int r = revision_drop_image(p->dir, number);

	if (r < 0)
		log_warn("mgmtd",
			 "the allowlist image of revision %" PRIu64
			 " cannot be removed: %s",
			 number, strerror(-r));
}

int publish_sweep(struct publisher *p)
{
	DIR *dir = opendir(p->dir);
	const struct dirent *entry;

	if (dir == NULL)
		return -errno;
	while ((entry = readdir(dir)) != NULL) {
		uint64_t n = number_of(entry->d_name);

		if (n != 0 && n < p->current && n != p->full && is_image(entry->d_name))
			publish_drop_image(p, n);
		if (n <= p->current || n == p->trial.number)
			continue;
		p->tried = n > p->tried ? n : p->tried;
		log_warn("mgmtd", "revision %" PRIu64 " never came into force; removed",
			 n);
		publish_discard(p, n);
	}
	(void)closedir(dir);
	return 0;
}
