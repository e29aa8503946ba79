/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bridge table as nft text: what fw/apply/bridge.c puts in. */
#include <string.h>

#include "fw/compile/ruleset.h"
#include "lib/addr.h"

#define JOIN "\n\t\telements = {\n\t\t\t"

static void print_key(const struct fw_permit *p, FILE *out)
{
	char mac[MAC_TEXT_MAX];
	struct mac m;

	(void)fprintf(out, "\"%s\"", p->iifname);
	if (p->kind != FW_PERMIT_PORT)
		return;
	memcpy(m.b, p->mac, sizeof(m.b));
	mac_format(m, mac);
	(void)fprintf(out, " . %s", mac);
}

static void print_elements(const struct ruleset *rs, enum fw_permit_kind kind,
			   int64_t now, FILE *out)
{
	const char *join = JOIN;

	for (size_t i = 0; i < rs->permit_count; i++) {
		const struct fw_permit *p = &rs->permit[i];

		if (p->kind != kind || (p->until != 0 && p->until <= now))
			continue;
		(void)fputs(join, out);
		print_key(p, out);
		if (p->until != 0)
			(void)fprintf(out, " timeout %llds", (long long)(p->until - now));
		if (kind == FW_PERMIT_PORT)
			(void)fprintf(out, " : 0x%08x", p->mark);
		join = ",\n\t\t\t";
	}
	(void)fprintf(out, "%s\n\t}\n\n", join[0] == ',' ? "\n\t\t}" : "");
}

static void print_free(const struct ruleset *rs, FILE *out)
{
	const char *join = JOIN;

	(void)fputs("\tset " FW_BRIDGE_SET_FREE " {\n\t\ttype ifname", out);
	for (size_t i = 0; i < rs->port_count; i++) {
		if (rs->port[i].free == 0)
			continue;
		(void)fprintf(out, "%s\"%s\"", join, rs->port[i].name);
		join = ",\n\t\t\t";
	}
	(void)fprintf(out, "%s\n\t}\n\n", join[0] == ',' ? "\n\t\t}" : "");
}

static void print_quarantine(const struct ruleset *rs, FILE *out)
{
	const char *join = JOIN;

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

#define GROUP "ether daddr & 01:00:00:00:00:00 == 01:00:00:00:00:00 "

static const char chains[] =
	"\tchain check {\n"
	"\t\tmeta mark set 0x00000000\n"
	"\t\tether saddr @" FW_SET_QUARANTINE
	" counter log prefix \"" FW_BRIDGE_LOG_QUARANTINE "\" group 1 drop\n"
	"\t\tiifname @" FW_BRIDGE_SET_FREE " meta mark set 0x0f000000 accept\n"
	"\t\tmeta mark set iifname . ether saddr map @" FW_SET_PERMITS " accept\n"
	"\t}\n\n"
	"\tchain prerouting {\n"
	"\t\ttype filter hook prerouting priority dstnat; policy drop;\n"
	"\t\tjump check\n"
	"\t\tlog prefix \"" FW_BRIDGE_LOG_PREFIX "\" group 1\n"
	"\t\tcounter drop\n"
	"\t}\n\n"
	"\tchain input {\n"
	"\t\ttype filter hook input priority filter; policy drop;\n"
	"\t\tjump check\n"
	"\t\tcounter drop\n"
	"\t}\n\n"
	"\tchain forward {\n"
	"\t\ttype filter hook forward priority filter; policy drop;\n"
	"\t\tether daddr @" FW_SET_QUARANTINE " counter drop\n"
	"\t\tiifname @" FW_BRIDGE_SET_FREE " oifname @" FW_BRIDGE_SET_FREE
	" counter accept\n"
	"\t\tmeta mark & 0xff000000 != 0x01000000 counter drop\n"
	"\t\t" GROUP "oifname @" FW_BRIDGE_SET_NEIGHBOURS " counter accept\n"
	"\t\tmeta mark set oifname . ether daddr map @" FW_SET_PERMITS
	" meta mark & 0xff000000 == 0x01000000 counter accept\n"
	"\t\tcounter drop\n"
	"\t}\n\n"
	"\tchain output {\n"
	"\t\ttype filter hook output priority filter; policy drop;\n"
	"\t\tether daddr @" FW_SET_QUARANTINE " counter drop\n"
	"\t\toifname @" FW_BRIDGE_SET_FREE " counter accept\n"
	"\t\t" GROUP "oifname @" FW_BRIDGE_SET_LISTENING " counter accept\n"
	"\t\tmeta mark set oifname . ether daddr map @" FW_SET_PERMITS " counter accept\n"
	"\t\tcounter drop\n"
	"\t}\n";

void ruleset_print_bridge(const struct ruleset *rs, int64_t now, FILE *out)
{
	if (rs->port_count == 0)
		return;
	(void)fputs("\ntable bridge " FW_TABLE " {\n\tmap " FW_SET_PERMITS
		    " {\n\t\ttype ifname . ether_addr : mark\n\t\tflags timeout",
		    out);
	print_elements(rs, FW_PERMIT_PORT, now, out);
	(void)fputs("\tset " FW_BRIDGE_SET_NEIGHBOURS
		    " {\n\t\ttype ifname\n\t\tflags timeout",
		    out);
	print_elements(rs, FW_PERMIT_NEIGHBOURS, now, out);
	(void)fputs("\tset " FW_BRIDGE_SET_LISTENING
		    " {\n\t\ttype ifname\n\t\tflags timeout",
		    out);
	print_elements(rs, FW_PERMIT_LISTENING, now, out);
	print_free(rs, out);
	print_quarantine(rs, out);
	(void)fputs(chains, out);
	(void)fputs("}\n", out);
}
