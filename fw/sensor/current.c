/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/sensor/current.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/diag.h"
#include "lib/log.h"
#include "lib/str.h"

/* Where the link points: "" when there is none. */
static void read_link(const struct current *c, char dst[CURRENT_LINK_MAX])
{
	char path[PATH_TEXT_MAX];
	ssize_t n = -1;

	if (path_join(path, c->dir, "/current") == 0)
		n = readlink(path, dst, CURRENT_LINK_MAX - 1);
	dst[n > 0 ? n : 0] = '\0';
}

int current_load(struct current *c, const struct revision *base,
		 struct revision **ret_rev)
{
	char link[CURRENT_LINK_MAX];
	struct diags diags = { 0 };
	int r;

	read_link(c, link);
	if (link[0] == '\0')
		return -ENOENT;
	if (strcmp(link, c->loaded) == 0) {
		c->refused[0] = '\0'; /* pointed back to what we have */
		return -ENOENT;
	}
	r = revision_load_on(c->dir, 0, base, ret_rev, &diags);
	if (r == 0) {
		(void)str_copy(c->loaded, sizeof(c->loaded), link);
		c->refused[0] = '\0';
		return 0;
	}
	if (strcmp(link, c->refused) != 0)
		log_err("sensord", "cannot load revision %s: %s", link,
			diags.count != 0 ? diags.item[0].text : strerror(-r));
	(void)str_copy(c->refused, sizeof(c->refused), link);
	return r;
}
