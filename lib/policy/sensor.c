/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose answers and advertisements on our segments are in order, besides the gateway's. */
#include "lib/policy/sections.h"

static int read_dhcp(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_sensor *s = object;

	return reader_addrs(r, n, "dhcp_servers", "a server", POLICY_SENSOR_MAX, &s->dhcp,
			    &s->dhcp_count);
}

static int read_routers(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_sensor *s = object;

	return reader_addrs(r, n, "routers", "a server", POLICY_SENSOR_MAX, &s->router,
			    &s->router_count);
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
