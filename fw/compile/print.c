/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/compile/ruleset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/addr.h"
#include "lib/mem.h"

static void print_timeout(int64_t until, int64_t now, FILE *out)
{
	if (until != 0)
		(void)fprintf(out, " timeout %llds", (long long)(until - now));
}

/* A map from cards of permits to marks. */
struct map {
	const char *name;
	const char *type;
	uint8_t family; /* of the permits that belong in it */
	bool address; /* is part of the key */
	bool peer; /* and a card is not */
};

static const struct map maps[] = {
	{ FW_SET_PERMITS, "ifname . ether_addr", 0, false, false },
	{ FW_SET_PERMITS4, "ifname . ether_addr . ipv4_addr", 4, true, false },
	{ FW_SET_PERMITS6, "ifname . ether_addr . ipv6_addr", 6, true, false },
	{ FW_SET_BOUND6, "ifname . ether_addr", 6, false, false },
	{ FW_SET_PEERS4, "ifname . ipv4_addr", 4, true, true },
	{ FW_SET_PEERS6, "ifname . ipv6_addr", 6, true, true },
};

static void print_key(const struct fw_permit *p, bool address, FILE *out)
{
	struct addr a = { .family = p->family };
	char text[ADDR_TEXT_MAX];
	struct mac m;

	memcpy(m.b, p->mac, sizeof(m.b));
	mac_format(m, text);
	(void)fprintf(out, "\"%s\"", p->iifname);
	if (p->kind != FW_PERMIT_PEER)
		(void)fprintf(out, " . %s", text);
	if (!address)
		return;
	memcpy(a.bytes, p->address, sizeof(a.bytes));
	addr_format(a, text);
	(void)fprintf(out, " . %s", text);
}

static void print_map(const struct ruleset *rs, const struct map *map, int64_t now,
		      FILE *out)
{
	const char *join = "\n\t\telements = {\n\t\t\t";

	(void)fprintf(out, "\tmap %s {\n\t\ttype %s : mark\n\t\tflags timeout", map->name,
		      map->type);
	for (size_t i = 0; i < rs->permit_count; i++) {
		const struct fw_permit *p = &rs->permit[i];

		if (!fw_permit_is_inet(p) || p->family != map->family ||
		    (p->kind == FW_PERMIT_PEER) != map->peer ||
		    (p->until != 0 && p->until <= now))
			continue;
		(void)fputs(join, out);
		print_key(p, map->address, out);
		print_timeout(p->until, now, out);
		(void)fprintf(out, " : 0x%08x", p->mark);
		join = ",\n\t\t\t";
	}
	(void)fprintf(out, "%s\n\t}\n\n", join[0] == ',' ? "\n\t\t}" : "");
}

static void print_quarantine(const struct ruleset *rs, FILE *out)
{
	const char *join = "\n\t\telements = {\n\t\t\t";

	(void)fputs("\tset " FW_SET_QUARANTINE " {\n\t\ttype ether_addr", out);
	for (size_t i = 0; i < rs->quarantine_count; i++) {
		char text[MAC_TEXT_MAX];
		struct mac m;

		memcpy(m.b, rs->quarantine[i].mac, sizeof(m.b));
		mac_format(m, text);
		(void)fprintf(out, "%s%s", join, text);
		join = ",\n\t\t\t";
	}
	(void)fprintf(out, "%s\n\t}\n\n", join[0] == ',' ? "\n\t\t}" : "");
}

static void print_live(const struct ruleset *rs, int64_t now, FILE *out)
{
	uint32_t last = 0; /* a permit's cards have one element */

	(void)fprintf(out,
		      "\tset " FW_SET_LIVE " {\n\t\ttype mark\n\t\tflags timeout\n"
		      "\t\telements = {\n\t\t\t0x%08x,\n\t\t\t0x%08x,\n\t\t\t0x%08x",
		      FW_MARK_GATEWAY, FW_MARK_PROXY, FW_MARK_ZONE);
	for (size_t i = 0; i < rs->permit_count; i++) {
		if (!fw_permit_is_inet(&rs->permit[i]) || rs->permit[i].mark == last ||
		    (rs->permit[i].until != 0 && rs->permit[i].until <= now))
			continue;
		last = rs->permit[i].mark;
		(void)fprintf(out, ",\n\t\t\t0x%08x", last);
		print_timeout(rs->permit[i].until, now, out);
	}
	(void)fputs("\n\t\t}\n\t}\n\n", out);
}

/* The marks of those permits that name a flow, one set each. */
static void print_flow_sets(const struct ruleset *rs, int64_t now, FILE *out)
{
	bool has[POLICY_FLOWS_MAX];

	ruleset_flow_sets(rs, has);
	for (size_t f = 0; f < POLICY_FLOWS_MAX; f++) {
		const char *join = "\t\telements = {\n\t\t\t";

		if (!has[f])
			continue;
		(void)fprintf(out,
			      "\n\tset " FW_SET_LIMITED
			      "%zu {\n\t\ttype mark\n\t\tflags timeout\n",
			      f);
		for (size_t i = 0; i < rs->permit_count; i++) {
			const struct fw_permit *p = &rs->permit[i];

			if (p->kind != FW_PERMIT_FLOW || p->flow != f ||
			    (p->until != 0 && p->until <= now))
				continue;
			(void)fprintf(out, "%s0x%08x", join, p->mark);
			print_timeout(p->until, now, out);
			join = ",\n\t\t\t";
		}
		(void)fprintf(out, "%s\t}\n", join[0] == ',' ? "\n\t\t}\n" : "");
	}
}

static void print_sets(const struct ruleset *rs, int64_t now, FILE *out)
{
	for (size_t i = 0; i < ARRAY_LEN(maps); i++)
		print_map(rs, &maps[i], now, out);
	print_quarantine(rs, out);
	print_live(rs, now, out);
	(void)fputs("\tset " FW_SET_RECORDING
		    " {\n\t\ttype nf_proto\n\t\tflags timeout\n\t}\n",
		    out);
	print_flow_sets(rs, now, out);
}

static void print_counters(const struct ruleset *rs, FILE *out)
{
	const struct fw_rule *r;
	size_t at = 0;

	while ((r = ruleset_next_counter(rs, &at)) != NULL) {
		char name[FW_COUNTER_NAME_MAX];

		ruleset_counter_name(r, name);
		(void)fprintf(out, "\n\tcounter %s {\n\t\tpackets 0 bytes 0\n\t}\n",
			      name);
	}
}

static void print_meter_sets(const struct ruleset *rs, FILE *out)
{
	for (size_t i = 0; i < rs->rule_count; i++) {
		const struct fw_rule *r = &rs->rule[i];
		char name[FW_METER_NAME_MAX];

		if (r->meter == FW_METER_NONE)
			continue;
		ruleset_meter_name(r, name);
		(void)fprintf(out,
			      "\n\tset %s {\n\t\ttype %s\n\t\tsize %u\n"
			      "\t\tflags dynamic%s\n",
			      name, r->family == 4 ? "ipv4_addr" : "ipv6_addr",
			      FW_METER_SIZE, r->meter == FW_METER_RATE ? ",timeout" : "");
		if (r->meter == FW_METER_RATE)
			(void)fprintf(out, "\t\ttimeout %us\n", FW_METER_TIMEOUT_S);
		(void)fputs("\t}\n", out);
	}
}

/* The rules' indices chain by chain, in order; first[id] is where a chain begins. */
struct by_chain {
	size_t *rule;
	size_t *first; /* one more than there are chains */
};

static void index_rules(const struct ruleset *rs, size_t chains, struct by_chain *by)
{
	for (size_t i = 0; i < rs->rule_count; i++)
		by->first[rs->rule[i].chain + 1]++;
	for (size_t id = 0; id < chains; id++)
		by->first[id + 1] += by->first[id];
	/* places are taken from each chain's beginning, which so moves to its end */
	for (size_t i = 0; i < rs->rule_count; i++)
		by->rule[by->first[rs->rule[i].chain]++] = i;
	memmove(by->first + 1, by->first, chains * sizeof(*by->first));
	by->first[0] = 0;
}

static void print_chain(const struct ruleset *rs, uint32_t id, const struct by_chain *by,
			FILE *out)
{
	const char *name = ruleset_chain_name(rs, id);
	bool nat = id == FW_CHAIN_PREROUTING || id == FW_CHAIN_POSTROUTING;

	if (nat && by->first[id] == by->first[id + 1])
		return;
	(void)fprintf(out, "\n\tchain %s {\n", name);
	if (nat)
		(void)fprintf(out, "\t\ttype nat hook %s priority %s; policy accept;\n",
			      name, id == FW_CHAIN_PREROUTING ? "dstnat" : "srcnat");
	else if (id < FW_CHAIN_FIRST_FREE)
		(void)fprintf(out,
			      "\t\ttype filter hook %s priority filter; policy drop;\n",
			      name);
	for (size_t i = by->first[id]; i < by->first[id + 1]; i++) {
		(void)fputs("\t\t", out);
		ruleset_print_rule(rs, &rs->rule[by->rule[i]], out);
		(void)fputc('\n', out);
	}
	(void)fputs("\t}\n", out);
}

int ruleset_print(const struct ruleset *rs, int64_t now, FILE *out)
{
	size_t chains = FW_CHAIN_FIRST_FREE + rs->chain_count;
	CLEANUP(free_p) size_t *rule = calloc(rs->rule_count + 1, sizeof(*rule));
	CLEANUP(free_p) size_t *first = calloc(chains + 1, sizeof(*first));
	struct by_chain by = { .rule = rule, .first = first };

	if (rule == NULL || first == NULL)
		return -ENOMEM;
	index_rules(rs, chains, &by);
	(void)fprintf(out, "# revision %llu\ntable inet " FW_TABLE " {\n",
		      (unsigned long long)rs->revision);
	print_sets(rs, now, out);
	print_meter_sets(rs, out);
	print_counters(rs, out);
	for (uint32_t id = 0; id < chains; id++)
		print_chain(rs, id, &by, out);
	(void)fputs("}\n", out);
	ruleset_print_bridge(rs, now, out);
	return 0;
}
