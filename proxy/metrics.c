/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/metrics.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/attr.h"

#define PREFIX "sekisho_proxy_"

enum kind {
	GAUGE,
	COUNTER,
};

struct sample {
	const char *label; /* the value; NULL: the family's only sample */
	size_t offset;
};

struct family {
	const char *name; /* without PREFIX; ends with the unit when there is one */
	enum kind kind;
	const char *unit; /* "" none */
	const char *help; /* English, Japanese */
	const char *label; /* name of the label; "" none */
	const struct sample *sample;
	size_t count;
};

#define AT(field) offsetof(struct proxy_metrics, field)

#define ONE(id, field) static const struct sample id[] = { { NULL, AT(field) } }

ONE(open_connections, connections_open);
ONE(open_tunnels, tunnels_open);
ONE(dns_names, dns_cache_names);
ONE(idle, upstream_idle);
ONE(revision, revision);
ONE(workers, workers);
ONE(entries, entries);
ONE(start, start_s);
ONE(lost, records_lost);
ONE(written, records_written);
ONE(spool, spool_errors);
ONE(accepted, accepted);
ONE(redirected, accepted_transparent);

static const struct sample requests[] = {
	{ "allowed", AT(requests_allowed) },     { "observed", AT(requests_observed) },
	{ "denied", AT(requests_denied) },       { "failed", AT(requests_failed) },
	{ "malformed", AT(requests_malformed) },
};
static const struct sample bytes[] = {
	{ "up", AT(bytes_up) },
	{ "down", AT(bytes_down) },
};
static const struct sample dns[] = {
	{ "hit", AT(dns_hits) },
	{ "miss", AT(dns_misses) },
	{ "failure", AT(dns_failures) },
};
static const struct sample upstream[] = {
	{ "opened", AT(upstream_opened) },
	{ "reused", AT(upstream_reused) },
	{ "failed", AT(upstream_failed) },
};
static const struct sample sign_ins[] = {
	{ "good", AT(sign_in_good) },
	{ "bad", AT(sign_in_bad) },
};
static const struct sample limits[] = {
	{ "connections", AT(limits[METRICS_LIMIT_CONNECTIONS]) },
	{ "device_connections", AT(limits[METRICS_LIMIT_DEVICE_CONNECTIONS]) },
	{ "head_seconds", AT(limits[METRICS_LIMIT_HEAD_TIME]) },
	{ "idle_seconds", AT(limits[METRICS_LIMIT_IDLE_TIME]) },
	{ "total_hours", AT(limits[METRICS_LIMIT_TOTAL_TIME]) },
	{ "tunnel_upload", AT(limits[METRICS_LIMIT_TUNNEL_UPLOAD]) },
	{ "device_day_upload", AT(limits[METRICS_LIMIT_DEVICE_DAY_UPLOAD]) },
	{ "descriptors", AT(limits[METRICS_LIMIT_DESCRIPTORS]) },
};
_Static_assert(ARRAY_LEN(limits) == METRICS_LIMITS, "a limit is not shown");

#define SAMPLES(list) list, ARRAY_LEN(list)

static const struct family families[] = {
	{ "connections_open", GAUGE, "", "Client connections open now. 現在の接続数。",
	  "", SAMPLES(open_connections) },
	{ "tunnels_open", GAUGE, "", "Tunnels open now. 現在のトンネル数。", "",
	  SAMPLES(open_tunnels) },
	{ "connections_accepted", COUNTER, "",
	  "Client connections accepted. 受け付けた接続数。", "", SAMPLES(accepted) },
	{ "connections_redirected", COUNTER, "",
	  "Of these, redirected from transparent zones. うち透過区画からの接続数。", "",
	  SAMPLES(redirected) },
	{ "requests", COUNTER, "", "Requests by outcome. 結果ごとの要求数。", "outcome",
	  SAMPLES(requests) },
	{ "transferred_bytes", COUNTER, "bytes",
	  "Bytes relayed, up is towards the origin. 中継したバイト数。", "direction",
	  SAMPLES(bytes) },
	{ "dns_lookups", COUNTER, "", "Names asked of the cache. 名前解決の数。",
	  "result", SAMPLES(dns) },
	{ "dns_cache_names", GAUGE, "", "Names in the cache. キャッシュ中の名前の数。",
	  "", SAMPLES(dns_names) },
	{ "upstream_connections", COUNTER, "",
	  "Connections to origins. 接続先への接続数。", "kind", SAMPLES(upstream) },
	{ "upstream_idle", GAUGE, "",
	  "Idle connections to origins kept for reuse. 再利用待ちの接続数。", "",
	  SAMPLES(idle) },
	{ "records_written", COUNTER, "", "Records written. 書き込んだ記録の数。", "",
	  SAMPLES(written) },
	{ "records_lost", COUNTER, "",
	  "Records that could not be written. 書き込めなかった記録の数。", "",
	  SAMPLES(lost) },
	{ "spool_errors", COUNTER, "",
	  "Errors of the record spool. 記録スプールのエラー数。", "", SAMPLES(spool) },
	{ "limit_hits", COUNTER, "", "Ceilings reached. 上限に達した回数。", "limit",
	  SAMPLES(limits) },
	{ "sign_ins", COUNTER, "", "Sign-ins at the proxy. プロキシでのサインインの数。",
	  "result", SAMPLES(sign_ins) },
	{ "revision", GAUGE, "", "Number of the revision in force. 適用中の改訂番号。",
	  "", SAMPLES(revision) },
	{ "allowlist_entries", GAUGE, "",
	  "Entries of the allowlist in force. 適用中の許可リストの登録数。", "",
	  SAMPLES(entries) },
	{ "workers", GAUGE, "", "Worker threads. ワーカースレッド数。", "",
	  SAMPLES(workers) },
	{ "start_time_seconds", GAUGE, "seconds",
	  "When the process started, Unix time. 起動時刻。", "", SAMPLES(start) },
};

struct out {
	char *p;
	size_t len;
};

static void put(struct out *o, const char *fmt, ...) PRINTF_FMT(2, 3);

static void put(struct out *o, const char *fmt, ...)
{
	size_t room = METRICS_MAX - o->len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(o->p + o->len, room, fmt, ap);
	va_end(ap);
	if (n > 0)
		o->len += (size_t)n < room ? (size_t)n : room - 1;
}

static void put_head(struct out *o, const char *name, enum kind kind, const char *unit,
		     const char *help)
{
	put(o, "# TYPE " PREFIX "%s %s\n", name, kind == GAUGE ? "gauge" : "counter");
	if (unit[0] != '\0')
		put(o, "# UNIT " PREFIX "%s %s\n", name, unit);
	put(o, "# HELP " PREFIX "%s %s\n", name, help);
}

static void put_sample(struct out *o, const char *name, enum kind kind, const char *label,
		       const char *label_value, uint64_t value)
{
	put(o, PREFIX "%s%s", name, kind == COUNTER ? "_total" : "");
	if (label[0] != '\0')
		put(o, "{%s=\"%s\"}", label, label_value);
	put(o, " %" PRIu64 "\n", value);
}

static void put_family(struct out *o, const struct family *f,
		       const struct proxy_metrics *m)
{
	put_head(o, f->name, f->kind, f->unit, f->help);
	for (size_t i = 0; i < f->count; i++) {
		uint64_t v;

		memcpy(&v, (const char *)m + f->sample[i].offset, sizeof(v));
		put_sample(o, f->name, f->kind, f->label,
			   f->sample[i].label != NULL ? f->sample[i].label : "", v);
	}
}

/* One sample for each reason from first to last that has a name, counted or not. */
static void put_reasons(struct out *o, const char *name, const uint64_t *value,
			unsigned first, unsigned last)
{
	for (unsigned r = first; r <= last; r++) {
		const char *reason = reason_name((enum reason)r);

		if (strcmp(reason, "unknown") != 0)
			put_sample(o, name, COUNTER, "reason", reason, value[r]);
	}
}

static void put_refused(struct out *o, const struct proxy_metrics *m)
{
	put_head(o, "refused", COUNTER, "",
		 "Requests and connections refused. 拒否した要求と接続の数。");
	put_reasons(o, "refused", m->refused, REASON_NOT_LISTED, REASON_NO_FLOW - 1);
}

static void put_cut(struct out *o, const struct proxy_metrics *m)
{
	put_head(o, "tunnels_cut", COUNTER, "",
		 "Tunnels ended by us. 打ち切ったトンネルの数。");
	put_reasons(o, "tunnels_cut", m->cut, REASON_LIMIT, REASON_LIMIT);
	put_reasons(o, "tunnels_cut", m->cut, REASON_EXPIRED, METRICS_REASONS - 1);
}

static void count(uint64_t *value, enum reason reason)
{
	if ((unsigned)reason < METRICS_REASONS)
		value[reason]++;
}

void metrics_refused(struct proxy_metrics *m, enum reason reason)
{
	count(m->refused, reason);
}

void metrics_cut(struct proxy_metrics *m, enum reason reason)
{
	count(m->cut, reason);
}

void metrics_add(struct proxy_metrics *sum, const struct proxy_metrics *one)
{
	_Static_assert(sizeof(*sum) % sizeof(uint64_t) == 0, "numbers only");

	for (size_t at = 0; at < sizeof(*sum); at += sizeof(uint64_t)) {
		uint64_t a, b;

		memcpy(&a, (const char *)sum + at, sizeof(a));
		memcpy(&b, (const char *)one + at, sizeof(b));
		a += b;
		memcpy((char *)sum + at, &a, sizeof(a));
	}
}

size_t metrics_write(const struct proxy_metrics *m, char *dst)
{
	struct out o = { .p = dst };

	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		put_family(&o, &families[i], m);
	put_refused(&o, m);
	put_cut(&o, m);
	put(&o, "# EOF\n");
	return o.len;
}
