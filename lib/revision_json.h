/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * revision_json - values out of a revision's JSON (for lib/revision itself)
 *
 * What does not fit is told to diags; the functions then return false or NULL.
 */
#ifndef LIB_REVISION_JSON_H
#define LIB_REVISION_JSON_H

#include <jansson.h>

#include "lib/revision.h"

struct revision_text;

/* Every member of obj must stand in the NULL-terminated list of keys. */
bool revision_only_keys(json_t *obj, const char *what, const char *const *keys,
			struct diags *diags);

bool revision_get_text(json_t *obj, const char *key, char *dst, size_t size,
		       struct diags *diags);

/* An integer min..max; min when the key is absent and optional. */
bool revision_get_int(json_t *obj, const char *key, int64_t min, int64_t max,
		      bool optional, int64_t *ret_value, struct diags *diags);

/* The format of a file, which is min at least. Others are refused in words. */
bool revision_get_format(json_t *top, int64_t min, int64_t *ret_format,
			 struct diags *diags);

/* The list under key, of max members at most. */
json_t *revision_get_list(json_t *obj, const char *key, size_t max, struct diags *diags);

bool revision_get_zone(const struct policy *p, json_t *value, size_t *ret_zone,
		       struct diags *diags);
bool revision_get_id(json_t *obj, const char *key, char kind, char dst[ID_TEXT_MAX],
		     struct diags *diags);
bool revision_get_pattern(json_t *value, char dst[HOST_PATTERN_MAX + 1],
			  struct diags *diags);

/*
 * A permit in the wording of that format. Returns 0, -EINVAL or -ENOMEM;
 * revision_clear_permit() in every case.
 */
int revision_read_permit(const struct policy *p, json_t *obj, int64_t format,
			 struct revision_permit *permit, struct diags *diags);
void revision_clear_permit(struct revision_permit *permit);

/* permit as another revision has it too. */
struct revision_permit revision_share_permit(const struct revision_permit *permit);

/* In order of their numbers, each number and each card once. Returns 0 or -EINVAL. */
int revision_sort_permits(struct revision_permit *permit, size_t count,
			  struct diags *diags);

/* [{"mac": ...}], each once, into a malloc()ed array in order. 0, -EINVAL or -ENOMEM. */
int revision_read_macs(json_t *list, struct mac **ret_macs, size_t *ret_count,
		       struct diags *diags);
int revision_compare_macs(const void *a, const void *b);

/* Share with base what rev has of the same, if that is all but permits and quarantine. */
void revision_adopt(struct revision *rev, const struct revision *base);

/* Note which permits are in quarantine. */
void revision_note_quarantine(struct revision *rev);

/* Of the whole file. Each returns 0, -EINVAL or -ENOMEM. */
int revision_of_text(struct revision_text *t, struct revision **ret_rev,
		     struct diags *diags);
int revision_small_of_json(json_t *top, const struct policy *policy,
			   struct revision_small **ret_small, struct diags *diags);
/* The base that a small revision names; 0: it is no small one. */
uint64_t revision_base_of_json(json_t *top);

/* What a revision shares with those that rest on it. */
struct revision_shared *revision_shared_new(void);
struct revision_shared *revision_shared_ref(struct revision_shared *s);
bool revision_shared_unref(struct revision_shared *s); /* true: it was the last one */

/* The parts of a revision; rev->policy is there. Each returns 0, -EINVAL or -ENOMEM. */
int revision_read_lists(json_t *list, struct revision *rev, struct diags *diags);
int revision_read_permits(struct revision_text *t, int64_t format, struct revision *rev,
			  struct diags *diags);

#endif
