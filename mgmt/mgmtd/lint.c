/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/lint.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/host.h"
#include "lib/mem.h"
#include "lib/str.h"

/* What of an entry decides what it permits. */
struct held {
	char id[ID_TEXT_MAX];
	char host[HOST_PATTERN_MAX + 1];
	char list[ID_TEXT_MAX];
	bool to_all, tls_any;
	uint16_t port[ALLOW_PORTS_MAX];
	size_t port_count;
	char scheme[8];
	char path[INPUT_PATH_MAX + 1];
	char methods[ENTRY_METHODS_MAX];
	int64_t since, until;
};

struct lint {
	int64_t now;
	char today[INPUT_DAY_MAX];
	struct held held[LINT_HELD_MAX];
	size_t count;
	json_t *findings;
	bool cut;
};

const char *lint_code_name(enum lint_code code)
{
	switch (code) {
	case LINT_DUPLICATE:
		return "duplicate";
	case LINT_OVERLAPPED:
		return "overlapped";
	case LINT_SHADOWED:
		return "shadowed";
	case LINT_EXPIRED:
		return "expired";
	case LINT_REVIEW:
		return "review";
	case LINT_UNUSED:
		return "unused";
	}
	return "?";
}

int lint_new(int64_t now, const char *today, struct lint **ret_lint)
{
	struct lint *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return -ENOMEM;
	l->now = now;
	(void)str_copy(l->today, sizeof(l->today), today);
	l->findings = json_array();
	if (l->findings == NULL) {
		free(l);
		return -ENOMEM;
	}
	*ret_lint = l;
	return 0;
}

void lint_free(struct lint *l)
{
	if (l == NULL)
		return;
	json_decref(l->findings);
	free(l);
}

int lint_note(struct lint *l, enum lint_code code, const struct entry *e,
	      const char *other)
{
	if (json_array_size(l->findings) == LINT_FINDINGS_MAX) {
		l->cut = true;
		return 0;
	}
	return json_array_append_new(l->findings,
				     json_pack("{s:s, s:s, s:s, s:s, s:s, s:s?}", "code",
					       lint_code_name(code), "id", e->id, "host",
					       e->host, "list", e->list, "list_name",
					       e->list_name, "other", other)) == 0
		       ? 0
		       : -ENOMEM;
}

static void hold(const struct entry *e, bool to_all, struct held *h)
{
	json_t *ports = json_loads(e->ports, 0, NULL);

	*h = (struct held){ .to_all = to_all,
			    .tls_any = e->tls_any,
			    .since = e->since,
			    .until = e->until };
	for (size_t i = 0; i < json_array_size(ports) && i < ALLOW_PORTS_MAX; i++)
		h->port[h->port_count++] =
			(uint16_t)json_integer_value(json_array_get(ports, i));
	json_decref(ports);
	(void)str_copy(h->id, sizeof(h->id), e->id);
	(void)str_copy(h->host, sizeof(h->host), e->host);
	(void)str_copy(h->list, sizeof(h->list), e->list);
	(void)str_copy(h->scheme, sizeof(h->scheme), e->scheme);
	(void)str_copy(h->path, sizeof(h->path), e->path);
	(void)str_copy(h->methods, sizeof(h->methods), e->methods);
}

/* Does the entry take plain HTTP, or CONNECT, at that port? The matcher's rule. */
static bool takes(const struct held *h, bool connect, uint16_t port)
{
	bool plain = h->path[0] != '\0' || strcmp(h->methods, "[]") != 0;

	if (connect && plain)
		return false;
	if (strcmp(h->scheme, "any") == 0)
		return connect ? port != 80 : port != 443;
	return connect == (strcmp(h->scheme, "https") == 0);
}

static bool has_port(const struct held *h, uint16_t port)
{
	for (size_t i = 0; i < h->port_count; i++) {
		if (h->port[i] == port)
			return true;
	}
	return false;
}

/* Is every path that b takes one that a takes? Whole segments, as the matcher has it. */
static bool path_covers(const char *a, const char *b)
{
	size_t len = strlen(a);

	return len == 0 || (strncmp(a, b, len) == 0 && (b[len] == '\0' || b[len] == '/'));
}

static bool kind_covers(const struct held *a, const struct held *b, bool connect)
{
	for (size_t i = 0; i < b->port_count; i++) {
		uint16_t port = b->port[i];

		if (!takes(b, connect, port))
			continue;
		if (!has_port(a, port) || !takes(a, connect, port))
			return false;
		if (connect ? a->tls_any != b->tls_any
			    : !path_covers(a->path, b->path) ||
				      (strcmp(a->methods, "[]") != 0 &&
				       strcmp(a->methods, b->methods) != 0))
			return false;
	}
	return true;
}

/*
 * Does a permit all that b does, whenever b does? The hosts are known to fit. Entries
 * that look at the TLS name differently are never the same: the first one decides.
 */
static bool covers(const struct held *a, const struct held *b)
{
	return a->since <= b->since &&
	       (a->until == 0 || (b->until != 0 && a->until >= b->until)) &&
	       kind_covers(a, b, false) && kind_covers(a, b, true);
}

static bool is_wildcard(const char *host)
{
	return strncmp(host, "*.", 2) == 0;
}

/* Is b's host a's, or below a's wildcard? */
static bool host_covers(const char *a, const char *b)
{
	if (strcmp(a, b) == 0)
		return true;
	return is_wildcard(a) && host_pattern_matches(a, is_wildcard(b) ? b + 2 : b);
}

/* What can cover nothing that follows is let go: names that are no parents of e's. */
static void let_go(struct lint *l, const char *host)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->count; i++) {
		if (!host_covers(l->held[i].host, host))
			continue;
		if (kept != i)
			l->held[kept] = l->held[i];
		kept++;
	}
	l->count = kept;
}

/* The first reason why h adds nothing to those that are held. */
static int compare(struct lint *l, const struct entry *e, const struct held *h)
{
	for (size_t i = 0; i < l->count; i++) {
		const struct held *a = &l->held[i];
		bool same = strcmp(a->list, h->list) == 0;

		if ((!same && !a->to_all) || !covers(a, h))
			continue;
		if (!same)
			return lint_note(l, LINT_SHADOWED, e, a->id);
		return lint_note(l,
				 strcmp(a->host, h->host) == 0 ? LINT_DUPLICATE
							       : LINT_OVERLAPPED,
				 e, a->id);
	}
	return 0;
}

/* Of one name, a later entry may be the wider one: then the earlier adds nothing. */
static int compare_back(struct lint *l, const struct held *h, const struct entry *e)
{
	for (size_t i = 0; i < l->count; i++) {
		const struct held *b = &l->held[i];
		struct entry old = { 0 };
		bool same = strcmp(b->list, h->list) == 0;
		int r;

		if (strcmp(b->host, h->host) != 0 || (!same && !h->to_all) ||
		    !covers(h, b) || ((same || b->to_all) && covers(b, h)))
			continue;
		(void)str_copy(old.id, sizeof(old.id), b->id);
		(void)str_copy(old.host, sizeof(old.host), b->host);
		(void)str_copy(old.list, sizeof(old.list), b->list);
		if (same)
			(void)str_copy(old.list_name, sizeof(old.list_name),
				       e->list_name);
		r = lint_note(l, same ? LINT_DUPLICATE : LINT_SHADOWED, &old, h->id);
		if (r < 0)
			return r;
	}
	return 0;
}

int lint_add(struct lint *l, const struct entry *e, bool to_all)
{
	struct held h;
	int r = 0;

	if (e->until != 0 && e->until <= l->now)
		return lint_note(l, LINT_EXPIRED, e, NULL);
	if (e->review[0] != '\0' && strcmp(e->review, l->today) < 0)
		r = lint_note(l, LINT_REVIEW, e, NULL);
	if (r < 0)
		return r;
	hold(e, to_all, &h);
	let_go(l, e->host);
	r = compare(l, e, &h);
	if (r == 0)
		r = compare_back(l, &h, e);
	if (r == 0 && l->count < LINT_HELD_MAX)
		l->held[l->count++] = h;
	return r;
}

json_t *lint_findings(const struct lint *l, bool *ret_cut)
{
	*ret_cut = l->cut;
	return l->findings;
}
