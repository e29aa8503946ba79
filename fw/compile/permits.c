/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/compile/parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct fw_permit element(const struct revision_permit *p,
				const struct revision_card *card,
				const struct policy_zone *z)
{
	bool peer = z->kind == POLICY_ZONE_VPN;
	struct fw_permit e = { .mark = revision_permit_mark(p),
			       .until = p->until,
			       .family = p->address.family,
			       .kind = peer                 ? FW_PERMIT_PEER
				       : z->port_count != 0 ? FW_PERMIT_PORT
							    : FW_PERMIT_ROUTED };

	builder_name(e.iifname, sizeof(e.iifname), card->interface);
	if (!peer)
		memcpy(e.mac, card->mac.b, sizeof(e.mac));
	memcpy(e.address, p->address.bytes, sizeof(e.address));
	return e;
}

/* Does the zone look at permits? At the ports of a bridge there is no mere detecting. */
static bool is_asked(const struct policy_zone *z)
{
	return z->admission == POLICY_ADMISSION_ENFORCE ||
	       (z->admission == POLICY_ADMISSION_DETECT && z->port_count == 0);
}

/* In a bridged zone permits are for ports; one for the bridge itself is for none. */
static bool is_placed(const struct policy_zone *z, const struct revision_card *card)
{
	return z->port_count == 0 || strcmp(card->interface, z->interface[0].name) != 0;
}

static int compile_quarantine(struct ruleset *rs, const struct revision *rev)
{
	rs->quarantine = calloc(rev->quarantine_count + 1, sizeof(*rs->quarantine));
	if (rs->quarantine == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < rev->quarantine_count; i++)
		memcpy(rs->quarantine[i].mac, rev->quarantine[i].b,
		       sizeof(rs->quarantine[i].mac));
	rs->quarantine_count = rev->quarantine_count;
	return 0;
}

static bool is_limited(const struct policy_zone *z, const struct revision_permit *p)
{
	return p->limited && z->admission == POLICY_ADMISSION_ENFORCE;
}

void compile_note_limited(struct builder *b, const struct revision *rev)
{
	for (size_t i = 0; i < rev->permit_count; i++) {
		const struct revision_permit *p = &rev->permit[i];

		for (size_t k = 0; k < p->flow_count; k++) {
			if (is_limited(&rev->policy->zone[p->zone], p))
				b->limited[p->flow[k]] = true;
		}
	}
}

static void add_flows(struct ruleset *rs, const struct policy_zone *z,
		      const struct revision_permit *p)
{
	for (size_t i = 0; is_limited(z, p) && i < p->flow_count; i++)
		rs->permit[rs->permit_count++] =
			(struct fw_permit){ .kind = FW_PERMIT_FLOW,
					    .flow = p->flow[i],
					    .mark = revision_permit_mark(p),
					    .until = p->until };
}

static void add_permit(struct ruleset *rs, const struct policy_zone *z,
		       const struct revision_permit *p, int64_t now)
{
	if (!is_asked(z))
		return;
	if (p->from > now && p->from < rs->next_permit)
		rs->next_permit = p->from;
	for (size_t c = 0; c < p->card_count && revision_permit_holds(p, now); c++) {
		if (is_placed(z, &p->card[c]))
			rs->permit[rs->permit_count++] = element(p, &p->card[c], z);
	}
	if (revision_permit_holds(p, now))
		add_flows(rs, z, p);
}

int ruleset_compile_permits(struct ruleset *rs, const struct revision *rev, int64_t now)
{
	size_t room;

	if (rs->port == NULL && compile_ports(rs, rev->policy) < 0)
		return -ENOMEM;
	room = 2 * rs->port_count + 1;
	for (size_t i = 0; i < rev->permit_count; i++)
		room += rev->permit[i].card_count * (rs->port_count != 0 ? 2 : 1) +
			rev->permit[i].flow_count;
	if (room > FW_PERMITS_MAX)
		return -E2BIG;
	rs->permit = calloc(room, sizeof(*rs->permit));
	if (rs->permit == NULL)
		return -ENOMEM;
	rs->next_permit = INT64_MAX;
	for (size_t i = 0; i < rev->permit_count; i++)
		add_permit(rs, &rev->policy->zone[rev->permit[i].zone], &rev->permit[i],
			   now);
	compile_bridges(rs);
	return compile_quarantine(rs, rev);
}
