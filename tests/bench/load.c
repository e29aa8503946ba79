/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench_load - the clients in front of the proxies
 *
 *     bench_load [OPTION...] KIND:SLOTS[:rate=N|:every=MS|:stay]...
 *
 * Prints "begin" and "end" around the window that counts, then one line of JSON; with
 * --hold it opens its echo tunnels, prints a line of JSON, and tries N of them at each
 * line "N" of its input.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

#include "tests/bench/load.h"

#define EVENTS_MAX  256
#define MS          1000000
#define TIMEOUT     (5000ll * MS)
#define RETRY_PAUSE (10ll * MS)
#define SWEEP_EVERY (100ll * MS)
#define HOLD_MAX    (120000ll * MS)
#define CHECK_MAX   (10000ll * MS)

struct load load;

static const char *const kind_names[LOAD_KINDS] = { "tunnel", "deny", "http",
						    "echo",   "bulk", "verify" };
static const char *const error_names[LOAD_ERRORS] = { "refused", "reset",   "eof",
						      "status",  "content", "timeout" };
static struct load_stream streams[LOAD_STREAMS_MAX];
static size_t stream_count, slot_total;
static struct load_slot **again; /* to be started when the events are dealt with */
static size_t again_count;

/* --- figures --- */

void load_record(struct load_hist *h, int64_t ns)
{
	uint64_t v = ns > 0 ? (uint64_t)ns : 1;
	unsigned top = 63 - (unsigned)__builtin_clzll(v);
	uint64_t step = top >= 6 ? (v >> (top - 6)) & (LOAD_HIST_STEPS - 1) : 0;

	h->bin[top * LOAD_HIST_STEPS + step]++;
	h->count++;
	if (ns > h->max)
		h->max = ns;
}

static double quantile_us(const struct load_hist *h, double q)
{
	uint64_t seen = 0, want = (uint64_t)ceil((double)h->count * q);

	if (h->count == 0)
		return 0;
	for (unsigned i = 0; i < 64 * LOAD_HIST_STEPS; i++) {
		seen += h->bin[i];
		if (seen >= want && seen > 0) {
			double base = ldexp(1, (int)(i / LOAD_HIST_STEPS));

			return base *
			       (1 + (i % LOAD_HIST_STEPS + 0.5) / LOAD_HIST_STEPS) / 1000;
		}
	}
	return (double)h->max / 1000;
}

bool load_counts(const struct load_stream *st, int64_t t0, int64_t now)
{
	int64_t at = st->rate > 0 ? t0 : now;

	return load.from <= at && at < load.to;
}

static void print_stream(const struct load_stream *st, double seconds)
{
	const char *comma = "";

	(void)printf(
		"{\"kind\":\"%s\",\"slots\":%zu,\"seconds\":%.6f,\"done\":%llu,"
		"\"bytes\":%llu,\"opened\":%zu,\"reconnects\":%llu,\"through\":%llu,",
		kind_names[st->kind], st->slot_count, seconds,
		(unsigned long long)st->done, (unsigned long long)st->bytes, st->opened,
		(unsigned long long)st->reconnects, (unsigned long long)st->through);
	(void)printf("\"p50_us\":%.1f,\"p99_us\":%.1f,\"p999_us\":%.1f,\"max_us\":%.1f,"
		     "\"head_p50_us\":%.1f,\"errors\":{",
		     quantile_us(&st->total, 0.5), quantile_us(&st->total, 0.99),
		     quantile_us(&st->total, 0.999), (double)st->total.max / 1000,
		     quantile_us(&st->to_head, 0.5));
	for (int i = 0; i < LOAD_ERRORS; i++) {
		if (st->error[i] == 0)
			continue;
		(void)printf("%s\"%s\":%llu", comma, error_names[i],
			     (unsigned long long)st->error[i]);
		comma = ",";
	}
	(void)printf("}}");
}

static void print_result(double seconds)
{
	(void)printf("[");
	for (size_t i = 0; i < stream_count; i++) {
		if (i > 0)
			(void)printf(",");
		print_stream(&streams[i], seconds);
	}
	(void)printf("]\n");
	(void)fflush(stdout);
}

/* --- who starts when --- */

static double uniform(void)
{
	static uint64_t x = 88172645463325252u;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return ((double)(x >> 11) + 0.5) / 9007199254740992.0;
}

static void slot_wait(struct load_slot *s, int64_t due)
{
	s->state = LOAD_WAIT;
	s->due = due;
	load.waiting++;
}

static void slot_again(struct load_slot *s)
{
	s->state = LOAD_FREE;
	again[again_count++] = s;
}

static void open_next(struct load_stream *st)
{
	while (st->unopened > 0 && st->opening < LOAD_OPENING_MAX) {
		st->unopened--;
		st->opening++;
		slot_again(&st->slot[st->unopened]);
	}
}

/* An echo tunnel was opened, had its answer, or broke. */
static void echo_done(struct load_slot *s, bool ok, int64_t now)
{
	struct load_stream *st = s->stream;

	if (st->opening > 0 && (!ok || s->t0 == 0)) {
		st->opening--;
		open_next(st);
	}
	if (!ok && st->every > 0)
		slot_wait(s, now + RETRY_PAUSE);
	else if (!ok)
		s->state = LOAD_FREE;
	else if (st->every > 0)
		s->due = (s->t0 > 0 ? s->t0 : now) + st->every;
}

void load_done(struct load_slot *s, bool ok)
{
	struct load_stream *st = s->stream;
	int64_t now = wire_now();

	if (ok && s->t0 != 0 && load_counts(st, s->t0, now)) {
		st->done++;
		load_record(&st->total, now - s->t0);
	}
	if (st->kind == LOAD_ECHO) {
		echo_done(s, ok, now);
	} else if (st->rate > 0) {
		s->state = LOAD_FREE;
		st->free[st->free_count++] = (size_t)(s - st->slot);
	} else if (st->every > 0) {
		slot_wait(s, ok ? s->t0 + st->every : now + RETRY_PAUSE);
	} else if (ok) {
		slot_again(s);
	} else {
		slot_wait(s, now + RETRY_PAUSE);
	}
}

static void start_again(void)
{
	/* a slot that fails at once waits, so this ends */
	while (again_count > 0) {
		struct load_slot *s = again[--again_count];

		slot_start(s, s->stream->kind == LOAD_ECHO ? 0 : wire_now());
	}
}

static void start_due(int64_t now)
{
	for (size_t i = 0; i < stream_count; i++) {
		struct load_stream *st = &streams[i];

		while (st->rate > 0 && st->next <= now && st->free_count > 0) {
			int64_t t0 = st->next;

			st->next += (int64_t)(-log(uniform()) / st->rate * 1e9);
			slot_start(&st->slot[st->free[--st->free_count]], t0);
		}
		if (st->every == 0 && load.waiting == 0)
			continue;
		for (size_t k = 0; k < st->slot_count; k++) {
			struct load_slot *s = &st->slot[k];

			if (s->state == LOAD_WAIT && s->due <= now) {
				load.waiting--;
				slot_start(s, st->kind == LOAD_ECHO ? 0 : s->due);
			} else if (s->state == LOAD_PARKED && st->every > 0 &&
				   s->due <= now) {
				slot_message(s, s->due);
			}
		}
	}
}

static void sweep(int64_t now)
{
	for (size_t i = 0; i < stream_count; i++) {
		for (size_t k = 0; k < streams[i].slot_count; k++) {
			struct load_slot *s = &streams[i].slot[k];
			bool under_way = s->state == LOAD_CONNECTING ||
					 s->state == LOAD_HEAD ||
					 s->state == LOAD_REPLY ||
					 s->state == LOAD_BODY || s->state == LOAD_ANSWER;

			if (under_way && now - s->began > TIMEOUT)
				slot_fail(s, LOAD_TIMEOUT);
		}
	}
}

/* How long the loop may sleep. */
static int64_t sleep_for(int64_t now)
{
	int64_t wait = 50ll * MS;

	for (size_t i = 0; i < stream_count; i++) {
		const struct load_stream *st = &streams[i];

		if (st->rate > 0 && st->free_count > 0 && st->next - now < wait)
			wait = st->next - now;
		if ((st->every > 0 || load.waiting > 0) && wait > MS)
			wait = MS;
	}
	if (load.from > now && load.from - now < wait)
		wait = load.from - now;
	if (load.to > now && load.to - now < wait)
		wait = load.to - now;
	return wait > 0 ? wait : 0;
}

static void turn(void)
{
	static int64_t swept;
	struct epoll_event event[EVENTS_MAX];
	int64_t now = wire_now(), wait;
	struct timespec ts;
	int n;

	start_due(now);
	start_again();
	wait = sleep_for(wire_now());
	ts = (struct timespec){ .tv_sec = wait / 1000000000,
				.tv_nsec = wait % 1000000000 };
	n = epoll_pwait2(load.epoll_fd, event, EVENTS_MAX, &ts, NULL);
	for (int i = 0; i < n; i++)
		slot_event(event[i].data.ptr, event[i].events);
	start_again();
	if (now - swept > SWEEP_EVERY) {
		swept = now;
		sweep(now);
	}
}

/* --- modes --- */

static void mark(const char *word)
{
	(void)puts(word);
	(void)fflush(stdout);
}

static void clear_figures(void)
{
	for (size_t i = 0; i < stream_count; i++) {
		struct load_stream *st = &streams[i];

		if (st->kind != LOAD_VERIFY)
			st->done = 0;
		st->bytes = st->reconnects = 0;
	}
}

static void run_window(int64_t warm, int64_t time)
{
	int64_t begun;

	load.from = wire_now() + warm;
	load.to = load.from + time;
	while (!load.stop && wire_now() < load.from)
		turn();
	clear_figures();
	mark("begin");
	begun = wire_now();
	while (!load.stop && wire_now() < load.to)
		turn();
	time = wire_now() - begun;
	mark("end");
	/* what was scheduled inside the window is waited for */
	begun = wire_now();
	for (size_t i = 0; i < stream_count; i++) {
		struct load_stream *st = &streams[i];
		bool open_loop = st->rate > 0;

		st->next = INT64_MAX;
		while (open_loop && st->free_count < st->slot_count &&
		       wire_now() - begun < TIMEOUT)
			turn();
	}
	print_result((double)time / 1e9);
}

static uint64_t errors_of(const struct load_stream *st)
{
	uint64_t sum = 0;

	for (int i = 0; i < LOAD_ERRORS; i++)
		sum += st->error[i];
	return sum;
}

static void run_hold(void)
{
	struct load_stream *st = &streams[0];
	int64_t until = wire_now() + HOLD_MAX;
	char line[32];

	while (st->opened + errors_of(st) < st->slot_count && wire_now() < until)
		turn();
	print_result(1);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		size_t n = (size_t)strtoul(line, NULL, 10), step;

		if (n == 0 || n > st->slot_count)
			break;
		load.from = wire_now();
		load.to = until = load.from + CHECK_MAX;
		st->done = 0;
		memset(st->error, 0, sizeof(st->error));
		step = st->slot_count / n;
		for (size_t i = 0; i < n; i++) {
			if (st->slot[i * step].state == LOAD_PARKED)
				slot_message(&st->slot[i * step], wire_now());
		}
		while (st->done + errors_of(st) < n && wire_now() < until)
			turn();
		print_result(1);
	}
}

/* --- options --- */

static _Noreturn void usage(void)
{
	(void)fprintf(
		stderr,
		"usage: bench_load --proxy ADDRESS:PORT|--direct ADDRESS --names FILE\n"
		"    [--denied NAME] [--sources ADDRESS/COUNT] [--warm MS] [--time MS]\n"
		"    [--hold] KIND:SLOTS[:rate=N|:every=MS|:stay]...\n"
		"kinds: tunnel deny http echo bulk verify\n");
	exit(2);
}

static char *split(char *text, char at)
{
	char *second = strchr(text, at);

	if (second == NULL)
		usage();
	*second = '\0';
	return second + 1;
}

static void read_target(char *text, bool direct)
{
	load.direct = direct;
	load.target.sin_family = AF_INET;
	if (!direct)
		load.target.sin_port = htons((uint16_t)wire_number(split(text, ':')));
	if (inet_pton(AF_INET, text, &load.target.sin_addr) != 1)
		usage();
}

static void read_sources(char *text)
{
	struct in_addr a;

	load.source_count = (uint32_t)wire_number(split(text, '/'));
	if (inet_pton(AF_INET, text, &a) != 1)
		usage();
	load.source = ntohl(a.s_addr);
}

static void make_name(const char *name)
{
	size_t i = load.name_count++;

	load.name[i] = strdup(name);
	load.made[i].connect_len =
		(size_t)snprintf(load.made[i].connect, LOAD_REQUEST_MAX,
				 "CONNECT %s:443 HTTP/1.1\r\nHost: %s:443\r\n"
				 "User-Agent: Mozilla/5.0 (X11; Linux x86_64) bench\r\n"
				 "Proxy-Connection: keep-alive\r\n\r\n",
				 name, name);
	load.made[i].get_len =
		(size_t)snprintf(load.made[i].get, LOAD_REQUEST_MAX,
				 "GET http://%s:8080/1k HTTP/1.1\r\nHost: %s:8080\r\n"
				 "User-Agent: Mozilla/5.0 (X11; Linux x86_64) bench\r\n"
				 "Accept: */*\r\nAccept-Language: ja,en;q=0.8\r\n\r\n",
				 name, name);
	load.made[i].hello_len = wire_hello(load.made[i].hello[0], name, WIRE_ONCE);
	(void)wire_hello(load.made[i].hello[1], name, WIRE_ECHO);
	(void)wire_hello(load.made[i].hello[2], name, WIRE_STREAM);
}

static void read_names(const char *path)
{
	char line[256];
	FILE *f = fopen(path, "re");

	if (f == NULL)
		wire_die(path);
	while (load.name_count < LOAD_NAMES_MAX && fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		make_name(line);
	}
	(void)fclose(f);
}

static void make_denied(const char *name)
{
	load.denied_len =
		(size_t)snprintf(load.denied, sizeof(load.denied),
				 "CONNECT %s:443 HTTP/1.1\r\nHost: %s:443\r\n"
				 "User-Agent: Mozilla/5.0 (X11; Linux x86_64) bench\r\n"
				 "Proxy-Connection: keep-alive\r\n\r\n",
				 name, name);
}

static enum load_kind kind_of(const char *word)
{
	for (int i = 0; i < LOAD_KINDS; i++) {
		if (strcmp(word, kind_names[i]) == 0)
			return (enum load_kind)i;
	}
	usage();
}

static void read_stream(char *text)
{
	struct load_stream *st = &streams[stream_count++];
	char *slots = split(text, ':'), *schedule = strchr(slots, ':');

	if (stream_count > LOAD_STREAMS_MAX)
		usage();
	st->kind = kind_of(text);
	if (schedule != NULL) {
		*schedule++ = '\0';
		if (strncmp(schedule, "rate=", 5) == 0)
			st->rate = (double)wire_number(schedule + 5);
		else if (strncmp(schedule, "every=", 6) == 0)
			st->every = wire_number(schedule + 6) * MS;
		else if (strcmp(schedule, "stay") == 0)
			st->stay = true;
		else
			usage();
	}
	st->slot_count = (size_t)wire_number(slots);
	st->slot = calloc(st->slot_count, sizeof(*st->slot));
	st->free = calloc(st->slot_count, sizeof(*st->free));
	slot_total += st->slot_count;
	if (st->slot == NULL || st->free == NULL)
		wire_die("calloc");
}

static void prepare_streams(void)
{
	int64_t now = wire_now();

	again = calloc(slot_total, sizeof(struct load_slot *));
	if (again == NULL)
		wire_die("calloc");
	for (size_t i = 0; i < stream_count; i++) {
		struct load_stream *st = &streams[i];

		st->next = now;
		st->unopened = st->kind == LOAD_ECHO ? st->slot_count : 0;
		for (size_t k = 0; k < st->slot_count; k++) {
			struct load_slot *s = &st->slot[k];

			*s = (struct load_slot){ .stream = st, .fd = -1 };
			if (st->rate > 0)
				st->free[st->free_count++] = k;
			else if (st->every > 0 && st->kind != LOAD_ECHO)
				slot_wait(s,
					  now + (int64_t)(uniform() * (double)st->every));
			else if (st->kind != LOAD_ECHO)
				slot_again(s);
		}
		open_next(st);
	}
}

static void raise_limits(void)
{
	struct rlimit want = { slot_total + 64, slot_total + 64 }, have;

	(void)prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
	if (getrlimit(RLIMIT_NOFILE, &have) == 0 && have.rlim_cur < want.rlim_cur &&
	    setrlimit(RLIMIT_NOFILE, &want) == -1)
		wire_die("RLIMIT_NOFILE");
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "proxy", 1, NULL, 'p' },   { "direct", 1, NULL, 'd' },
		{ "names", 1, NULL, 'n' },   { "denied", 1, NULL, 'x' },
		{ "sources", 1, NULL, 's' }, { "warm", 1, NULL, 'w' },
		{ "time", 1, NULL, 't' },    { "hold", 0, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int64_t warm = 300ll * MS, time = 1000ll * MS;
	bool hold = false;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'p':
			read_target(optarg, false);
			break;
		case 'd':
			read_target(optarg, true);
			break;
		case 'n':
			read_names(optarg);
			break;
		case 'x':
			make_denied(optarg);
			break;
		case 's':
			read_sources(optarg);
			break;
		case 'w':
			warm = wire_number(optarg) * MS;
			break;
		case 't':
			time = wire_number(optarg) * MS;
			break;
		case 'h':
			hold = true;
			break;
		default:
			usage();
		}
	}
	while (optind < argc)
		read_stream(argv[optind++]);
	if (load.target.sin_family == 0 || load.name_count == 0 || stream_count == 0)
		usage();
	load.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	load.stream_bytes = malloc(WIRE_STREAM_LEN);
	if (load.epoll_fd == -1 || load.stream_bytes == NULL)
		wire_die("start");
	wire_stream(load.stream_bytes);
	wire_echo(load.echo);
	raise_limits();
	prepare_streams();
	if (hold)
		run_hold();
	else
		run_window(warm, time);
	return 0;
}
