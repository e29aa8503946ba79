/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/cli/packet.h"

#include <stdio.h>
#include <string.h>

#include "mgmt/cli/show.h"

#define END_MAX 80

static void end_text(const json_t *packet, const char *addr, const char *port,
		     char dst[END_MAX])
{
	const char *text = show_string(packet, addr);
	bool six = strchr(text, ':') != NULL;

	if (show_number(packet, port) == 0)
		(void)snprintf(dst, END_MAX, "%s", text);
	else
		(void)snprintf(dst, END_MAX, "%s%s%s:%lld", six ? "[" : "", text,
			       six ? "]" : "", show_number(packet, port));
}

void packet_text(const json_t *packet, char *dst, size_t size)
{
	const char *mac = show_string(packet, "mac"),
		   *state = show_string(packet, "state");
	const char *proto = show_string(packet, "proto");
	char from[END_MAX], to[END_MAX], type[16] = "";

	end_text(packet, "src", "sport", from);
	end_text(packet, "dst", "dport", to);
	if (strncmp(proto, "icmp", 4) == 0)
		(void)snprintf(type, sizeof(type), "/%lld",
			       show_number(packet, "icmp_type"));
	(void)snprintf(dst, size, "%s%s %s -> %s (%s -> %s%s%s%s%s)", proto, type, from,
		       to, show_string(packet, "iif"), show_string(packet, "oif"),
		       mac[0] != '\0' ? ", " : "", mac, state[0] != '\0' ? ", " : "",
		       state);
}

void packet_rule_text(const json_t *rule, char *dst, size_t size)
{
	const char *id = show_string(rule, "id");

	(void)snprintf(dst, size, "%s %lld%s%s%s: %s", show_string(rule, "chain"),
		       show_number(rule, "position"), id[0] != '\0' ? " (" : "", id,
		       id[0] != '\0' ? ")" : "", show_string(rule, "text"));
}
