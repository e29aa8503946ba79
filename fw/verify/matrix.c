/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fw/verify/prove_parts.h"
#include "lib/str.h"

void matrix_text(const struct range *r, char *dst, size_t size)
{
	uint64_t proto = r[FIELD_PROTO].min.lo;
	const char *name = proto == IPPROTO_TCP      ? "tcp"
			   : proto == IPPROTO_UDP    ? "udp"
			   : proto == IPPROTO_ICMP   ? "icmp"
			   : proto == IPPROTO_ICMPV6 ? "icmpv6"
						     : "";
	bool icmp = proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6;
	struct range what = r[icmp ? FIELD_ICMP_TYPE : FIELD_DPORT];

	if (name[0] == '\0')
		(void)snprintf(dst, size, "proto-%u", (unsigned)proto);
	else if (what.min.lo == what.max.lo)
		(void)snprintf(dst, size, "%s/%u", name, (unsigned)what.min.lo);
	else
		(void)snprintf(dst, size, "%s/%u-%u", name, (unsigned)what.min.lo,
			       (unsigned)what.max.lo);
}

static int compare(const void *a, const void *b)
{
	const struct proof_service *x = a, *y = b;
	int c;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->to != y->to)
		return x->to < y->to ? -1 : 1;
	c = strcmp(x->flow, y->flow);
	return c != 0 ? c : strcmp(x->text, y->text);
}

void matrix_service(struct prover *v, uint32_t from, uint32_t to, const char *text,
		    const char *flow)
{
	struct proof *p = v->p;
	struct proof_service s = { .from = from, .to = to };
	void *room;

	(void)str_copy(s.text, sizeof(s.text), text);
	(void)str_copy(s.flow, sizeof(s.flow), flow);
	for (size_t i = p->service_count; i-- > 0;) {
		if (compare(&p->service[i], &s) == 0)
			return;
		if (p->service[i].from != from || p->service[i].to != to)
			break;
	}
	room = work_grow(v->w, p->service, sizeof(*p->service), p->service_count,
			 &p->service_room);
	if (room == NULL)
		return;
	p->service = room;
	p->service[p->service_count++] = s;
}

void matrix_sort(struct proof *p)
{
	size_t n = 1;

	if (p->service_count == 0)
		return;
	qsort(p->service, p->service_count, sizeof(*p->service), compare);
	for (size_t i = 1; i < p->service_count; i++) {
		if (compare(&p->service[i], &p->service[n - 1]) != 0)
			p->service[n++] = p->service[i];
	}
	p->service_count = n;
}

struct passing {
	struct prover *v;
	const struct bound *may;
	const struct outcome *o;
	bool *done; /* by cube */
};

static bool add_cube(void *user, size_t i)
{
	struct passing *p = user;
	const struct cube *c = &p->v->p->expect.cube[p->may->cube[i]];
	struct box b, rest;
	char text[32];

	if (c->from == c->to || c->r[FIELD_CT_STATE].max.lo != STATE_NEW ||
	    p->done[p->may->cube[i]] ||
	    !box_meet(&p->may->boxes.item[i], &p->o->region.box, &b) ||
	    !boxes_rest(p->v->w, &b, &p->o->region.holes, &rest))
		return true;
	p->done[p->may->cube[i]] = true;
	matrix_text(c->r, text, sizeof(text));
	matrix_service(p->v, c->from, c->to, text, c->flow);
	return true;
}

/* Every cube of the policy that some accepted packet is in. */
void matrix_add(struct prover *v, uint32_t hook)
{
	struct bound *may = &v->may[hook];
	struct passing p = { .v = v, .may = may };

	p.done = work_alloc(v->w, v->p->expect.count + 1, sizeof(*p.done));
	for (size_t i = 0; i < v->fresh[hook].count && v->w->error == 0; i++) {
		p.o = &v->fresh[hook].item[i];
		if (p.o->kind == OUTCOME_ACCEPT)
			boxes_each(v->w, &may->boxes, &may->index, &p.o->region.box,
				   add_cube, &p);
	}
}
