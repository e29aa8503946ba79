/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/acl.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"

#define NO_ENTRY UINT32_MAX

/*
 * Chained hash table. The key of a wildcard is what follows its '*', so that it
 * begins with a dot, which no host name does.
 */
struct acl {
	const struct revision *rev;
	uint32_t *first; /* by bucket */
	uint32_t *next; /* by entry */
	size_t mask;
};

static const char *entry_key(const struct revision_entry *e)
{
	return e->host[0] == '*' ? e->host + 1 : e->host;
}

static size_t hash(const char *key)
{
	uint64_t h =
		14695981039346656037u; /* FNV-1a; the keys come from our own ledger */

	for (; *key != '\0'; key++)
		h = (h ^ (uint8_t)*key) * 1099511628211u;
	return (size_t)(h ^ (h >> 32));
}

static size_t buckets_for(size_t count)
{
	size_t n = 16;

	while (n < count * 2)
		n *= 2;
	return n;
}

int acl_new(const struct revision *rev, struct acl **ret_acl)
{
	CLEANUP(free_p) struct acl *acl = calloc(1, sizeof(*acl));
	size_t buckets = buckets_for(rev->entry_count);

	if (acl == NULL)
		return -ENOMEM;
	acl->rev = rev;
	acl->mask = buckets - 1;
	acl->first = malloc(buckets * sizeof(*acl->first));
	acl->next = malloc((rev->entry_count + 1) * sizeof(*acl->next));
	if (acl->first == NULL || acl->next == NULL) {
		acl_free(STEAL(acl));
		return -ENOMEM;
	}
	memset(acl->first, 0xff, buckets * sizeof(*acl->first)); /* NO_ENTRY */
	for (size_t i = rev->entry_count; i-- != 0;) {
		size_t b = hash(entry_key(&rev->entry[i])) & acl->mask;

		acl->next[i] = acl->first[b];
		acl->first[b] = (uint32_t)i;
	}
	*ret_acl = STEAL(acl);
	return 0;
}

void acl_free(struct acl *acl)
{
	if (acl == NULL)
		return;
	free(acl->first);
	free(acl->next);
	free(acl);
}

static bool has_zone(const struct revision_entry *e, size_t zone)
{
	for (size_t i = 0; i < e->zone_count; i++) {
		if (e->zone[i] == zone)
			return true;
	}
	return e->zone_count == 0;
}

static bool has_port(const struct revision_entry *e, uint16_t port)
{
	for (size_t i = 0; i < e->port_count; i++) {
		if (e->port[i] == port)
			return true;
	}
	return false;
}

/* Ask the entries under one key; true when one of them permits. */
static bool ask(const struct acl *acl, const char *key, size_t zone, uint16_t port,
		struct acl_match *m)
{
	for (uint32_t i = acl->first[hash(key) & acl->mask]; i != NO_ENTRY;
	     i = acl->next[i]) {
		const struct revision_entry *e = &acl->rev->entry[i];

		if (strcmp(entry_key(e), key) != 0 || !has_zone(e, zone))
			continue;
		if (has_port(e, port)) {
			*m = (struct acl_match){ REASON_ENTRY, i };
			return true;
		}
		if (m->reason == REASON_NOT_LISTED)
			*m = (struct acl_match){ REASON_PORT, i };
	}
	return false;
}

struct acl_match acl_match(const struct acl *acl, size_t zone, const char *host,
			   uint16_t port)
{
	struct acl_match m = { REASON_NOT_LISTED, POLICY_NONE };

	if (ask(acl, host, zone, port, &m))
		return m;
	for (const char *dot = strchr(host, '.'); dot != NULL;
	     dot = strchr(dot + 1, '.')) {
		if (ask(acl, dot, zone, port, &m))
			return m;
	}
	return m;
}
