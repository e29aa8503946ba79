/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * revision_text - a revision's JSON without having all of it in memory (for lib/revision)
 *
 * A full revision is, but for a page, its list of permits: tens of thousands of alike
 * objects. They are parsed one by one, each freed before the next; everything else is
 * one document. Only where the list begins and ends is found out here; what is JSON, in
 * the list and around it, says Jansson.
 */
#ifndef LIB_REVISION_TEXT_H
#define LIB_REVISION_TEXT_H

#include <jansson.h>
#include <stddef.h>

#include "lib/attr.h"
#include "lib/diag.h"

struct revision_text {
	json_t *top; /* owned; the list under "permits" is empty */
	const char *text; /* borrowed */
	size_t at, end; /* what stands between the list's brackets; at moves on */
	size_t left; /* elements, if it is JSON */
};

/*
 * Read text but for the permits. It must live as long as these are asked for.
 * Returns 0 (revision_text_clear() afterwards), -EINVAL (see diags), -EFBIG (more than
 * REVISION_FILE_MAX bytes) or -ENOMEM.
 */
int revision_text_read(const char *text, size_t len, struct revision_text *ret_text,
		       struct diags *diags) MUST_CHECK;
void revision_text_clear(struct revision_text *t);

/*
 * The next permit, the caller's to json_decref(). Returns 1, 0 (there are no more) or
 * -EINVAL (see diags).
 */
int revision_text_next(struct revision_text *t, json_t **ret_permit,
		       struct diags *diags) MUST_CHECK;

#endif
