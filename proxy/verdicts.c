/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/verdicts.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/str.h"

#define WAYS 8 /* places that a key may take */
#define SETS (VERDICTS_MAX / WAYS)

struct place {
	struct verdicts_key key;
	int64_t until_ms;
	enum verdict what; /* VERDICT_UNKNOWN: free */
	char login[VERDICTS_LOGIN];
};

struct verdicts {
	struct place place[SETS][WAYS];
};

struct verdicts *verdicts_new(void)
{
	return calloc(1, sizeof(struct verdicts));
}

void verdicts_free(struct verdicts *v)
{
	free(v);
}

static uint32_t set_of(const struct verdicts_key *key)
{
	uint32_t n;

	memcpy(&n, key->bytes, sizeof(n));
	return n % SETS;
}

static bool is_over(const struct place *p, int64_t now_ms)
{
	return p->what == VERDICT_UNKNOWN || p->until_ms <= now_ms;
}

/* Is a to be given up rather than b? */
static bool goes_first(const struct place *a, const struct place *b, int64_t now_ms)
{
	bool over = is_over(a, now_ms), good = a->what == VERDICT_OK;

	if (over != is_over(b, now_ms))
		return over;
	if (good != (b->what == VERDICT_OK))
		return !good;
	return a->until_ms < b->until_ms;
}

void verdicts_put(struct verdicts *v, const struct verdicts_key *key, enum verdict what,
		  const char *login, int64_t now_ms, int64_t until_ms)
{
	struct place *set = v->place[set_of(key)], *at = &set[0];

	for (int i = 0; i < WAYS; i++) {
		if (memcmp(&set[i].key, key, sizeof(*key)) == 0) {
			at = &set[i];
			break;
		}
		if (goes_first(&set[i], at, now_ms))
			at = &set[i];
	}
	*at = (struct place){ .key = *key, .until_ms = until_ms, .what = what };
	(void)str_copy(at->login, sizeof(at->login), login);
}

enum verdict verdicts_get(const struct verdicts *v, const struct verdicts_key *key,
			  int64_t now_ms, char ret_login[VERDICTS_LOGIN])
{
	const struct place *set = v->place[set_of(key)];

	for (int i = 0; i < WAYS; i++) {
		if (memcmp(&set[i].key, key, sizeof(*key)) != 0 ||
		    is_over(&set[i], now_ms))
			continue;
		memcpy(ret_login, set[i].login, VERDICTS_LOGIN);
		return set[i].what;
	}
	return VERDICT_UNKNOWN;
}

void verdicts_forget(struct verdicts *v, const char *login)
{
	for (size_t i = 0; i < VERDICTS_MAX; i++) {
		struct place *p = &v->place[i / WAYS][i % WAYS];

		if (p->what == VERDICT_OK &&
		    (login[0] == '\0' || strcmp(p->login, login) == 0))
			*p = (struct place){ 0 };
	}
}
