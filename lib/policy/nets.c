/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/policy/nets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/text.h"
#include "lib/str.h"

#define FIT_YES 1
#define FIT_NO  2

static void clear_host_bits(struct addr *a, uint64_t len)
{
	for (unsigned bit = (unsigned)len; bit < 128; bit++)
		a->bytes[bit / 8] &= (uint8_t) ~(0x80u >> (bit % 8));
}

/* "10.1.2.3/24" is a common slip: say which network it lies in. */
static bool report_host_bits(struct reader *r, const struct yaml_node *n)
{
	const char *slash = strchr(n->text, '/');
	char text[ADDR_TEXT_MAX];
	struct prefix p;
	uint64_t len;

	if (slash == NULL || (size_t)(slash - n->text) >= sizeof(text))
		return false;
	memcpy(text, n->text, (size_t)(slash - n->text));
	text[slash - n->text] = '\0';
	if (addr_parse(text, &p.addr) < 0 ||
	    str_to_uint(slash + 1, 0, p.addr.family == 4 ? 32 : 128, &len) < 0)
		return false;
	clear_host_bits(&p.addr, len);
	p.len = (uint8_t)len;
	prefix_format(p, text);
	diag_add(r->diags, n->at,
		 "'%s' has bits set behind its prefix length; the network is %s",
		 text_shown(n->text).s, text);
	return true;
}

static bool read_prefix(struct reader *r, const struct yaml_node *n,
			struct prefix *ret_prefix)
{
	struct prefix p;

	if (!reader_is_text(r, n, "a network"))
		return false;
	if (prefix_parse(n->text, &p) == 0) {
		/* packets of IPv4 never match it, whatever a reader thinks */
		if (addr_unmap(p.addr).family != p.addr.family) {
			diag_add(r->diags, n->at,
				 "'%s' is IPv4 written as IPv6 (IPv4-mapped); write it "
				 "as IPv4",
				 text_shown(n->text).s);
			return false;
		}
		*ret_prefix = p;
		return true;
	}
	if (!report_host_bits(r, n))
		diag_add(r->diags, n->at,
			 "'%s' is not a network; accepted: an IPv4 or IPv6 address, or "
			 "address/length",
			 text_shown(n->text).s);
	return false;
}

static int note(struct reader *r, struct prefix p, struct place at, size_t owner)
{
	if (r->net_count == r->net_room) {
		size_t room = r->net_room == 0 ? 64 : r->net_room * 2;
		struct reader_net *net = realloc(r->net, room * sizeof(*net));

		if (net == NULL)
			return -ENOMEM;
		r->net = net;
		r->net_room = room;
	}
	r->net[r->net_count++] =
		(struct reader_net){ .prefix = p, .at = at, .owner = owner };
	return 0;
}

int nets_read(struct reader *r, const struct yaml_node *n, const char *what, size_t owner,
	      struct policy_prefixes *nets, bool *ret_known)
{
	bool known = true;

	if (!reader_is_list(r, n, what, POLICY_PREFIXES_MAX)) {
		*ret_known = false;
		return 0;
	}
	nets->item = calloc(n->count, sizeof(*nets->item));
	if (nets->item == NULL)
		return -ENOMEM;
	for (const struct yaml_node *c = n->first; c != NULL; c = c->next) {
		struct prefix p;

		if (!read_prefix(r, c, &p)) {
			known = false;
			continue;
		}
		if (note(r, p, c->at, owner) < 0)
			return -ENOMEM;
		nets->item[nets->count++] = p;
	}
	*ret_known = known;
	return 0;
}

static int compare_places(struct place a, struct place b)
{
	if (a.line != b.line)
		return a.line < b.line ? -1 : 1;
	return a.column < b.column ? -1 : a.column > b.column;
}

/* By family, address, and the wider network first. */
static int compare_nets(const void *pa, const void *pb)
{
	const struct reader_net *a = pa, *b = pb;
	int r = (int)a->prefix.addr.family - (int)b->prefix.addr.family;

	if (r == 0)
		r = memcmp(a->prefix.addr.bytes, b->prefix.addr.bytes, 16);
	if (r == 0)
		r = (int)a->prefix.len - (int)b->prefix.len;
	return r != 0 ? r : compare_places(a->at, b->at);
}

static void report_overlap(struct reader *r, const struct reader_net *a,
			   const struct reader_net *b)
{
	const struct reader_net *first = compare_places(a->at, b->at) <= 0 ? a : b;
	const struct reader_net *later = first == a ? b : a;
	char text[ADDR_TEXT_MAX], other[ADDR_TEXT_MAX];

	prefix_format(later->prefix, text);
	prefix_format(first->prefix, other);
	if (later->owner == first->owner)
		diag_add(r->diags, later->at,
			 "network %s overlaps %s of the same list (line %u)", text, other,
			 first->at.line);
	else
		diag_add(r->diags, later->at,
			 "network %s of zone '%s' overlaps %s of zone '%s' (line %u)",
			 text, r->p->zone[later->owner].name, other,
			 r->p->zone[first->owner].name, first->at.line);
}

/*
 * Networks nest or are apart. In sorted order whatever overlaps anything lies in
 * the last network that lay in no other.
 */
void nets_check_overlap(struct reader *r)
{
	const struct reader_net *cover = r->net;

	if (r->net_count > 1)
		qsort(r->net, r->net_count, sizeof(*r->net), compare_nets);
	for (size_t i = 1; i < r->net_count; i++) {
		if (prefix_overlaps(cover->prefix, r->net[i].prefix))
			report_overlap(r, cover, &r->net[i]);
		else
			cover = &r->net[i];
	}
	r->net_count = 0;
}

static bool lies_in(struct prefix p, const struct policy_prefixes *nets)
{
	for (size_t i = 0; i < nets->count; i++) {
		if (nets->item[i].len <= p.len && prefix_overlaps(nets->item[i], p))
			return true;
	}
	return false;
}

bool nets_fit(struct reader *r, size_t group, size_t zone)
{
	uint8_t *fit = &r->fit[group * POLICY_ZONES_MAX + zone];
	const struct policy_prefixes *nets = &r->p->group[group].networks;

	if (*fit == 0) {
		*fit = FIT_YES;
		for (size_t i = 0; i < nets->count && *fit == FIT_YES; i++) {
			if (!lies_in(nets->item[i], &r->p->zone[zone].networks))
				*fit = FIT_NO;
		}
	}
	return *fit == FIT_YES;
}
