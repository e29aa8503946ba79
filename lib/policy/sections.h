/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sections - one reader for each section of the file (level 2)
 *
 * They run in the order of this list, because later ones refer to earlier ones.
 * All are reader_fn: object is unused, results go into r->p.
 */
#ifndef LIB_POLICY_SECTIONS_H
#define LIB_POLICY_SECTIONS_H

#include "lib/policy/reader.h"

reader_fn site_read;
reader_fn zones_read;
reader_fn groups_read;
reader_fn services_read;
reader_fn schedules_read;
reader_fn flows_read;
reader_fn flow_nat_read; /* of a flow: its key "nat" */
reader_fn flow_publish_read; /* likewise, after its services */
reader_fn proxy_read;
reader_fn proxy_limits_read; /* of the section proxy; the defaults stand there already */
reader_fn management_read;
reader_fn gateway_read;
reader_fn sensor_read;
reader_fn pins_read; /* judges flows, proxy and management */
reader_fn assertions_read;

#endif
