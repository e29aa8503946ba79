/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/apply/intake.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fw/apply/check.h"
#include "lib/mem.h"
#include "lib/str.h"

static void refuse(struct intake *in, int code, uint32_t rule, const char *text)
{
	if (in->refused < 0)
		return;
	in->refused = code;
	in->why = (struct fw_result){ .code = code, .rule = rule };
	(void)str_copy(in->why.text, sizeof(in->why.text), text);
}

void intake_forget(struct intake *in)
{
	ruleset_free(in->next);
	in->next = NULL;
	change_clear(&in->change);
	in->changing = false;
}

static void on_begin(struct intake *in, const void *payload)
{
	struct ruleset *rs = calloc(1, sizeof(*rs));

	memcpy(&in->expect, payload, sizeof(in->expect));
	intake_forget(in);
	in->refused = 0;
	if (check_begin(&in->expect) < 0) {
		refuse(in, -EPERM, FW_NO_RULE, "the ruleset's sizes are not acceptable");
		free(rs);
		return;
	}
	if (rs != NULL) {
		rs->revision = in->expect.revision;
		rs->chain = calloc(in->expect.chain_count + 1, sizeof(*rs->chain));
		rs->rule = calloc(in->expect.rule_count + 1, sizeof(*rs->rule));
		rs->permit = calloc(in->expect.permit_count + 1, sizeof(*rs->permit));
		rs->port = calloc(in->expect.port_count + 1, sizeof(*rs->port));
		rs->quarantine =
			calloc(in->expect.card_count + 1, sizeof(*rs->quarantine));
	}
	if (rs == NULL || rs->chain == NULL || rs->rule == NULL || rs->permit == NULL ||
	    rs->port == NULL || rs->quarantine == NULL) {
		refuse(in, -ENOMEM, FW_NO_RULE, "out of memory");
		ruleset_free(rs);
		return;
	}
	in->next = rs;
}

static void on_chain(struct intake *in, const void *payload)
{
	struct ruleset *rs = in->next;
	struct fw_chain c;

	memcpy(&c, payload, sizeof(c));
	if (in->refused < 0)
		return;
	if (rs == NULL || rs->chain_count == in->expect.chain_count ||
	    check_chain(&c, FW_CHAIN_FIRST_FREE + (uint32_t)rs->chain_count) < 0)
		refuse(in, -EPERM, FW_NO_RULE, "a chain record is not acceptable");
	else
		rs->chain[rs->chain_count++] = c;
}

static void on_rule(struct intake *in, const void *payload)
{
	struct ruleset *rs = in->next;
	struct fw_rule rule;

	memcpy(&rule, payload, sizeof(rule));
	if (in->refused < 0)
		return;
	if (rs == NULL || rs->rule_count == in->expect.rule_count ||
	    check_rule(&rule, (uint32_t)rs->rule_count, in->expect.chain_count) < 0)
		refuse(in, -EPERM, rule.number, "a rule record is not acceptable");
	else
		rs->rule[rs->rule_count++] = rule;
}

static void on_permit(struct intake *in, const void *payload)
{
	struct ruleset *rs = in->next;
	struct fw_permit p;

	memcpy(&p, payload, sizeof(p));
	if (in->refused < 0)
		return;
	if (check_permit(&p) < 0)
		refuse(in, -EPERM, FW_NO_RULE, "a permit record is not acceptable");
	else if (in->changing && in->change.gone_count < in->announced.gone)
		in->change.gone[in->change.gone_count++] = p;
	else if (in->changing && in->change.come_count < in->announced.come)
		in->change.come[in->change.come_count++] = p;
	else if (!in->changing && rs != NULL &&
		 rs->permit_count < in->expect.permit_count)
		rs->permit[rs->permit_count++] = p;
	else
		refuse(in, -EPERM, FW_NO_RULE, "there are more permits than announced");
}

static void on_card(struct intake *in, const void *payload)
{
	struct ruleset *rs = in->next;
	struct fw_card c;

	memcpy(&c, payload, sizeof(c));
	if (in->refused < 0)
		return;
	if (check_card(&c) < 0)
		refuse(in, -EPERM, FW_NO_RULE, "a card record is not acceptable");
	else if (in->changing && in->change.isolated_count < in->announced.isolated)
		in->change.isolated[in->change.isolated_count++] = c;
	else if (in->changing && in->change.released_count < in->announced.released)
		in->change.released[in->change.released_count++] = c;
	else if (!in->changing && rs != NULL &&
		 rs->quarantine_count < in->expect.card_count)
		rs->quarantine[rs->quarantine_count++] = c;
	else
		refuse(in, -EPERM, FW_NO_RULE, "there are more cards than announced");
}

static void on_change(struct intake *in, const void *payload)
{
	memcpy(&in->announced, payload, sizeof(in->announced));
	intake_forget(in);
	in->refused = 0;
	if (check_change(&in->announced) < 0)
		refuse(in, -EPERM, FW_NO_RULE, "the change's sizes are not acceptable");
	else if (change_new(&in->change, &in->announced) < 0)
		refuse(in, -ENOMEM, FW_NO_RULE, "out of memory");
	in->changing = in->refused == 0;
}

static void on_port(struct intake *in, const void *payload)
{
	struct ruleset *rs = in->next;
	struct fw_port p;

	memcpy(&p, payload, sizeof(p));
	if (in->refused < 0)
		return;
	if (rs == NULL || rs->port_count == in->expect.port_count || check_port(&p) < 0)
		refuse(in, -EPERM, FW_NO_RULE, "a port record is not acceptable");
	else
		rs->port[rs->port_count++] = p;
}

static bool change_is_complete(const struct intake *in)
{
	return in->change.gone_count == in->announced.gone &&
	       in->change.come_count == in->announced.come &&
	       in->change.isolated_count == in->announced.isolated &&
	       in->change.released_count == in->announced.released;
}

static bool ruleset_is_complete(const struct intake *in)
{
	return in->next != NULL && in->next->chain_count == in->expect.chain_count &&
	       in->next->rule_count == in->expect.rule_count &&
	       in->next->permit_count == in->expect.permit_count &&
	       in->next->port_count == in->expect.port_count &&
	       in->next->quarantine_count == in->expect.card_count;
}

int intake_end(struct intake *in, struct fw_result *ret_why)
{
	if (in->changing && !change_is_complete(in))
		refuse(in, -EPERM, FW_NO_RULE, "the change is not complete");
	if (!in->changing && !ruleset_is_complete(in))
		refuse(in, -EPERM, FW_NO_RULE, "the ruleset is not complete");
	if (in->refused < 0)
		*ret_why = in->why;
	return in->refused;
}

static const struct {
	uint16_t type;
	bool alone; /* in its message */
	size_t size;
	void (*handler)(struct intake *in, const void *record);
} records[] = {
	{ FW_REQ_BEGIN, true, sizeof(struct fw_begin), on_begin },
	{ FW_REQ_CHAIN, false, sizeof(struct fw_chain), on_chain },
	{ FW_REQ_RULE, false, sizeof(struct fw_rule), on_rule },
	{ FW_REQ_PERMIT, false, sizeof(struct fw_permit), on_permit },
	{ FW_REQ_PORT, false, sizeof(struct fw_port), on_port },
	{ FW_REQ_CARD, false, sizeof(struct fw_card), on_card },
	{ FW_REQ_CHANGE, true, sizeof(struct fw_change), on_change },
};

bool intake_take(struct intake *in, uint16_t type, const void *payload, size_t len)
{
	const uint8_t *at = payload;
	size_t i = 0, size;

	while (i < ARRAY_LEN(records) && records[i].type != type)
		i++;
	if (i == ARRAY_LEN(records))
		return false;
	size = records[i].size;
	if (len == 0 || len % size != 0 || (records[i].alone && len != size))
		return false;
	for (; len != 0; len -= size, at += size)
		records[i].handler(in, at);
	return true;
}
