/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/revision.h"

#include <errno.h>
#include <jansson.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "lib/revision_json.h"
#include "lib/revision_text.h"
#include "lib/str.h"

#define FORMAT_NEWEST 4

static const struct place whole = { 0 };

#define ESSENCE_LEN 32

struct revision_shared {
	atomic_uint refs;
	uint8_t essence[ESSENCE_LEN]; /* of all but permits and quarantine */
};

struct revision_shared *revision_shared_new(void)
{
	struct revision_shared *s = calloc(1, sizeof(*s));

	if (s != NULL)
		atomic_init(&s->refs, 1);
	return s;
}

struct revision_shared *revision_shared_ref(struct revision_shared *s)
{
	(void)atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
	return s;
}

bool revision_shared_unref(struct revision_shared *s)
{
	if (s != NULL &&
	    atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
		return false;
	free(s);
	return true;
}

/* Every port of an entry, each once and in order. */
static int read_ports(json_t *list, struct revision_allow *allow, struct diags *diags)
{
	size_t count = json_array_size(list);

	if (count == 0)
		return 0;
	allow->port = calloc(count, sizeof(*allow->port));
	if (allow->port == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		json_int_t v = json_integer_value(json_array_get(list, i));

		if (v < 1 || v > UINT16_MAX || (i != 0 && v <= allow->port[i - 1])) {
			diag_add(diags, whole,
				 "'ports' must be 1 to 65535, each once, in order");
			return -EINVAL;
		}
		allow->port[allow->port_count++] = (uint16_t)v;
	}
	return 0;
}

static int read_allow(json_t *obj, struct revision_allow *allow, struct diags *diags)
{
	static const char *const keys[] = { "size", "blake2b", "ports", NULL };
	char hash[2 * ALLOW_HASH_SIZE + 1];
	int64_t size = 0;
	json_t *ports;

	if (!revision_only_keys(obj, "'allow'", keys, diags) ||
	    !revision_get_int(obj, "size", 1, ALLOW_IMAGE_MAX, false, &size, diags) ||
	    !revision_get_text(obj, "blake2b", hash, sizeof(hash), diags) ||
	    (ports = revision_get_list(obj, "ports", REVISION_ALL_PORTS_MAX, diags)) ==
		    NULL)
		return -EINVAL;
	allow->size = (uint64_t)size;
	if (strlen(hash) != sizeof(hash) - 1 ||
	    str_unhex(hash, allow->hash, sizeof(allow->hash)) < 0) {
		diag_add(diags, whole, "'blake2b' must be %d hexadecimal digits",
			 2 * ALLOW_HASH_SIZE);
		return -EINVAL;
	}
	return read_ports(ports, allow, diags);
}

static int read_quarantine(json_t *top, int64_t format, struct revision *rev,
			   struct diags *diags)
{
	json_t *list;

	if (format == 2) {
		if (json_object_get(top, "quarantine") == NULL)
			return 0;
		diag_add(diags, whole, "'quarantine' is not of format 2");
		return -EINVAL;
	}
	list = revision_get_list(top, "quarantine", REVISION_QUARANTINE_MAX, diags);
	if (list == NULL)
		return -EINVAL;
	return revision_read_macs(list, &rev->quarantine, &rev->quarantine_count, diags);
}

/* The list itself is empty: revision_text has its elements. */
static bool check_permits(const struct revision_text *t, struct diags *diags)
{
	json_t *list = json_object_get(t->top, "permits");

	if (json_is_array(list) && json_array_size(list) == 0 &&
	    t->left <= REVISION_PERMITS_MAX)
		return true;
	diag_add(diags, whole, "'permits' must be a list of at most %d",
		 REVISION_PERMITS_MAX);
	return false;
}

static int read_revision(struct revision_text *t, struct revision *rev,
			 struct diags *diags)
{
	static const char *const keys[] = { "format",  "number",     "created",
					    "policy",  "lists",      "allow",
					    "permits", "quarantine", NULL };
	json_t *top = t->top, *lists;
	char created[32];
	int64_t format = 0, number = 0;
	const char *policy;
	int r;

	if (!revision_only_keys(top, "a revision", keys, diags) ||
	    !revision_get_format(top, 2, &format, diags) ||
	    !revision_get_int(top, "number", 1, INT64_MAX, false, &number, diags) ||
	    !revision_get_text(top, "created", created, sizeof(created), diags) ||
	    (lists = revision_get_list(top, "lists", ALLOW_LISTS_MAX, diags)) == NULL ||
	    !check_permits(t, diags))
		return -EINVAL;
	rev->number = rev->full = (uint64_t)number;
	policy = json_string_value(json_object_get(top, "policy"));
	if (policy == NULL) {
		diag_add(diags, whole, "'policy' must be the text of a policy file");
		return -EINVAL;
	}
	rev->shared = revision_shared_new();
	rev->policy_text = strdup(policy);
	if (rev->shared == NULL || rev->policy_text == NULL)
		return -ENOMEM;
	if ((r = policy_parse(policy, strlen(policy), &rev->policy, diags)) < 0 ||
	    (r = read_allow(json_object_get(top, "allow"), &rev->allow, diags)) < 0 ||
	    (r = revision_read_lists(lists, rev, diags)) < 0 ||
	    (r = revision_read_permits(t, format, rev, diags)) < 0 ||
	    (r = read_quarantine(top, format, rev, diags)) < 0)
		return r;
	revision_note_quarantine(rev);
	return 0;
}

bool revision_get_format(json_t *top, int64_t min, int64_t *ret_format,
			 struct diags *diags)
{
	if (!revision_get_int(top, "format", 0, INT64_MAX, false, ret_format, diags))
		return false;
	if (*ret_format >= min && *ret_format <= FORMAT_NEWEST)
		return true;
	diag_add(diags, whole,
		 "a %s version wrote this file: it has format %lld, and this one reads "
		 "%lld to %d",
		 *ret_format < min ? "far older" : "newer", (long long)*ret_format,
		 (long long)min, FORMAT_NEWEST);
	return false;
}

/* What of the text two revisions must have in common to share it. */
static int note_essence(json_t *top, struct revision *rev)
{
	static const char *const own[] = { "number", "created", "permits", "quarantine" };
	json_t *rest = json_copy(top);
	char *text = NULL;

	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		(void)json_object_del(rest, own[i]);
	if (rest != NULL)
		text = json_dumps(rest, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(rest);
	if (text == NULL)
		return -ENOMEM;
	(void)crypto_generichash(rev->shared->essence, ESSENCE_LEN, (const void *)text,
				 strlen(text), NULL, 0);
	free(text);
	return 0;
}

int revision_of_text(struct revision_text *t, struct revision **ret_rev,
		     struct diags *diags)
{
	struct revision *rev = calloc(1, sizeof(*rev));
	int r = rev != NULL ? read_revision(t, rev, diags) : -ENOMEM;

	if (r == 0)
		r = note_essence(t->top, rev);
	if (r < 0) {
		revision_free(rev);
		return r;
	}
	*ret_rev = rev;
	return 0;
}

int revision_parse(const char *text, size_t len, struct revision **ret_rev,
		   struct diags *diags)
{
	struct revision_text t;
	int r = revision_text_read(text, len, &t, diags);

	if (r < 0)
		return r;
	r = revision_of_text(&t, ret_rev, diags);
	revision_text_clear(&t);
	return r;
}

static int compare_number(const void *a, const void *b)
{
	const uint32_t *number = a;
	const struct revision_permit *p = b;

	return (*number > p->number) - (*number < p->number);
}

const struct revision_permit *revision_find(const struct revision *rev, uint32_t number)
{
	if (rev->permit_count == 0)
		return NULL;
	return bsearch(&number, rev->permit, rev->permit_count, sizeof(*rev->permit),
		       compare_number);
}

bool revision_is_quarantined(const struct revision *rev, struct mac mac)
{
	return rev->quarantine_count != 0 &&
	       bsearch(&mac, rev->quarantine, rev->quarantine_count, sizeof(mac),
		       revision_compare_macs) != NULL;
}

void revision_note_quarantine(struct revision *rev)
{
	for (size_t i = 0; i < rev->permit_count; i++) {
		struct revision_permit *p = &rev->permit[i];

		p->quarantined = false;
		for (size_t c = 0; c < p->card_count && rev->quarantine_count != 0; c++)
			p->quarantined = p->quarantined ||
					 revision_is_quarantined(rev, p->card[c].mac);
	}
}

static void free_shared(struct revision *rev)
{
	for (size_t i = 0; i < rev->list_count; i++)
		allow_list_clear(&rev->list[i]);
	free(rev->list);
	free(rev->allow.port);
	free(rev->policy_text);
	policy_free(rev->policy);
}

void revision_free(struct revision *rev)
{
	if (rev == NULL)
		return;
	for (size_t i = 0; i < rev->permit_count; i++)
		revision_clear_permit(&rev->permit[i]);
	free(rev->permit);
	free(rev->quarantine);
	if (revision_shared_unref(rev->shared))
		free_shared(rev);
	free(rev);
}

void revision_adopt(struct revision *rev, const struct revision *base)
{
	if (memcmp(rev->shared->essence, base->shared->essence, ESSENCE_LEN) != 0)
		return;
	if (revision_shared_unref(rev->shared))
		free_shared(rev);
	rev->shared = revision_shared_ref(base->shared);
	rev->policy = base->policy;
	rev->policy_text = base->policy_text;
	rev->list = base->list;
	rev->list_count = base->list_count;
	rev->allow = base->allow;
}
