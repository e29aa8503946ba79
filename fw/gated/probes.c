/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/gated/probes.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netpacket/packet.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fw/gated/gate.h"
#include "fw/gated/link.h"
#include "fw/probe/outcome.h"
#include "fw/probe/route.h"
#include "lib/log.h"
#include "lib/mem.h"
#include "lib/str.h"

#define AREA           "gated"
#define KNOWN_MS       3000 /* the kernel holds what is logged for 100 ms */
#define INTERFACES_MAX 4096

struct site {
	struct plan_site site;
	struct plan_interface *interface; /* owned */
	size_t room;
};

static struct plan_interface *interface_of(struct site *s, const char *name)
{
	size_t n = s->site.interface_count;

	for (size_t i = 0; i < n; i++) {
		if (strcmp(s->interface[i].name, name) == 0)
			return &s->interface[i];
	}
	if (n == s->room)
		return NULL;
	(void)str_copy(s->interface[n].name, sizeof(s->interface[n].name), name);
	s->site.interface_count++;
	return &s->interface[n];
}

static void take_address(struct plan_interface *i, const struct sockaddr *sa)
{
	struct sockaddr_ll ll;
	uint16_t port;

	if (sa->sa_family == AF_PACKET) {
		memcpy(&ll, sa, sizeof(ll));
		if (ll.sll_hatype == ARPHRD_ETHER && ll.sll_halen == sizeof(i->mac.b))
			memcpy(i->mac.b, ll.sll_addr, sizeof(i->mac.b));
	} else if ((sa->sa_family == AF_INET || sa->sa_family == AF_INET6) &&
		   i->address_count < PLAN_ADDRESSES_MAX) {
		i->address[i->address_count++] = addr_from_sockaddr(sa, &port);
	}
}

static bool route(void *user, struct addr to, char ret_interface[16])
{
	(void)user;
	return route_to(to, ret_interface);
}

static int read_site(struct site *s)
{
	struct ifaddrs *list = NULL;

	s->interface = calloc(INTERFACES_MAX, sizeof(*s->interface));
	if (s->interface == NULL)
		return -ENOMEM;
	s->room = INTERFACES_MAX;
	if (getifaddrs(&list) == -1)
		return -errno;
	for (const struct ifaddrs *i = list; i != NULL; i = i->ifa_next) {
		struct plan_interface *one = interface_of(s, i->ifa_name);

		if (one == NULL || i->ifa_addr == NULL)
			continue;
		one->up = one->up || (i->ifa_flags & IFF_UP) != 0;
		take_address(one, i->ifa_addr);
	}
	freeifaddrs(list);
	s->site.interface = s->interface;
	s->site.route = route;
	s->site.now = (int64_t)time(NULL);
	randombytes_buf(s->site.stranger.b, sizeof(s->site.stranger.b));
	s->site.stranger.b[0] = (uint8_t)((s->site.stranger.b[0] & 0xfc) | 0x02);
	return 0;
}

static bool is_sent(const struct plan_item *i)
{
	return i->why_not == NULL;
}

/* Nothing is sent before our own records know what they are not to tell of. */
static void announce(struct probes_state *s, uint32_t count)
{
	s->word = randombytes_random() & ~(uint32_t)PROBE_WORD_INDEX;
	s->count = count;
	s->known_to = mono_after_ms(mono_now(), KNOWN_MS);
}

/* The answers lie where the items do. */
static void spread(const struct plan *plan, const struct probe_answer *a, uint8_t *mark)
{
	uint32_t next = 0;

	for (size_t i = 0; i < plan->count; i++)
		mark[i] =
			is_sent(&plan->item[i]) && next < a->count ? a->mark[next++] : 0;
}

static int send_all(struct gate *g, const struct plan *plan, struct probe_answer *ret)
{
	CLEANUP(free_p) struct probe *list = calloc(PROBE_MAX, sizeof(*list));
	uint32_t count = 0;
	int r;

	if (list == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < plan->count; i++) {
		if (is_sent(&plan->item[i]))
			list[count++] = plan->item[i].probe;
	}
	if (count == 0)
		return 0;
	announce(&g->probes, count);
	r = link_probe(g->channel, list, count, g->probes.word, ret);
	if (r == -ECONNRESET)
		g->journal.peer_gone = true;
	g->probes.known_to = mono_after_ms(mono_now(), KNOWN_MS);
	return r;
}

static void note_result(struct gate *g, const struct outcome *res)
{
	struct probes_state *s = &g->probes;
	struct record rec = { .kind = RECORD_SERVICE,
			      .reason = res->wrong != 0 ? REASON_ERROR : REASON_NONE,
			      .count = res->wrong };
	char text[sizeof(rec.detail)];

	s->bad = res->wrong != 0;
	s->revision = g->now.rev->full;
	s->text[0] = '\0';
	if (s->bad)
		(void)snprintf(s->text, sizeof(s->text),
			       "%u probes contradict the policy: %s", res->wrong,
			       res->first);
	(void)snprintf(text, sizeof(text),
		       "gated: probes: %u passed and %u were blocked as they were to, %u "
		       "not tested%s%s",
		       res->passed, res->blocked, res->not_tested, s->bad ? "; " : "",
		       s->text);
	record_set_str(rec.detail, sizeof(rec.detail), text);
	journal_write(&g->journal, &rec);
	if (s->bad)
		log_warn(AREA, "%s", s->text);
}

static int send_and_judge(struct gate *g, const struct plan *plan, char **ret_text)
{
	struct probe_answer answer = { 0 };
	struct outcome res;
	struct mono start = mono_now();
	uint8_t mark[PROBE_MAX];
	int r = send_all(g, plan, &answer);

	if (r < 0)
		return r;
	spread(plan, &answer, mark);
	r = outcome_of(g->now.rev, plan, mark, answer.refused,
		       (double)(mono_now().us - start.us) / 1000, &res);
	if (r < 0)
		return r;
	note_result(g, &res);
	*ret_text = res.text;
	return 0;
}

int probes_run(struct gate *g, char **ret_text)
{
	struct site site = { 0 };
	struct plan plan = { 0 };
	int r = g->now.rev == NULL ? -ENOENT : g->lockdown.on ? -EBUSY : read_site(&site);

	if (r == 0)
		r = plan_make(g->now.rev, &site.site, &plan);
	if (r == 0)
		r = send_and_judge(g, &plan, ret_text);
	plan_clear(&plan);
	free(site.interface);
	return r;
}

bool probes_is_own(const struct probes_state *s, const struct nflog_packet *p)
{
	return p->has_word && p->word - s->word < s->count &&
	       mono_diff_ms(s->known_to, mono_now()) > 0;
}
