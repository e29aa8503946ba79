/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/verify/report.h"

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fw/verify/num.h"
#include "fw/verify/print.h"

#define FLOW_PREFIX "flow:"

const char *report_result(enum proof_result r)
{
	switch (r) {
	case PROOF_PROVED:
		return "proved";
	case PROOF_BROKEN:
		return "broken";
	case PROOF_NOT:
		return "not-proved";
	}
	return "?";
}

const char *report_flow(const struct rule *r)
{
	size_t len = sizeof(FLOW_PREFIX) - 1;

	return strncmp(r->id, FLOW_PREFIX, len) == 0 ? r->id + len : NULL;
}

static json_t *text_or_null(const char *text)
{
	return text != NULL && text[0] != '\0' ? json_string(text) : json_null();
}

static json_t *interface(const struct ifnames *names, struct num n)
{
	if (n.lo < NAME_FIRST || n.lo >= names->count)
		return n.lo == NAME_OTHER ? json_string("*") : json_null();
	return json_string(names->name[n.lo]);
}

static json_t *mac_json(struct num n)
{
	char text[MAC_TEXT_MAX];
	struct mac m;

	if (num_cmp(n, field_max(FIELD_MAC)) == 0)
		return json_null();
	for (size_t i = 0; i < sizeof(m.b); i++)
		m.b[i] = (uint8_t)(n.lo >> (40 - 8 * i));
	mac_format(m, text);
	return json_string(text);
}

static json_t *proto_json(uint64_t proto)
{
	char number[8];

	switch (proto) {
	case IPPROTO_TCP:
		return json_string("tcp");
	case IPPROTO_UDP:
		return json_string("udp");
	case IPPROTO_ICMP:
		return json_string("icmp");
	case IPPROTO_ICMPV6:
		return json_string("icmpv6");
	default:
		(void)snprintf(number, sizeof(number), "%u", (unsigned)proto);
		return json_string(number);
	}
}

static const char *state_name(uint64_t s)
{
	static const char *const names[] = { "new", "established", "related", "invalid",
					     "untracked" };

	return s < sizeof(names) / sizeof(names[0]) ? names[s] : "?";
}

static json_t *packet_json(const struct ifnames *names, const struct packet *p)
{
	uint8_t family = p->v[FIELD_FAMILY].lo == 4 ? 4 : 6;
	uint64_t proto = p->v[FIELD_PROTO].lo, uid = p->v[FIELD_SKUID].lo;
	bool icmp = proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6;
	char src[ADDR_TEXT_MAX], dst[ADDR_TEXT_MAX];

	addr_format(num_to_addr(p->v[FIELD_SADDR], family), src);
	addr_format(num_to_addr(p->v[FIELD_DADDR], family), dst);
	return json_pack(
		"{s:o,s:o,s:o,s:s,s:s,s:o,s:o,s:o,s:o,s:s,s:o}", "iif",
		interface(names, p->v[FIELD_IIF]), "oif",
		interface(names, p->v[FIELD_OIF]), "mac", mac_json(p->v[FIELD_MAC]),
		"src", src, "dst", dst, "proto", proto_json(proto), "sport",
		icmp ? json_null() : json_integer((json_int_t)p->v[FIELD_SPORT].lo),
		"dport",
		icmp ? json_null() : json_integer((json_int_t)p->v[FIELD_DPORT].lo),
		"icmp_type",
		icmp ? json_integer((json_int_t)p->v[FIELD_ICMP_TYPE].lo) : json_null(),
		"state", state_name(p->v[FIELD_CT_STATE].lo), "uid",
		uid == UID_NONE ? json_null() : json_integer((json_int_t)uid));
}

static char *rule_text(const struct model *m, const struct chain *c, uint32_t rule)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out;

	if (rule >= c->rule_count)
		return strdup(c->policy == VERDICT_DROP ? "policy drop"
							: "policy accept");
	out = open_memstream(&text, &len);
	if (out == NULL)
		return NULL;
	model_print_rule(m, c, &c->rule[rule], out);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

static json_t *rule_json(const struct model *m, uint32_t chain, uint32_t rule)
{
	const struct chain *c;
	json_t *o;
	char *text;

	if (chain >= m->chain_count)
		return json_null();
	c = &m->chain[chain];
	text = rule_text(m, c, rule);
	o = json_pack("{s:s,s:s,s:I,s:s,s:s}", "table", c->table, "chain", c->name,
		      "position",
		      (json_int_t)(rule < c->rule_count ? rule + 1 : c->rule_count + 1),
		      "id", rule < c->rule_count ? c->rule[rule].id : "", "text",
		      text != NULL ? text : "");
	free(text);
	return o;
}

static const char *zone(const struct proof *p, uint32_t z)
{
	if (z < p->rev->policy->zone_count)
		return p->rev->policy->zone[z].name;
	return z == EXPECT_GATEWAY ? "gateway" : "(other)";
}

static json_t *assertions(const struct proof *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->assertion_count; i++) {
		const struct proof_assertion *a = &p->assertion[i];

		(void)json_array_append_new(
			list,
			json_pack("{s:s,s:s,s:b,s:o}", "from", zone(p, a->from), "to",
				  zone(p, a->to), "holds", a->holds, "counterexample",
				  a->has_packet ? packet_json(&p->names, &a->packet)
						: json_null()));
	}
	return list;
}

static json_t *differences(const struct proof *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->difference_count; i++) {
		const struct proof_difference *d = &p->difference[i];

		(void)json_array_append_new(
			list, json_pack("{s:s,s:s,s:s,s:o,s:o,s:o}", "kind",
					d->more ? "more" : "less", "from",
					zone(p, d->from), "to", zone(p, d->to), "packet",
					packet_json(&p->names, &d->packet), "rule",
					rule_json(p->model, d->at.chain, d->at.rule),
					"flow", text_or_null(d->flow)));
	}
	return list;
}

static json_t *matrix(const struct proof *p)
{
	json_t *list = json_array(), *services = NULL;

	for (size_t i = 0; i < p->service_count; i++) {
		const struct proof_service *s = &p->service[i];

		if (i == 0 || s->from != s[-1].from || s->to != s[-1].to) {
			services = json_array();
			(void)json_array_append_new(
				list,
				json_pack("{s:s,s:s,s:o}", "from", zone(p, s->from), "to",
					  zone(p, s->to), "services", services));
		}
		(void)json_array_append_new(services,
					    json_pack("{s:s,s:o}", "text", s->text,
						      "flow", text_or_null(s->flow)));
	}
	return list;
}

char *report_proof(const struct proof *p, double elapsed_ms)
{
	json_t *reasons = json_array(), *foreign = json_array(), *root;
	char *text;

	for (size_t i = 0; i < p->reason_count; i++)
		(void)json_array_append_new(reasons, json_string(p->reason[i]));
	if (p->w.error < 0)
		(void)json_array_append_new(
			reasons, json_string(p->w.error == -ENOMEM ? "out of memory"
								   : "too complex"));
	for (size_t i = 0; i < p->foreign_count; i++)
		(void)json_array_append_new(foreign, json_string(p->foreign[i]));
	root = json_pack("{s:I,s:I,s:s,s:o,s:f,s:I,s:o,s:o,s:o,s:o}", "revision",
			 (json_int_t)p->rev->number, "generation",
			 (json_int_t)p->model->generation, "result",
			 report_result(p->result), "reasons", reasons, "elapsed_ms",
			 elapsed_ms, "rules", (json_int_t)p->rule_count, "assertions",
			 assertions(p), "differences", differences(p), "matrix",
			 matrix(p), "foreign", foreign);
	text = root != NULL ? json_dumps(root, JSON_COMPACT) : NULL;
	json_decref(root);
	return text;
}

static const char *verdict_name(enum eval_verdict v)
{
	switch (v) {
	case EVAL_ACCEPT:
		return "accept";
	case EVAL_DROP:
		return "drop";
	case EVAL_REWRITE:
	case EVAL_UNKNOWN:
		break;
	}
	return "unknown";
}

char *report_explanation(const struct explanation *x)
{
	const struct eval *e = x->eval;
	json_t *path = json_array(), *root;
	const char *flow = NULL;
	size_t decides = e->path_count != 0 ? e->path_count - 1 : 0;
	char *text;

	for (size_t i = 0; i < e->path_count; i++) {
		const struct eval_place *at = &e->path[i];
		const struct chain *c = &x->model->chain[at->chain];

		/* one that sent the packet on and got it back did not decide */
		if (e->verdict != EVAL_ACCEPT)
			flow = NULL;
		if (at->rule < c->rule_count && report_flow(&c->rule[at->rule]) != NULL) {
			flow = report_flow(&c->rule[at->rule]);
			if (e->verdict == EVAL_ACCEPT) /* the guard's comes behind it */
				decides = i;
		}
		(void)json_array_append_new(path,
					    rule_json(x->model, at->chain, at->rule));
	}
	root = json_pack("{s:s,s:I,s:s,s:s,s:o,s:o,s:o,s:o,s:o}", "verdict",
			 verdict_name(e->verdict), "revision",
			 (json_int_t)(x->rev != NULL ? x->rev->number : 0), "from",
			 x->from, "to", x->to, "flow", text_or_null(flow), "reason",
			 text_or_null(x->reason), "rule",
			 e->path_count != 0 ? rule_json(x->model, e->path[decides].chain,
							e->path[decides].rule)
					    : json_null(),
			 "path", path, "packet", packet_json(x->names, x->packet));
	text = root != NULL ? json_dumps(root, JSON_COMPACT) : NULL;
	json_decref(root);
	return text;
}
