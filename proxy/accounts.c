/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/accounts.h"

#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "lib/str.h"
#include "proxy/clerk.h"
#include "proxy/lockout.h"

#define PACE_MS 50 /* mgmtd has one thread, and a password costs it 100 ms */

/* A question under way. */
struct job {
	struct clerk_order order; /* first: the clerk frees what is never answered */
	struct accounts *a;
	struct job *next, **link;
	struct accounts_key key;
	bool stale; /* accounts were withdrawn since it was asked */
	struct accounts_wait *waits;
};

/* Belongs to who waits, until it is posted. */
struct accounts_wait {
	struct accounts *a;
	struct accounts_wait *next, **link; /* link NULL: in no job */
	bool posted;
	struct loop *loop;
	struct loop_post post;
	loop_fn *fn;
	void *user; /* NULL: nobody waits any more */
};

struct accounts {
	uint8_t secret[crypto_generichash_KEYBYTES]; /* never changes: no lock */
	struct clerk *clerk;
	pthread_mutex_t lock; /* for what follows */
	struct verdicts *verdicts;
	struct lockout *lockout;
	struct job *jobs;
};

int accounts_new(const char *path, struct accounts **ret_accounts)
{
	struct accounts *a;
	int r;

	if (sodium_init() < 0)
		return -EIO;
	a = calloc(1, sizeof(*a));
	if (a == NULL)
		return -ENOMEM;
	(void)pthread_mutex_init(&a->lock, NULL);
	randombytes_buf(a->secret, sizeof(a->secret));
	a->verdicts = verdicts_new();
	a->lockout = lockout_new();
	r = a->verdicts != NULL && a->lockout != NULL ? 0 : -ENOMEM;
	if (r == 0)
		r = clerk_new(path, PACE_MS, &a->clerk);
	if (r < 0) {
		accounts_free(a);
		return r;
	}
	*ret_accounts = a;
	return 0;
}

void accounts_stop(struct accounts *a)
{
	if (a != NULL)
		clerk_stop(a->clerk);
}

void accounts_free(struct accounts *a)
{
	if (a == NULL)
		return;
	clerk_free(a->clerk); /* and with it the jobs that are left */
	verdicts_free(a->verdicts);
	lockout_free(a->lockout);
	(void)pthread_mutex_destroy(&a->lock);
	explicit_bzero(a->secret, sizeof(a->secret));
	free(a);
}

/* Both parts have fixed places, so that no two pairs make the same bytes. */
void accounts_key(const struct accounts *a, const struct basic *b, struct addr src,
		  struct accounts_key *ret_key)
{
	ret_key->src = src;
	(void)crypto_generichash(ret_key->key.bytes, sizeof(ret_key->key.bytes),
				 (const uint8_t *)b, sizeof(*b), a->secret,
				 sizeof(a->secret));
}

struct accounts_answer accounts_look(struct accounts *a, const struct accounts_key *key,
				     int64_t now_ms)
{
	struct accounts_answer answer = { 0 };

	(void)pthread_mutex_lock(&a->lock);
	answer.verdict = verdicts_get(a->verdicts, &key->key, now_ms, answer.login);
	if (answer.verdict != VERDICT_OK)
		answer.shut = lockout_is(a->lockout, key->src, now_ms, &answer.first);
	(void)pthread_mutex_unlock(&a->lock);
	return answer;
}

static enum verdict verdict_of(const struct clerk_order *o)
{
	const struct proto_sign_in_reply *reply = &o->reply;

	if (o->result < 0 || !proto_str_ok(reply->login, sizeof(reply->login)))
		return VERDICT_UNKNOWN;
	switch (reply->verdict) {
	case PROTO_VERDICT_OK:
		return reply->login[0] != '\0' ? VERDICT_OK : VERDICT_UNKNOWN;
	case PROTO_VERDICT_REFUSED:
		return VERDICT_REFUSED;
	case PROTO_VERDICT_LOCKED:
		return VERDICT_LOCKED;
	case PROTO_VERDICT_MUST_CHANGE:
		return VERDICT_MUST_CHANGE;
	default:
		return VERDICT_UNKNOWN;
	}
}

/* With the lock held. */
static void keep(struct accounts *a, const struct job *j, int64_t now_ms)
{
	enum verdict what = verdict_of(&j->order);
	uint32_t max = what == VERDICT_OK ? ACCOUNTS_GOOD_S : ACCOUNTS_BAD_S;
	uint32_t keep_s = j->order.reply.keep_s < max ? j->order.reply.keep_s : max;

	if (what == VERDICT_UNKNOWN || j->stale)
		return;
	verdicts_put(a->verdicts, &j->key.key, what,
		     what == VERDICT_OK ? j->order.reply.login : "", now_ms,
		     now_ms + (int64_t)keep_s * 1000);
	if (what == VERDICT_REFUSED || what == VERDICT_LOCKED)
		lockout_fail(a->lockout, j->key.src, now_ms);
}

static void on_posted(void *user)
{
	struct accounts_wait *w = user;
	loop_fn *fn = w->fn;

	user = w->user;
	free(w);
	if (user != NULL)
		fn(user);
}

/* With the lock held. A loop that has ended calls nobody: its connections cancel. */
static void wake_all(struct job *j)
{
	while (j->waits != NULL) {
		struct accounts_wait *w = j->waits;

		j->waits = w->next;
		w->link = NULL;
		w->posted = true;
		if (loop_post(w->loop, &w->post) < 0)
			w->posted = false;
	}
}

static void job_free(struct job *j)
{
	explicit_bzero(&j->order.sign_in, sizeof(j->order.sign_in));
	free(j);
}

/* In the thread of the loop that asked first. */
static void on_answered(void *user)
{
	struct job *j = user;
	struct accounts *a = j->a;

	(void)pthread_mutex_lock(&a->lock);
	keep(a, j, loop_now_ms(j->order.loop));
	*j->link = j->next;
	if (j->next != NULL)
		j->next->link = j->link;
	wake_all(j);
	(void)pthread_mutex_unlock(&a->lock);
	job_free(j);
}

static struct job *job_new(struct accounts *a, const struct accounts_key *key,
			   const struct basic *b, const char *zone, struct loop *loop)
{
	struct job *j = calloc(1, sizeof(*j));
	struct proto_sign_in *m;

	if (j == NULL)
		return NULL;
	j->a = a;
	j->key = *key;
	j->order.type = PROTO_SIGN_IN;
	j->order.src = key->src;
	j->order.loop = loop;
	j->order.post = (struct loop_post){ .fn = on_answered, .user = j };
	m = &j->order.sign_in;
	m->addr_family = key->src.family;
	memcpy(m->addr, key->src.bytes, sizeof(m->addr));
	(void)str_copy(m->zone, sizeof(m->zone), zone);
	(void)str_copy(m->login, sizeof(m->login), b->login);
	(void)str_copy(m->password, sizeof(m->password), b->password);
	return j;
}

/*
 * With the lock held: the question under way that will answer this one too, or NULL.
 * *ret_busy: another one from there is under way.
 */
static struct job *find_job(struct accounts *a, const struct accounts_key *key,
			    bool *ret_busy)
{
	*ret_busy = false;
	for (struct job *j = a->jobs; j != NULL; j = j->next) {
		if (!addr_equal(j->key.src, key->src))
			continue;
		*ret_busy = true;
		if (memcmp(&j->key.key, &key->key, sizeof(key->key)) == 0 && !j->stale)
			return j;
	}
	return NULL;
}

/* With the lock held. */
static int start_job(struct accounts *a, struct job *j)
{
	int r = clerk_send(a->clerk, &j->order);

	if (r < 0)
		return r;
	j->next = a->jobs;
	j->link = &a->jobs;
	if (j->next != NULL)
		j->next->link = &j->next;
	a->jobs = j;
	return 0;
}

static void join(struct job *j, struct accounts_wait *w)
{
	w->next = j->waits;
	w->link = &j->waits;
	if (w->next != NULL)
		w->next->link = &w->next;
	j->waits = w;
}

int accounts_ask(struct accounts *a, const struct accounts_key *key,
		 const struct basic *b, const char *zone, struct loop *loop, loop_fn *fn,
		 void *user, struct accounts_wait **ret_wait)
{
	struct accounts_wait *w = malloc(sizeof(*w));
	struct job *made = job_new(a, key, b, zone, loop), *j;
	int r = w != NULL && made != NULL ? 0 : -ENOMEM;
	bool busy;

	(void)pthread_mutex_lock(&a->lock);
	j = find_job(a, key, &busy);
	if (r == 0 && j == NULL) {
		r = busy ? -EBUSY : start_job(a, made);
		if (r == 0) {
			j = made;
			made = NULL;
		}
	}
	if (r == 0) {
		*w = (struct accounts_wait){
			.a = a, .loop = loop, .fn = fn, .user = user
		};
		w->post = (struct loop_post){ .fn = on_posted, .user = w };
		join(j, w);
		*ret_wait = w;
		w = NULL;
	}
	(void)pthread_mutex_unlock(&a->lock);
	free(w);
	if (made != NULL)
		job_free(made);
	return r;
}

void accounts_cancel(struct accounts_wait *w)
{
	struct accounts *a;
	bool posted;

	if (w == NULL)
		return;
	a = w->a;
	(void)pthread_mutex_lock(&a->lock);
	w->user = NULL;
	if (w->link != NULL) {
		*w->link = w->next;
		if (w->next != NULL)
			w->next->link = w->link;
	}
	posted = w->posted;
	(void)pthread_mutex_unlock(&a->lock);
	if (!posted)
		free(w);
}

void accounts_forget(struct accounts *a, const char *login)
{
	(void)pthread_mutex_lock(&a->lock);
	verdicts_forget(a->verdicts, login);
	for (struct job *j = a->jobs; j != NULL; j = j->next)
		j->stale = true;
	(void)pthread_mutex_unlock(&a->lock);
}
