/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/load.h"

#include <stdio.h>
#include <string.h>

#include "lib/str.h"

static int refuse(const struct diags *diags, int error, char text[PROTO_TEXT_MAX])
{
	(void)diag_print(diags, "revision", text, PROTO_TEXT_MAX);
	if (text[0] == '\0')
		(void)snprintf(text, PROTO_TEXT_MAX, "%s\n", strerror(-error));
	return error;
}

static int no_memory(struct revision *rev, int error, char text[PROTO_TEXT_MAX])
{
	revision_free(rev);
	(void)str_copy(text, PROTO_TEXT_MAX, "not enough memory for the revision");
	return error;
}

int load_snapshot(const char *folder, uint64_t number, struct snapshot *base,
		  struct snapshot **ret_snap, char text[PROTO_TEXT_MAX])
{
	struct diags diags = { 0 };
	struct revision *rev = NULL;
	struct allow_image *image = NULL;
	int r = revision_load_on(folder, number, base != NULL ? base->rev : NULL, &rev,
				 &diags);

	if (r < 0)
		return refuse(&diags, r, text);
	if (base != NULL && rev->policy == base->rev->policy) {
		r = snapshot_new_small(rev, base, ret_snap);
		return r < 0 ? no_memory(rev, r, text) : 0;
	}
	r = revision_open_image(folder, rev, &image, &diags);
	if (r < 0) {
		revision_free(rev);
		return refuse(&diags, r, text);
	}
	r = snapshot_new(rev, image, ret_snap);
	if (r < 0) {
		allow_image_free(image);
		return no_memory(rev, r, text);
	}
	return 0;
}
