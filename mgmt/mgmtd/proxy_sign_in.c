/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/proxy_sign_in.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/str.h"
#include "mgmt/mgmtd/store_account.h"

_Static_assert(LOGIN_MAX < sizeof((struct proto_sign_in_reply){ 0 }.login),
	       "every login fits the answer");

/* One attempt, and what is remembered of it. */
struct attempt {
	struct app *app;
	const struct proto_sign_in *m;
	int64_t now;
	char counted[sizeof(ATTEMPT_PROXY) + sizeof(((struct proto_sign_in *)0)->login)];
};

static bool is_well_formed(const struct proto_sign_in *m)
{
	return proto_str_ok(m->login, sizeof(m->login)) &&
	       proto_str_ok(m->password, sizeof(m->password)) &&
	       proto_str_ok(m->zone, sizeof(m->zone)) && m->login[0] != '\0' &&
	       m->password[0] != '\0' && (m->addr_family == 4 || m->addr_family == 6) &&
	       str_is_printable_utf8(m->login) && str_is_printable_utf8(m->password) &&
	       str_is_printable_utf8(m->zone);
}

static int record(const struct attempt *t, const char *what)
{
	struct addr src = { .family = t->m->addr_family };
	char detail[80];

	memcpy(src.bytes, t->m->addr, src.family == 4 ? 4 : 16);
	(void)snprintf(detail, sizeof(detail), "proxy, zone %s: %s", t->m->zone, what);
	return journal_sign_in(&t->app->journal, t->m->login, false, detail, src) < 0
		       ? -ENOBUFS
		       : 0;
}

/* As at the management door: the record comes first. */
static int refuse(const struct attempt *t)
{
	int r = record(t, "refused");

	return r < 0 ? r : store_attempt_failed(t->app->db, t->counted, t->now);
}

/* Returns a verdict (enum proto_verdict) or a negative errno. */
static int judge(const struct attempt *t, struct account *a)
{
	bool locked;
	int r = store_attempt_locked(t->app->db, t->counted, t->now, &locked);

	if (r == 0 && locked)
		return record(t, "locked out") < 0 ? -ENOBUFS : PROTO_VERDICT_LOCKED;
	if (r == 0)
		r = store_account_get(t->app->db, t->m->login, a);
	if (r < 0 && r != -ENOENT)
		return r;
	if (!auth_check(&t->app->auth, r == 0 ? a->hash : NULL, t->m->password) ||
	    a->disabled) {
		r = refuse(t);
		return r < 0 ? r : PROTO_VERDICT_REFUSED;
	}
	r = store_attempt_clear(t->app->db, t->counted);
	if (r < 0)
		return r;
	return a->must_change ? PROTO_VERDICT_MUST_CHANGE : PROTO_VERDICT_OK;
}

int proxy_sign_in(struct app *app, const struct proto_sign_in *m, int64_t now,
		  struct proto_sign_in_reply *ret_reply)
{
	struct attempt t = { .app = app, .m = m, .now = now };
	struct account a = { 0 };
	int r;

	if (!is_well_formed(m))
		return -EBADMSG;
	(void)snprintf(t.counted, sizeof(t.counted), ATTEMPT_PROXY "%s", m->login);
	r = judge(&t, &a);
	*ret_reply = (struct proto_sign_in_reply){ .code = r < 0 ? r : 0 };
	if (r < 0)
		return 0;
	ret_reply->verdict = (uint32_t)r;
	ret_reply->keep_s =
		r == PROTO_VERDICT_OK ? PROXY_SIGN_IN_GOOD_S : PROXY_SIGN_IN_BAD_S;
	if (r == PROTO_VERDICT_OK)
		(void)str_copy(ret_reply->login, sizeof(ret_reply->login), a.login);
	return 0;
}
