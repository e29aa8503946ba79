/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/engine.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "lib/log.h"
#include "lib/mono.h"
#include "lib/str.h"
#include "proxy/accounts.h"
#include "proxy/clerk.h"
#include "proxy/dayfile.h"
#include "proxy/desk.h"
#include "proxy/listener.h"
#include "proxy/measure.h"
#include "proxy/revise.h"
#include "proxy/worker.h"

#define CLERK_PACE_MS 100 /* at most ten requests for sites a second */
#define FDS_RESERVED  256 /* spool, control sockets, the resolvers, pipes in part */

struct engine_thread {
	struct engine *engine;
	pthread_t id;
	bool running;
	struct worker *worker;
	struct listener *listener;
};

/* An order to one worker, carried out in its thread. */
struct order {
	struct engine_thread *t;
	struct snapshot *snap;
	int fd;
	int result;
};

/* As many descriptors as the limit can be raised to. */
static size_t descriptors(void)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) == -1)
		return 2 * FDS_RESERVED;
	rl.rlim_cur = rl.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &rl);
	if (getrlimit(RLIMIT_NOFILE, &rl) == -1 || rl.rlim_cur > 1u << 20)
		return 1u << 20;
	return (size_t)rl.rlim_cur;
}

/* An eighth for connections that wait, the rest for those in use, two for each. */
static void share_descriptors(struct engine *e, size_t workers)
{
	size_t all = descriptors();

	all = all > FDS_RESERVED + 16 ? all - FDS_RESERVED : 16;
	e->kept_max = all / 8 / workers;
	if (e->kept_max > ENGINE_KEPT_MAX)
		e->kept_max = ENGINE_KEPT_MAX;
	if (e->kept_max == 0)
		e->kept_max = 1;
	e->conns_max = (all - all / 8) / 2;
}

static size_t processors(void)
{
	cpu_set_t set;
	int n;

	if (sched_getaffinity(0, sizeof(set), &set) == -1)
		return 1;
	n = CPU_COUNT(&set);
	return n < 1 ? 1 : n > ENGINE_WORKERS_MAX ? ENGINE_WORKERS_MAX : (size_t)n;
}

static void *run(void *user)
{
	struct engine_thread *t = user;
	int r = loop_run(t->worker->loop);

	if (r < 0)
		log_err("proxyd", "a worker's loop ended: error %d", -r);
	return NULL;
}

/* Signals are the control thread's. */
static int start_thread(struct engine_thread *t)
{
	sigset_t all, was;
	int r;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &was);
	r = pthread_create(&t->id, NULL, run, t);
	(void)pthread_sigmask(SIG_SETMASK, &was, NULL);
	t->running = r == 0;
	return -r;
}

static int start_workers(struct engine *e, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct engine_thread *t = &e->thread[i];
		int r;

		t->engine = e;
		e->thread_count++;
		r = worker_new(e, &t->worker);
		if (r == 0)
			r = start_thread(t);
		if (r < 0)
			return r;
	}
	return 0;
}

int engine_new(struct spool *spool, size_t count, struct engine **ret_engine)
{
	struct engine *e = calloc(1, sizeof(*e));
	int r;

	if (e == NULL)
		return -ENOMEM;
	(void)pthread_mutex_init(&e->sink.lock, NULL);
	e->sink.spool = spool;
	/* unique over restarts: nobody opens a million connections a second for long */
	atomic_init(&e->next_conn, (uint64_t)wall_us());
	if (count == 0 || count > ENGINE_WORKERS_MAX)
		count = processors();
	share_descriptors(e, count);
	e->thread = calloc(count, sizeof(*e->thread));
	r = e->thread != NULL ? sources_new(&e->sources) : -ENOMEM;
	if (r == 0)
		r = desk_new(&e->desk);
	if (r == 0)
		r = daily_new(&e->daily);
	if (r == 0)
		r = start_workers(e, count);
	if (r < 0) {
		engine_free(e);
		return r;
	}
	*ret_engine = e;
	return 0;
}

void engine_free(struct engine *e)
{
	if (e == NULL)
		return;
	engine_ignore(e);
	for (size_t i = 0; i < e->thread_count; i++) {
		if (e->thread[i].running) {
			loop_stop(e->thread[i].worker->loop);
			(void)pthread_join(e->thread[i].id, NULL);
		}
	}
	clerk_stop(e->clerk); /* it posts to their loops */
	accounts_stop(e->accounts);
	for (size_t i = 0; i < e->thread_count; i++)
		worker_free(e->thread[i].worker);
	engine_save(e);
	clerk_free(e->clerk);
	accounts_free(e->accounts);
	desk_free(e->desk);
	daily_free(e->daily);
	sources_free(e->sources);
	(void)pthread_mutex_destroy(&e->sink.lock);
	free(e->thread);
	free(e);
}

int engine_hire_clerk(struct engine *e, const char *path)
{
	int r = clerk_new(path, CLERK_PACE_MS, &e->clerk);

	return r < 0 ? r : accounts_new(path, &e->accounts);
}

void engine_remember(struct engine *e, const char *path)
{
	int r = dayfile_read(path, e->daily);

	if (r < 0 && r != -ENOENT)
		log_warn("proxyd", "cannot read %s: %s; the day's sums begin anew", path,
			 strerror(-r));
	(void)str_copy(e->day_file, sizeof(e->day_file), path);
}

void engine_save(struct engine *e)
{
	int r;

	if (e->day_file[0] == '\0')
		return;
	r = dayfile_write(e->day_file, e->daily);
	if (r < 0)
		log_warn("proxyd", "cannot write %s: %s", e->day_file, strerror(-r));
}

struct worker *engine_worker(struct engine *e, size_t index)
{
	return e->thread[index].worker;
}

/* In every worker's thread, one after the other. Returns the first error, or 0. */
static int each(struct engine *e, loop_fn *fn, struct order *o)
{
	int first = 0;

	for (size_t i = 0; i < e->thread_count; i++) {
		int r;

		o->t = &e->thread[i];
		o->result = 0;
		if (!o->t->running)
			continue;
		r = loop_call(o->t->worker->loop, fn, o);
		if (r == 0)
			r = o->result;
		/* what one cannot do is no reason to leave the others out */
		if (first == 0)
			first = r;
	}
	return first;
}

static void listen_here(void *user)
{
	struct order *o = user;

	o->result = listener_new(o->t->worker, o->fd, &o->t->listener);
}

static void ignore_here(void *user)
{
	const struct order *o = user;

	listener_free(o->t->listener);
	o->t->listener = NULL;
}

int engine_listen(struct engine *e, int fd)
{
	struct order o = { .fd = fd };
	int r = each(e, listen_here, &o);

	if (r < 0)
		engine_ignore(e);
	return r;
}

void engine_ignore(struct engine *e)
{
	struct order o = { 0 };

	(void)each(e, ignore_here, &o);
}

static void prepare_here(void *user)
{
	struct order *o = user;

	o->result = revise_prepare(o->t->worker, o->snap);
}

/* Back to what was in force. */
static void undo_here(void *user)
{
	const struct order *o = user;
	struct worker *w = o->t->worker;

	if (w->snap != NULL && revise_prepare(w, w->snap) < 0)
		log_warn("proxyd", "the resolvers before could not be taken up again");
}

struct use_order {
	struct order order; /* first: the same pointer */
	size_t cut;
};

static void use_here(void *user)
{
	struct use_order *u = user;

	u->cut += revise_use(u->order.t->worker, u->order.snap);
}

int engine_prepare(struct engine *e, struct snapshot *snap)
{
	struct order o = { .snap = snap };
	int r = each(e, prepare_here, &o);

	if (r < 0)
		engine_unprepare(e);
	return r;
}

void engine_unprepare(struct engine *e)
{
	struct order o = { 0 };

	(void)each(e, undo_here, &o);
}

size_t engine_use(struct engine *e, struct snapshot *snap)
{
	struct use_order u = { .order = { .snap = snap } };

	(void)each(e, use_here, &u.order); /* its result is always 0 */
	return u.cut;
}

struct sign_out_order {
	struct order order; /* first: the same pointer */
	const char *login;
	size_t cut;
};

static void sign_out_here(void *user)
{
	struct sign_out_order *s = user;

	s->cut += revise_sign_out(s->order.t->worker, s->login);
}

size_t engine_sign_out(struct engine *e, const char *login)
{
	struct sign_out_order s = { .login = login };

	if (e->accounts == NULL)
		return 0;
	accounts_forget(e->accounts, login); /* first: nobody comes in behind our back */
	(void)each(e, sign_out_here, &s.order); /* its result is always 0 */
	return s.cut;
}

struct measure_order {
	struct order order; /* first: the same pointer */
	struct proxy_metrics sum;
};

static void measure_here(void *user)
{
	struct measure_order *m = user;

	measure_worker(m->order.t->worker, &m->sum);
}

void engine_measure(struct engine *e, struct proxy_metrics *ret_sum)
{
	struct measure_order m = { 0 };

	(void)each(e, measure_here, &m.order); /* its result is always 0 */
	(void)pthread_mutex_lock(&e->sink.lock);
	m.sum.records_written = e->sink.records;
	m.sum.records_lost = e->sink.lost;
	m.sum.spool_errors = e->sink.errors;
	(void)pthread_mutex_unlock(&e->sink.lock);
	*ret_sum = m.sum;
}

static void own_known_here(void *user)
{
	struct order *o = user;

	o->result = o->t->worker->own_known ? 0 : -ENODATA;
}

bool engine_own_known(struct engine *e)
{
	struct order o = { 0 };

	return each(e, own_known_here, &o) == 0;
}
