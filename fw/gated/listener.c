/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/gated/gate.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "fw/gated/events/netlink.h"
#include "fw/gated/match.h"
#include "lib/log.h"
#include "lib/mono.h"

#define RECEIVE_MAX (256 << 10) /* twice the kernel's batch */
#define ROUND_MAX   64 /* receives per wake-up */
#define REPEAT_US   60000000 /* a first packet sent again is the same connection */

typedef void message_fn(struct gate *g, const struct netlink_msg *m);

/* Give each waiting message to fn. */
static void drain(struct gate *g, int fd, message_fn *fn)
{
	static uint8_t buf[RECEIVE_MAX]; /* one thread, and no fn drains another socket */

	for (int i = 0; i < ROUND_MAX; i++) {
		ssize_t got = recv(fd, buf, sizeof(buf), MSG_DONTWAIT | MSG_TRUNC);
		struct rd rest;
		struct netlink_msg m;

		if (got == -1 && (errno == ENOBUFS || errno == EINTR))
			continue; /* what was lost shows as a step in the sequence */
		if (got <= 0)
			return;
		if ((size_t)got > sizeof(buf)) {
			journal_lost(&g->journal, 1, "gated: an oversized event message");
			continue;
		}
		rest = rd_of(buf, (size_t)got);
		while (netlink_next(&rest, &m) > 0)
			fn(g, &m);
	}
}

/* Who the device behind the mark is. False: the mark is no permit that we know. */
static bool describe(const struct gate *g, uint32_t mark, struct record *rec)
{
	const struct revision_permit *p = who_find(g->now.who, mark);

	if (p != NULL) {
		who_describe(g->now.rev, p, rec);
		return true;
	}
	p = who_find(g->before.who, mark);
	if (p != NULL)
		who_describe(g->before.rev, p, rec);
	return p != NULL;
}

static void fill_packet(const struct nflog_packet *p, struct record *rec)
{
	rec->time_us = p->time_us;
	rec->src = p->src;
	rec->dst = p->dst;
	rec->proto = p->proto;
	rec->mac = p->mac;
	if (p->has_ports) {
		rec->src_port = p->src_port;
		rec->dst_port = p->dst_port;
	} else if (p->has_icmp) {
		(void)snprintf(rec->detail, sizeof(rec->detail), "icmp type %u",
			       p->icmp_type);
	}
}

/* The zone of an interface, by its name of now. */
static void fill_zone(const struct gate *g, uint32_t indev, struct record *rec)
{
	const struct policy *p = g->now.rev != NULL ? g->now.rev->policy : NULL;
	char name[IF_NAMESIZE] = "";
	size_t zone;

	if (indev == 0 || p == NULL || if_indextoname(indev, name) == NULL)
		return;
	zone = policy_zone_by_interface(p, name);
	if (zone != POLICY_NONE)
		record_set_str(rec->zone, sizeof(rec->zone), p->zone[zone].name);
}

static struct ctevent_tuple tuple_of(const struct nflog_packet *p)
{
	return (struct ctevent_tuple){ .src = p->src,
				       .dst = p->dst,
				       .proto = p->proto,
				       .src_port = p->src_port,
				       .dst_port = p->dst_port,
				       .icmp_type = p->icmp_type };
}

/* A step of more than one in the group's numbers is a loss. */
static void check_sequence(struct gate *g, struct gate_stream *s,
			   const struct nflog_packet *p)
{
	if (!p->has_seq)
		return;
	if (s->begun && p->seq != s->next_seq)
		journal_lost(&g->journal, p->seq - s->next_seq, s->name);
	s->begun = true;
	s->next_seq = p->seq + 1;
}

static bool parse_packet(struct gate *g, struct gate_stream *s,
			 const struct netlink_msg *m, struct nflog_packet *ret)
{
	int r = nflog_parse(m->data, m->len, ret);

	if (r == -EBADMSG)
		journal_lost(&g->journal, 1, "gated: an event that cannot be read");
	if (r < 0)
		return false;
	check_sequence(g, s, ret);
	return true;
}

static void on_open(struct gate *g, const struct netlink_msg *m)
{
	struct record rec = { .kind = RECORD_FLOW_OPEN, .reason = REASON_FLOW };
	struct flow_open flow = { .conn = ++g->next_conn };
	const struct flow_open *known;
	struct nflog_packet p;
	struct ctevent_tuple t;
	size_t skip = sizeof(FW_LOG_OPEN_PREFIX) - 1;

	if (!parse_packet(g, &g->open_stream, m, &p) ||
	    strncmp(p.prefix, FW_LOG_OPEN_PREFIX, skip) != 0)
		return;
	t = tuple_of(&p);
	flow.key = flowtable_key(&t);
	flow.opened_us = wall_us();
	known = flowtable_find(g->flows, &flow.key);
	if (known != NULL && p.has_ports && flow.opened_us - known->opened_us < REPEAT_US)
		return;
	record_set_str(flow.rule, sizeof(flow.rule), p.prefix + skip);
	fill_packet(&p, &rec);
	if (!describe(g, p.mark, &rec))
		fill_zone(g, p.indev, &rec);
	record_set_str(rec.rule, sizeof(rec.rule), flow.rule);
	rec.conn = flow.conn;
	(void)flowtable_add(g->flows, &flow); /* full: the end gets a number of its own */
	journal_write(&g->journal, &rec);
}

static void on_sum(const struct deny *sum, void *user)
{
	struct gate *g = user;
	struct record rec = { .kind = RECORD_FLOW_DENY,
			      .reason = (uint16_t)sum->reason,
			      .count = sum->count };

	fill_packet(&sum->packet, &rec);
	if (!describe(g, sum->packet.mark, &rec))
		fill_zone(g, sum->packet.indev, &rec);
	journal_write(&g->journal, &rec);
}

static void on_deny(struct gate *g, const struct netlink_msg *m)
{
	struct nflog_packet p;
	enum reason reason;

	if (!parse_packet(g, &g->deny_stream, m, &p))
		return;
	reason = denies_reason(p.prefix);
	if (reason == REASON_NONE)
		return; /* somebody else's rule logs to our group */
	if (denies_add(g->denies, &p, reason) == -ENOSPC) {
		listener_flush(g);
		(void)denies_add(g->denies, &p, reason);
	}
}

/* Why it ended, as far as the permit tells. */
static enum reason why(const struct gate *g, uint32_t mark)
{
	const struct revision_permit *p = who_find(g->now.who, mark);

	if (mark == FW_MARK_ZONE)
		return REASON_CLOSED;
	if (p == NULL)
		return REASON_WITHDRAWN;
	return p->until != 0 && p->until * 1000000 <= wall_us() ? REASON_EXPIRED
								: REASON_CLOSED;
}

/* The flow of a connection: recorded at its beginning, or found in the policy. */
static bool find_flow(struct gate *g, const struct ctevent *e, struct flow_open *ret)
{
	const struct flow_open *known = flowtable_find(g->flows, &ret->key);
	const struct gate_loaded *revs[] = { &g->now, &g->before };

	if (known != NULL) {
		*ret = *known;
		flowtable_remove(g->flows, &ret->key);
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(revs); i++) {
		const struct policy_flow *f =
			revs[i]->rev != NULL ? match_flow(revs[i]->rev->policy, &e->orig)
					     : NULL;

		if (f != NULL) {
			record_set_str(ret->rule, sizeof(ret->rule), f->id);
			ret->conn = ++g->next_conn;
			return true;
		}
	}
	return false;
}

static void fill_end(const struct ctevent *e, const struct flow_open *flow,
		     struct record *rec)
{
	uint64_t ms = 0;

	if (e->start_ns != 0 && e->stop_ns > e->start_ns)
		ms = (e->stop_ns - e->start_ns) / 1000000;
	rec->src = e->orig.src;
	rec->dst = e->orig.dst;
	rec->src_port = e->orig.src_port;
	rec->dst_port = e->orig.dst_port;
	rec->proto = e->orig.proto;
	rec->conn = flow->conn;
	rec->bytes_up = e->up.bytes;
	rec->bytes_down = e->down.bytes;
	rec->duration_ms = ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ms;
	record_set_str(rec->rule, sizeof(rec->rule), flow->rule);
}

static void on_end(struct gate *g, const struct netlink_msg *m)
{
	struct record rec = { .kind = RECORD_FLOW_CLOSE };
	struct flow_open flow = { 0 };
	struct ctevent e;
	size_t zone;
	int r = ctevent_parse(m->data, m->len, &e);

	if (r == -EBADMSG)
		journal_lost(&g->journal, 1, "gated: an event that cannot be read");
	if (r < 0 || e.type != CTEVENT_DESTROY || e.mark == 0 ||
	    e.mark == FW_MARK_PROXY || e.mark == FW_MARK_GATEWAY)
		return;
	flow.key = flowtable_key(&e.orig);
	if (!find_flow(g, &e, &flow))
		return; /* to this machine: the daemon that served it has recorded it */
	fill_end(&e, &flow, &rec);
	rec.reason = (uint16_t)why(g, e.mark);
	if (!describe(g, e.mark, &rec) && g->now.rev != NULL) {
		zone = match_zone(g->now.rev->policy, e.orig.src);
		if (zone != POLICY_NONE)
			record_set_str(rec.zone, sizeof(rec.zone),
				       g->now.rev->policy->zone[zone].name);
	}
	journal_write(&g->journal, &rec);
}

void listener_opens(struct gate *g, int fd)
{
	drain(g, fd, on_open);
}

void listener_denies(struct gate *g, int fd)
{
	drain(g, fd, on_deny);
}

void listener_ends(struct gate *g, int fd)
{
	drain(g, fd, on_end);
}

void listener_flush(struct gate *g)
{
	denies_flush(g->denies, on_sum, g);
}
