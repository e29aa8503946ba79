/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/flow_stamp.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"
#include "lib/str.h"

#define STAMP_BYTES ((FLOW_STAMP_MAX - 1) / 2)

/* A line for each network. */
static void put_nets(FILE *f, const char *what, const struct policy_prefixes *nets)
{
	char text[ADDR_TEXT_MAX];

	for (size_t i = 0; i < nets->count; i++) {
		prefix_format(nets->item[i], text);
		(void)fprintf(f, "%s %s\n", what, text);
	}
}

static void put_side(FILE *f, const struct policy *p, const char *what, size_t zone,
		     const size_t *group, size_t count)
{
	(void)fprintf(f, "%s zone %s\n", what, p->zone[zone].name);
	if (count == 0)
		put_nets(f, what, &p->zone[zone].networks);
	for (size_t i = 0; i < count; i++)
		put_nets(f, what, &p->group[group[i]].networks);
}

static void put_services(FILE *f, const struct policy *p, const struct policy_flow *flow)
{
	for (size_t i = 0; i < flow->service_count; i++) {
		const struct policy_service *s = &p->service[flow->service[i]];

		for (size_t k = 0; k < s->match_count; k++) {
			const struct policy_match *m = &s->match[k];

			(void)fprintf(f, "service %u %u-%u %u\n", m->proto, m->port_min,
				      m->port_max, m->icmp_type);
		}
	}
}

static void put_times(FILE *f, const struct policy *p, const struct policy_flow *flow)
{
	const struct allow_schedule *s;

	(void)fprintf(f, "days %" PRId64 " %" PRId64 "\n", flow->valid_from,
		      flow->valid_until);
	if (flow->schedule == POLICY_NONE)
		return;
	s = &p->schedule[flow->schedule].hours;
	(void)fprintf(f, "hours %" PRId32 "\n", s->offset_s);
	for (size_t i = 0; i < s->span_count; i++)
		(void)fprintf(f, "hours %u %u-%u\n", s->span[i].days, s->span[i].from,
			      s->span[i].to);
	for (size_t i = 0; i < s->holiday_count; i++)
		(void)fprintf(f, "holiday %" PRId32 "\n", s->holiday[i]);
}

static void put_flow(FILE *f, const struct policy *p, const struct policy_flow *flow)
{
	char text[ADDR_TEXT_MAX];

	put_side(f, p, "from", flow->from, flow->source, flow->source_count);
	put_side(f, p, "to", flow->to, flow->destination, flow->destination_count);
	put_services(f, p, flow);
	put_times(f, p, flow);
	(void)fprintf(f, "masquerade %d\n", flow->masquerade);
	for (size_t i = 0; i < flow->publish_count; i++) {
		addr_format(flow->publish[i], text);
		(void)fprintf(f, "publish %s\n", text);
	}
	(void)fprintf(f, "partner %s\nbasis %s\nowner %s\n", flow->partner, flow->basis,
		      flow->owner);
}

static int compare(const void *a, const void *b)
{
	const char *x, *y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return strcmp(x, y);
}

/* The lines of text, which is cut up, in an order of their own. */
static int hash_sorted(char *text, uint8_t ret[STAMP_BYTES])
{
	CLEANUP(free_p) const char **line = NULL;
	crypto_generichash_state state;
	size_t count = 0;

	for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
		count++;
	line = calloc(count + 1, sizeof(*line));
	if (line == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		line[i] = strsep(&text, "\n");
	qsort(line, count, sizeof(*line), compare);
	(void)crypto_generichash_init(&state, NULL, 0, STAMP_BYTES);
	for (size_t i = 0; i < count; i++)
		(void)crypto_generichash_update(&state, (const uint8_t *)line[i],
						strlen(line[i]) + 1);
	(void)crypto_generichash_final(&state, ret, STAMP_BYTES);
	return 0;
}

int flow_stamp(const struct policy *p, const struct policy_flow *flow,
	       char dst[FLOW_STAMP_MAX])
{
	CLEANUP(free_p) char *text = NULL;
	uint8_t bytes[STAMP_BYTES];
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	int r;

	if (f == NULL)
		return -ENOMEM;
	put_flow(f, p, flow);
	if (fclose(f) != 0)
		return -ENOMEM;
	r = hash_sorted(text, bytes);
	if (r == 0)
		str_hex(dst, bytes, sizeof(bytes));
	return r;
}
