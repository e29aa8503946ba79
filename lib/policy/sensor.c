/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose answers and advertisements on our segments are in order, besides the gateway's. */
#include <errno.h>
#include <stdlib.h>

#include "lib/policy/sections.h"

static int read_addrs(struct reader *r, const struct yaml_node *n, const char *what,
		      struct addr **list, size_t *count)
{
	if (!reader_is_list(r, n, what, POLICY_SENSOR_MAX))
		return 0;
	*list = calloc(n->count, sizeof(**list));
	if (*list == NULL)
		return -ENOMEM;
	for (const struct yaml_node *c = n->first; c != NULL; c = c->next) {
		if (reader_addr(r, c, "a server", *list, *count, &(*list)[*count]))
			(*count)++;
	}
	return 0;
}

static int read_dhcp(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_sensor *s = object;

	return read_addrs(r, n, "dhcp_servers", &s->dhcp, &s->dhcp_count);
}

static int read_routers(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_sensor *s = object;

	return read_addrs(r, n, "routers", &s->router, &s->router_count);
}

int sensor_read(struct reader *r, const struct yaml_node *n, void *object)
{
	static const struct reader_key keys[] = {
		{ "dhcp_servers", false, read_dhcp },
		{ "routers", false, read_routers },
	};

	(void)object;
	return reader_mapping(r, n, "sensor", keys, ARRAY_LEN(keys), &r->p->sensor);
}
