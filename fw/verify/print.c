/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/verify/print.h"

#include <netinet/in.h>
#include <linux/netfilter.h>
#include <string.h>

#include "fw/verify/source.h"
#include "lib/addr.h"
#include "lib/attr.h"

#define LISTED_MAX 8 /* more values than these are printed as a range */

struct context { /* what tells IPv4 from IPv6 */
	const struct model *m;
	FILE *out;
	uint64_t family;
};

static const char *const field_names[FIELD_COUNT] = {
	[FIELD_FAMILY] = "family",
	[FIELD_IIF] = "iif",
	[FIELD_OIF] = "oif",
	[FIELD_MAC] = "mac",
	[FIELD_SADDR] = "saddr",
	[FIELD_DADDR] = "daddr",
	[FIELD_PROTO] = "proto",
	[FIELD_SPORT] = "sport",
	[FIELD_DPORT] = "dport",
	[FIELD_ICMP_TYPE] = "icmp-type",
	[FIELD_ICMP_CODE] = "icmp-code",
	[FIELD_HOPLIMIT] = "hoplimit",
	[FIELD_LOCAL] = "local",
	[FIELD_RPF] = "way-back",
	[FIELD_CT_STATE] = "ct-state",
	[FIELD_CT_DIR] = "ct-direction",
	[FIELD_CT_MARK] = "ct-mark",
	[FIELD_MARK] = "mark",
	[FIELD_SKUID] = "skuid",
};

static const char *word(enum field f, uint64_t v)
{
	static const char *const states[] = { "new", "established", "related", "invalid",
					      "untracked" };

	if (f == FIELD_FAMILY)
		return v == 4 ? "ipv4" : "ipv6";
	if (f == FIELD_CT_STATE && v < ARRAY_LEN(states))
		return states[v];
	if (f == FIELD_CT_DIR)
		return v == 0 ? "original" : "reply";
	if (f == FIELD_LOCAL || f == FIELD_RPF)
		return v == 0 ? "no" : "yes";
	if (f != FIELD_PROTO)
		return NULL;
	return v == IPPROTO_TCP      ? "tcp"
	       : v == IPPROTO_UDP    ? "udp"
	       : v == IPPROTO_ICMP   ? "icmp"
	       : v == IPPROTO_ICMPV6 ? "icmpv6"
				     : NULL;
}

static bool is_address(enum field f)
{
	return f == FIELD_SADDR || f == FIELD_DADDR;
}

static struct addr addr_of(const struct context *x, struct num n)
{
	u128 v = num_value(n);
	struct addr a = { .family = x->family == 4 ? 4 : 6 };
	size_t len = a.family == 4 ? 4 : 16;

	for (size_t i = 0; i < len; i++)
		a.bytes[i] = (uint8_t)(v >> (8 * (len - 1 - i)));
	return a;
}

static void print_value(const struct context *x, enum field f, struct num n)
{
	const char *text = word(f, n.lo);
	char buf[ADDR_TEXT_MAX];
	struct mac mac;

	if (is_address(f)) {
		addr_format(addr_of(x, n), buf);
		text = buf;
	} else if (f == FIELD_MAC) {
		for (size_t i = 0; i < sizeof(mac.b); i++)
			mac.b[i] = (uint8_t)(n.lo >> (8 * (sizeof(mac.b) - 1 - i)));
		mac_format(mac, buf);
		text = n.lo >= MAC_NONE ? "none" : buf;
	}
	if (text != NULL)
		(void)fputs(text, x->out);
	else if (f == FIELD_MARK || f == FIELD_CT_MARK)
		(void)fprintf(x->out, "0x%08llx", (unsigned long long)n.lo);
	else if ((f == FIELD_IIF || f == FIELD_OIF) && n.lo < x->m->name_count)
		(void)fprintf(x->out, "%.*s", MODEL_NAME_MAX,
			      n.lo == NAME_NONE    ? "(none)"
			      : n.lo == NAME_OTHER ? "(other)"
						   : x->m->name[n.lo]);
	else
		(void)fprintf(x->out, "%llu", (unsigned long long)n.lo);
}

/* A range of addresses that is a network, as one. */
static bool print_network(const struct context *x, const struct range *r)
{
	u128 min = num_value(r->min), low = min ^ num_value(r->max);
	struct prefix p = { .addr = addr_of(x, r->min) };
	char text[ADDR_TEXT_MAX];
	unsigned len = p.addr.family == 4 ? 32 : 128;

	if ((low & (low + 1)) != 0 || (min & low) != 0)
		return false;
	for (; low != 0; low >>= 1)
		len--;
	p.len = (uint8_t)len;
	prefix_format(p, text);
	(void)fputs(text, x->out);
	return true;
}

static void print_range(const struct context *x, enum field f, const struct range *r)
{
	bool same = r->min.lo == r->max.lo && r->min.hi == r->max.hi;

	if (f == FIELD_MAC && r->min.lo == 0 && r->max.lo == MAC_NONE - 1) {
		(void)fputs("any", x->out);
		return;
	}
	if (!same && is_address(f) && print_network(x, r))
		return;
	if (!same && r->max.lo - r->min.lo < LISTED_MAX &&
	    (word(f, r->min.lo) != NULL || f == FIELD_IIF || f == FIELD_OIF)) {
		for (uint64_t v = r->min.lo; v <= r->max.lo; v++) {
			print_value(x, f, (struct num){ .lo = v });
			(void)fputs(v < r->max.lo ? "," : "", x->out);
		}
		return;
	}
	print_value(x, f, r->min);
	if (!same) {
		(void)fputc('-', x->out);
		print_value(x, f, r->max);
	}
}

static void print_match(struct context *x, const struct step *s)
{
	(void)fprintf(x->out, "%s ", field_names[s->field[0]]);
	for (size_t i = 0; i < s->range_count; i++) {
		(void)fputs(i > 0 ? "," : "", x->out);
		print_range(x, s->field[0], &s->range[i]);
	}
	if (s->range_count == 0)
		(void)fputs("nothing", x->out);
	else if (s->field[0] == FIELD_FAMILY && s->range_count == 1)
		x->family = s->range[0].min.lo;
}

static void print_key(const struct context *x, const struct step *s)
{
	for (size_t i = 0; i < s->field_count; i++)
		(void)fprintf(x->out, "%s%s", i > 0 ? " . " : "",
			      field_names[s->field[i]]);
}

static void print_verdict(const struct context *x, const struct step *s)
{
	static const char *const verdicts[] = {
		[VERDICT_ACCEPT] = "accept", [VERDICT_DROP] = "drop",
		[VERDICT_JUMP] = "jump",     [VERDICT_GOTO] = "goto",
		[VERDICT_RETURN] = "return",
	};

	(void)fputs(verdicts[s->verdict], x->out);
	if (s->verdict == VERDICT_JUMP || s->verdict == VERDICT_GOTO)
		(void)fprintf(x->out, " %s", x->m->chain[s->chain].name);
}

static void print_step(struct context *x, const struct step *s)
{
	switch (s->kind) {
	case STEP_MATCH:
		print_match(x, s);
		break;
	case STEP_LOOKUP:
		print_key(x, s);
		(void)fprintf(x->out, " %s@%s", s->negated ? "!= " : "",
			      x->m->set[s->set].name);
		break;
	case STEP_SET:
		(void)fprintf(x->out, "%s set 0x%08x", field_names[s->field[0]],
			      s->value);
		break;
	case STEP_COPY:
		(void)fprintf(x->out, "%s set %s", field_names[s->field[0]],
			      s->field[0] == FIELD_MARK ? "ct-mark" : "mark");
		break;
	case STEP_MAP:
		(void)fputs("mark set ", x->out);
		print_key(x, s);
		(void)fprintf(x->out, " map @%s", x->m->set[s->set].name);
		break;
	case STEP_MAYBE:
		(void)fprintf(x->out, "maybe (%s)", s->what);
		break;
	case STEP_REWRITE:
		(void)fputs(s->what, x->out);
		if (s->value != 0)
			(void)fprintf(x->out, " to :%u", s->value);
		break;
	case STEP_UNKNOWN:
		(void)fprintf(x->out, "unknown (%s)", s->what);
		break;
	case STEP_VERDICT:
		print_verdict(x, s);
		break;
	}
}

void model_print_rule(const struct model *m, const struct chain *c, const struct rule *r,
		      FILE *out)
{
	struct context x = { .m = m, .out = out };

	x.family = c->family == NFPROTO_IPV4 ? 4 : c->family == NFPROTO_IPV6 ? 6 : 0;
	for (size_t i = 0; i < r->step_count; i++) {
		(void)fputs(i > 0 ? " " : "", out);
		print_step(&x, &r->step[i]);
	}
}

static const char *family_name(uint8_t family)
{
	switch (family) {
	case NFPROTO_INET:
		return "inet";
	case NFPROTO_IPV4:
		return "ip";
	case NFPROTO_IPV6:
		return "ip6";
	case NFPROTO_BRIDGE:
		return "bridge";
	case NFPROTO_ARP:
		return "arp";
	case NFPROTO_NETDEV:
		return "netdev";
	default:
		return "?";
	}
}

static void print_chain(const struct model *m, const struct chain *c, FILE *out)
{
	(void)fprintf(out, "chain %s %s %s", family_name(c->family), c->table, c->name);
	if (c->hook != HOOK_NONE)
		(void)fprintf(out, " %s hook %u priority %d policy %s", c->type, c->hook,
			      c->priority, c->policy == VERDICT_DROP ? "drop" : "accept");
	(void)fputc('\n', out);
	for (size_t i = 0; i < c->rule_count; i++) {
		(void)fputc('\t', out);
		if (c->rule[i].id[0] != '\0')
			(void)fprintf(out, "[%s] ", c->rule[i].id);
		model_print_rule(m, c, &c->rule[i], out);
		(void)fputc('\n', out);
	}
}

/* Keys as numbers: which field they are of, the rules say. */
static void print_set(const struct set *s, FILE *out)
{
	(void)fprintf(out, "%s %s %s%s\n", s->map ? "map" : "set", s->table, s->name,
		      s->unknown ? " unknown" : "");
	for (size_t i = 0; i < s->element_count; i++) {
		const struct element *e = &s->element[i];

		for (size_t k = 0; k < s->field_count; k++) {
			const struct range *r = &e->key[k];

			(void)fprintf(out, "%s%llx:%llx", k > 0 ? " . " : "\t",
				      (unsigned long long)r->min.hi,
				      (unsigned long long)r->min.lo);
			if (num_value(r->max) != num_value(r->min))
				(void)fprintf(out, "-%llx:%llx",
					      (unsigned long long)r->max.hi,
					      (unsigned long long)r->max.lo);
		}
		if (s->map)
			(void)fprintf(out, " : 0x%08x", e->data);
		(void)fputs(e->timeout_ms != 0 ? " timeout\n" : "\n", out);
	}
}

void model_print(const struct model *m, FILE *out)
{
	for (size_t i = 0; i < m->chain_count; i++)
		print_chain(m, &m->chain[i], out);
	for (size_t i = 0; i < m->set_count; i++)
		print_set(&m->set[i], out);
}
