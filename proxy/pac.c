/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/pac.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"
#include "lib/str.h"

struct nets {
	struct prefix item[PAC_NETS_MAX];
	size_t count;
	bool flows; /* some are behind flows */
};

static void add_nets(struct nets *n, const struct policy_prefixes *list)
{
	for (size_t i = 0; i < list->count && n->count < PAC_NETS_MAX; i++) {
		const struct prefix *p = &list->item[i];
		bool known = false;

		for (size_t k = 0; k < n->count && !known; k++)
			known = n->item[k].len == p->len &&
				addr_equal(n->item[k].addr, p->addr);
		if (!known)
			n->item[n->count++] = *p;
	}
}

static bool has_tcp(const struct policy *p, const struct policy_flow *f)
{
	for (size_t i = 0; i < f->service_count; i++) {
		const struct policy_service *s = &p->service[f->service[i]];

		for (size_t k = 0; k < s->match_count; k++) {
			if (s->match[k].proto == IPPROTO_TCP)
				return true;
		}
	}
	return false;
}

/* A flow to all of the internet makes nothing DIRECT; one to some of it does. */
static void add_flow(struct nets *n, const struct policy *p, const struct policy_flow *f)
{
	for (size_t i = 0; i < f->destination_count; i++)
		add_nets(n, &p->group[f->destination[i]].networks);
	if (f->destination_count == 0 && f->to != p->proxy.via)
		add_nets(n, &p->zone[f->to].networks);
	n->flows = n->flows || f->to != p->proxy.via;
}

static void collect(struct nets *n, const struct policy *p, size_t zone)
{
	add_nets(n, &p->zone[zone].networks);
	for (size_t i = 0; i < p->flow_count && n->count < PAC_NETS_MAX; i++) {
		if (p->flow[i].from == zone && has_tcp(p, &p->flow[i]))
			add_flow(n, p, &p->flow[i]);
	}
}

static struct addr mask_of(uint8_t len)
{
	struct addr a = { .family = 4 };

	for (uint8_t i = 0; i < len; i++)
		a.bytes[i / 8] = (uint8_t)(a.bytes[i / 8] | 0x80 >> (i % 8));
	return a;
}

static void write_net4(FILE *f, struct prefix p)
{
	char addr[ADDR_TEXT_MAX], mask[ADDR_TEXT_MAX];

	addr_format(p.addr, addr);
	addr_format(mask_of(p.len), mask);
	(void)fprintf(f, "\t[\"%s\", \"%s\"],\n", addr, mask);
}

static void write_net6(FILE *f, struct prefix p)
{
	char hex[33];

	str_hex(hex, p.addr.bytes, sizeof(p.addr.bytes));
	(void)fprintf(f, "\t[\"%s\", %u],\n", hex, p.len);
}

/* The last member spares the others the question whether a comma follows. */
static void write_nets(FILE *f, const struct nets *n)
{
	(void)fputs("var nets4 = [\n", f);
	for (size_t i = 0; i < n->count; i++) {
		if (n->item[i].addr.family == 4)
			write_net4(f, n->item[i]);
	}
	(void)fputs("\t[\"127.0.0.0\", \"255.0.0.0\"]\n];\nvar nets6 = [\n", f);
	for (size_t i = 0; i < n->count; i++) {
		if (n->item[i].addr.family == 6)
			write_net6(f, n->item[i]);
	}
	(void)fputs("\t[\"00000000000000000000000000000001\", 128]\n];\n", f);
}

/* ECMAScript 3: old engines read it too, and none of them has IPv6 functions in common. */
static const char functions[] =
	"function digits(text) {\n"
	"\tvar parts = text == \"\" ? [] : text.split(\":\"), all = \"\";\n"
	"\tfor (var i = 0; i < parts.length; i++) {\n"
	"\t\tif (!/^[0-9a-f]{1,4}$/.test(parts[i])) return null;\n"
	"\t\tall += (\"000\" + parts[i]).slice(-4);\n"
	"\t}\n"
	"\treturn all;\n"
	"}\n"
	"function spell(host) {\n"
	"\tvar halves = host.split(\"::\");\n"
	"\tvar head = digits(halves[0]);\n"
	"\tvar tail = halves.length == 2 ? digits(halves[1]) : \"\";\n"
	"\tif (halves.length > 2 || head == null || tail == null) return \"\";\n"
	"\tif (halves.length == 2)\n"
	"\t\twhile (head.length + tail.length < 32) head += \"0\";\n"
	"\treturn head.length + tail.length == 32 ? head + tail : \"\";\n"
	"}\n"
	"function ours6(host) {\n"
	"\tvar a = spell(host);\n"
	"\tfor (var i = 0; a != \"\" && i < nets6.length; i++) {\n"
	"\t\tvar net = nets6[i][0], whole = Math.floor(nets6[i][1] / 4);\n"
	"\t\tvar rest = 4 - nets6[i][1] % 4;\n"
	"\t\tif (a.substring(0, whole) == net.substring(0, whole) &&\n"
	"\t\t    (rest == 4 || parseInt(a.charAt(whole), 16) >> rest ==\n"
	"\t\t     parseInt(net.charAt(whole), 16) >> rest))\n"
	"\t\t\treturn true;\n"
	"\t}\n"
	"\treturn false;\n"
	"}\n"
	"function ours4(host) {\n"
	"\tfor (var i = 0; i < nets4.length; i++)\n"
	"\t\tif (isInNet(host, nets4[i][0], nets4[i][1])) return true;\n"
	"\treturn false;\n"
	"}\n"
	"function FindProxyForURL(url, host) {\n"
	"\thost = host.toLowerCase().replace(/^\\[|\\]$/g, \"\");\n"
	"\tif (host == \"sekisho.internal\") return proxy;\n"
	"\tif (host.indexOf(\":\") >= 0) return ours6(host) ? \"DIRECT\" : proxy;\n"
	"\tif (isPlainHostName(host)) return \"DIRECT\";\n"
	"\tif (!/^[0-9]{1,3}(\\.[0-9]{1,3}){3}$/.test(host)) {\n"
	"\t\tif (!lookup) return proxy;\n"
	"\t\thost = dnsResolve(host);\n"
	"\t\tif (!host) return proxy;\n"
	"\t}\n"
	"\treturn ours4(host) ? \"DIRECT\" : proxy;\n"
	"}\n";

static void write_body(FILE *f, const struct pac *p, const struct nets *n)
{
	char local[ADDR_TEXT_MAX];

	addr_format(p->local, local);
	(void)fprintf(f, "var proxy = \"PROXY %s%s%s:%u\";\nvar lookup = %s;\n",
		      p->local.family == 6 ? "[" : "", local,
		      p->local.family == 6 ? "]" : "", p->port,
		      n->flows ? "true" : "false");
	write_nets(f, n);
	(void)fputs(functions, f);
}

/* What write says, in memory of its own. */
static int body_of(const struct pac *p, char **ret_text, size_t *ret_len)
{
	CLEANUP(free_p) struct nets *n = calloc(1, sizeof(*n));
	CLEANUP(free_p) char *text = malloc(PAC_MAX);
	FILE *f;
	long len;

	if (n == NULL || text == NULL)
		return -ENOMEM;
	collect(n, p->policy, p->zone);
	f = fmemopen(text, PAC_MAX, "w");
	if (f == NULL)
		return -ENOMEM;
	write_body(f, p, n);
	len = ftell(f);
	if (fclose(f) != 0 || len <= 0 || len >= (long)PAC_MAX)
		return -ENOMEM;
	*ret_text = STEAL(text);
	*ret_len = (size_t)len;
	return 0;
}

int pac_write(const struct pac *p, char **ret_text, size_t *ret_len)
{
	CLEANUP(free_p) char *body = NULL;
	size_t body_len = 0;
	char *text = NULL;
	int n, r;

	if (p->zone >= p->policy->zone_count || p->local.family == 0 || p->port == 0)
		return -EINVAL;
	r = body_of(p, &body, &body_len);
	if (r < 0)
		return r;
	n = asprintf(&text,
		     "HTTP/1.1 200 OK\r\n"
		     "Content-Type: application/x-ns-proxy-autoconfig\r\n"
		     "Content-Length: %zu\r\nCache-Control: max-age=300\r\n"
		     "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n%s",
		     body_len, p->head_only ? "" : body);
	if (n < 0)
		return -ENOMEM;
	*ret_text = text;
	*ret_len = (size_t)n;
	return 0;
}
