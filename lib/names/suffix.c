/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/names/names.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include <libpsl.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static psl_ctx_t *list; /* kept for the life of the process */

static void load(void)
{
	list = psl_latest(NULL);
}

/* The list's own data is constant, and stands in when memory is short. */
static const psl_ctx_t *suffixes(void)
{
	(void)pthread_once(&once, load);
	return list != NULL ? list : psl_builtin();
}

static bool is_wildcard(const char *pattern)
{
	return strncmp(pattern, "*.", 2) == 0;
}

enum names_suffix names_public_suffix(const char *pattern)
{
	const char *base = is_wildcard(pattern) ? pattern + 2 : NULL;
	const psl_ctx_t *psl = suffixes();

	if (base == NULL)
		return NAMES_SUFFIX_NONE;
	if (psl_is_public_suffix2(psl, base, PSL_TYPE_PRIVATE | PSL_TYPE_NO_STAR_RULE))
		return NAMES_SUFFIX_PRIVATE;
	/* with the rule that an unknown top-level domain is a suffix */
	return psl_is_public_suffix2(psl, base, PSL_TYPE_ICANN) ? NAMES_SUFFIX_ICANN
								: NAMES_SUFFIX_NONE;
}

int names_registrable(const char *pattern, char ret_domain[HOST_MAX + 1])
{
	const char *host = is_wildcard(pattern) ? pattern + 2 : pattern, *found;
	char normal[HOST_MAX + 1];

	if (host_normalise(host, normal) < 0 || strcmp(normal, host) != 0)
		return -EINVAL;
	found = psl_registrable_domain(suffixes(), host);
	if (found == NULL)
		found = host;
	memcpy(ret_domain, found, strlen(found) + 1);
	return 0;
}
