/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/gated/gate.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/if_ether.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fw/apply/request.h"
#include "fw/gated/events/receive.h"
#include "fw/gated/match.h"
#include "lib/mono.h"

#define OPEN_ROUNDS 64 /* receives per wake-up, of 64 events each */
#define END_ROUNDS  16
#define DENY_ROUNDS 4 /* of 2 batches each: then the others have their turn */
#define WATCHDOG_S  60

/* A loss that only the socket knows of, without a number. */
static void note(struct gate *g, struct gate_stream *s, const struct receive_result *res)
{
	s->overrun = s->overrun || res->overrun;
	if (res->cut != 0)
		journal_lost(&g->journal, res->cut, "gated: an oversized event message");
}

/* Who the device behind the mark is. False: the mark is no permit that we know. */
static bool describe(const struct gate *g, uint32_t mark, struct record *rec)
{
	const struct revision_permit *p = who_find(g->now.rev, mark);

	if (p != NULL) {
		who_describe(g->now.rev, p, rec);
		return true;
	}
	p = who_find(g->before.rev, mark);
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
	} else if (p->ethertype == ETH_P_ARP) {
		record_set_str(rec->detail, sizeof(rec->detail), "arp");
	}
}

/* The bridge's port that a frame came in at; other packets have none. */
static void fill_port(const struct nflog_packet *p, struct record *rec)
{
	char name[IF_NAMESIZE] = "", text[sizeof(rec->detail) + IF_NAMESIZE + 8];

	if (p->physindev == 0 || if_indextoname(p->physindev, name) == NULL)
		return;
	(void)snprintf(text, sizeof(text), "port %s%s%s", name,
		       rec->detail[0] != '\0' ? ", " : "", rec->detail);
	record_set_str(rec->detail, sizeof(rec->detail), text);
}

/* The zone of an interface, by its name of now. */
static void fill_zone(struct gate *g, uint32_t indev, struct record *rec)
{
	const struct policy *p = g->now.rev != NULL ? g->now.rev->policy : NULL;
	size_t zone = p != NULL ? ifzone_of(&g->zones, p, indev) : POLICY_NONE;

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
				       .icmp_type = p->icmp_type,
				       .icmp_id = p->icmp_id };
}

/* A step of more than one in the group's numbers is a loss. */
static void check_sequence(struct gate *g, struct gate_stream *s,
			   const struct nflog_packet *p)
{
	if (!p->has_seq)
		return;
	if (s->begun && p->seq != s->next_seq) {
		s->lost += p->seq - s->next_seq;
		g->journal.lost += p->seq - s->next_seq;
		s->overrun = false;
	}
	s->begun = true;
	s->next_seq = p->seq + 1;
}

/* One gap record a second, however often the numbers stepped. */
static void flush_stream(struct gate *g, struct gate_stream *s)
{
	uint64_t lost = s->lost;

	if (lost == 0 && !s->overrun)
		return;
	/* journal_lost() counts it, and the numbers' steps were counted as they came */
	g->journal.lost -= lost;
	journal_lost(&g->journal, lost != 0 ? lost : 1, s->name);
	s->lost = 0;
	s->overrun = false;
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

/* The rules log the first packet of a connection and no other. */
static void on_open(const struct netlink_msg *m, void *user)
{
	struct gate *g = user;
	struct record rec = { .kind = RECORD_FLOW_OPEN, .reason = REASON_FLOW };
	struct flow_open flow = { 0 };
	struct nflog_packet p;
	struct ctevent_tuple t;
	size_t skip = sizeof(FW_LOG_OPEN_PREFIX) - 1;

	if (!parse_packet(g, &g->open_stream, m, &p) ||
	    strncmp(p.prefix, FW_LOG_OPEN_PREFIX, skip) != 0 ||
	    probes_is_own(&g->probes, &p))
		return;
	t = tuple_of(&p);
	flow.key = flowtable_key(&t);
	flow.opened_us = p.time_us != 0 ? p.time_us : wall_us();
	flow.conn = ++g->next_conn;
	record_set_str(flow.rule, sizeof(flow.rule), p.prefix + skip);
	fill_packet(&p, &rec);
	if (!describe(g, p.mark, &rec))
		fill_zone(g, p.indev, &rec);
	record_set_str(rec.rule, sizeof(rec.rule), flow.rule);
	rec.conn = flow.conn;
	g->unjoined += flowtable_add(g->flows, &flow);
	journal_add(&g->journal, &rec);
}

static const char *coarse_text(enum deny_detail detail)
{
	switch (detail) {
	case DENY_FULL:
		break;
	case DENY_DEVICE:
		return "gated: more packets of this device, to various destinations";
	case DENY_REASON:
		return "gated: more packets, of various devices";
	}
	return "";
}

static void on_sum(const struct deny *sum, void *user)
{
	struct gate *g = user;
	int64_t ms = (sum->last_us - sum->first_us) / 1000;
	struct record rec = {
		.kind = RECORD_FLOW_DENY,
		.reason = (uint16_t)sum->reason,
		.duration_ms = ms > 0 && ms < UINT32_MAX ? (uint32_t)ms : 0,
		.count = sum->count > UINT32_MAX ? UINT32_MAX : (uint32_t)sum->count,
	};

	fill_packet(&sum->packet, &rec);
	rec.time_us = sum->first_us;
	if (sum->detail != DENY_FULL)
		record_set_str(rec.detail, sizeof(rec.detail), coarse_text(sum->detail));
	fill_port(&sum->packet, &rec);
	if (!describe(g, sum->packet.mark, &rec))
		fill_zone(g, sum->packet.indev, &rec);
	journal_add(&g->journal, &rec);
}

static void on_deny(const struct netlink_msg *m, void *user)
{
	struct gate *g = user;
	struct nflog_packet p;
	enum reason reason;

	if (!parse_packet(g, &g->deny_stream, m, &p) || probes_is_own(&g->probes, &p))
		return;
	if (p.physindev != 0) /* indev is the whole bridge */
		p.indev = p.physindev;
	reason = denies_reason(p.prefix);
	if (reason != REASON_NONE) /* else somebody else's rule logs to our group */
		denies_add(g->denies, &p, reason, p.time_us != 0 ? p.time_us : wall_us());
}

/* Why it ended, as far as the permit tells. */
static enum reason why(const struct gate *g, uint32_t mark)
{
	const struct revision_permit *p = who_find(g->now.rev, mark);

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
	int64_t by_us = e->start_ns != 0 && e->start_ns < INT64_MAX
				? (int64_t)(e->start_ns / 1000)
				: INT64_MAX;
	const struct flow_open *known = flowtable_find(g->flows, &ret->key, by_us);
	const struct gate_loaded *revs[] = { &g->now, &g->before };

	if (known != NULL) {
		*ret = *known;
		flowtable_remove(g->flows, &ret->key, by_us);
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

/* The address that was asked for, where it is not the one that answered. */
static void fill_published(const struct ctevent *e, struct record *rec)
{
	char text[ADDR_TEXT_MAX];

	if (addr_equal(e->orig.dst, rec->dst))
		return;
	addr_format(e->orig.dst, text);
	(void)snprintf(rec->detail, sizeof(rec->detail), "published as %s", text);
}

static void fill_end(const struct ctevent *e, const struct flow_open *flow,
		     struct record *rec)
{
	const struct ctevent_tuple seen = flowtable_seen(e);
	uint64_t packets = e->up.packets + e->down.packets;
	uint64_t ms = 0;

	if (e->start_ns != 0 && e->stop_ns > e->start_ns)
		ms = (e->stop_ns - e->start_ns) / 1000000;
	rec->src = seen.src;
	rec->dst = seen.dst;
	rec->src_port = seen.src_port;
	rec->dst_port = seen.dst_port;
	rec->proto = seen.proto;
	fill_published(e, rec);
	rec->conn = flow->conn;
	rec->bytes_up = e->up.bytes;
	rec->bytes_down = e->down.bytes;
	rec->duration_ms = ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ms;
	rec->count = packets > UINT32_MAX ? UINT32_MAX : (uint32_t)packets;
	record_set_str(rec->rule, sizeof(rec->rule), flow->rule);
}

static void on_end(const struct netlink_msg *m, void *user)
{
	struct gate *g = user;
	struct record rec = { .kind = RECORD_FLOW_CLOSE };
	struct flow_open flow = { 0 };
	struct ctevent_tuple t;
	struct ctevent e;
	size_t zone;
	int r = ctevent_parse(m->data, m->len, &e);

	if (r == -EBADMSG)
		journal_lost(&g->journal, 1, "gated: an event that cannot be read");
	if (r < 0 || e.type != CTEVENT_DESTROY || e.mark == 0 ||
	    e.mark == FW_MARK_PROXY || e.mark == FW_MARK_GATEWAY)
		return;
	t = flowtable_seen(&e);
	flow.key = flowtable_key(&t);
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
	journal_add(&g->journal, &rec);
}

/* Returns whether nothing waits any more. */
static bool read_opens(struct gate *g, int fd)
{
	struct receive_result res =
		receive_all(fd, RECEIVE_SMALL, OPEN_ROUNDS, on_open, g);

	note(g, &g->open_stream, &res);
	return res.emptied;
}

void listener_opens(struct gate *g, int fd)
{
	(void)read_opens(g, fd);
	journal_commit(&g->journal);
}

void listener_denies(struct gate *g, int fd)
{
	struct receive_result res =
		receive_all(fd, RECEIVE_BATCH, DENY_ROUNDS, on_deny, g);

	note(g, &g->deny_stream, &res);
	journal_commit(&g->journal);
}

/*
 * An end whose beginning still waits would not find it. The kernel writes of a beginning
 * before its end can be, so that the beginnings are read first, each time.
 */
void listener_ends(struct gate *g, int fd)
{
	struct receive_result res = { 0 };

	for (unsigned i = 0; i < END_ROUNDS && !res.emptied; i++) {
		if (!read_opens(g, FW_OPEN_FD))
			break; /* there are more of them: the next turn comes at once */
		res = receive_all(fd, RECEIVE_SMALL, 1, on_end, g);
		if (res.cut != 0)
			journal_lost(&g->journal, res.cut,
				     "gated: an oversized event message");
	}
	journal_commit(&g->journal);
}

/*
 * The kernel keeps every end that it could not deliver, in its connection table. If we
 * hang, the table would fill: then this process is to end, which frees them.
 */
void listener_flush(struct gate *g)
{
	uint64_t dropped = drops_look(&g->drops, DROPS_PATH);

	(void)alarm(WATCHDOG_S);
	if (dropped != 0)
		journal_lost(&g->journal, dropped,
			     "kernel: packets dropped that it could not track; is its "
			     "table of connections full?");
	ifzone_forget(&g->zones);
	denies_flush(g->denies, on_sum, g);
	flush_stream(g, &g->open_stream);
	flush_stream(g, &g->deny_stream);
	if (g->unjoined != 0) {
		struct record gap = record_gap(
			g->unjoined, REASON_LIMIT,
			"gated: flows whose end is recorded under another number");

		journal_add(&g->journal, &gap);
		g->unjoined = 0;
	}
	journal_commit(&g->journal);
}
