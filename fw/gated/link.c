/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/gated/link.h"

#include <errno.h>
#include <string.h>

#include "lib/ipc.h"

static int take_result(int channel, link_flow_fn *fn, void *user,
		       struct fw_result *ret_result)
{
	for (;;) {
		_Alignas(max_align_t) uint8_t payload[IPC_PAYLOAD_MAX];
		uint16_t type = 0;
		size_t len = 0;

		if (ipc_recv(channel, &type, payload, sizeof(payload), &len) < 0)
			return -ECONNRESET;
		if (type == FW_ANS_FLOW && fn != NULL) {
			fn(payload, len, user);
			continue;
		}
		if (type != FW_ANS_RESULT || len != sizeof(*ret_result))
			return -ECONNRESET;
		memcpy(ret_result, payload, sizeof(*ret_result));
		ret_result->text[sizeof(ret_result->text) - 1] = '\0';
		return ret_result->code;
	}
}

static int ask(int channel, enum fw_request type, const void *payload, size_t len,
	       struct fw_result *ret_result)
{
	if (ipc_send(channel, (uint16_t)type, payload, len) < 0)
		return -ECONNRESET;
	return take_result(channel, NULL, NULL, ret_result);
}

static int send_records(int channel, enum fw_request type, const void *items, size_t size,
			size_t count)
{
	const uint8_t *at = items;

	for (size_t i = 0; i < count; i++) {
		if (ipc_send(channel, (uint16_t)type, at + i * size, size) < 0)
			return -ECONNRESET;
	}
	return 0;
}

int link_commit(int channel, const struct ruleset *rs, struct fw_result *ret_result)
{
	const struct fw_begin begin = {
		.revision = rs->revision,
		.chain_count = (uint32_t)rs->chain_count,
		.rule_count = (uint32_t)rs->rule_count,
		.permit_count = (uint32_t)rs->permit_count,
	};

	if (send_records(channel, FW_REQ_BEGIN, &begin, sizeof(begin), 1) < 0 ||
	    send_records(channel, FW_REQ_CHAIN, rs->chain, sizeof(*rs->chain),
			 rs->chain_count) < 0 ||
	    send_records(channel, FW_REQ_RULE, rs->rule, sizeof(*rs->rule),
			 rs->rule_count) < 0 ||
	    send_records(channel, FW_REQ_PERMIT, rs->permit, sizeof(*rs->permit),
			 rs->permit_count) < 0)
		return -ECONNRESET;
	return ask(channel, FW_REQ_COMMIT, NULL, 0, ret_result);
}

int link_recording(int channel, bool on)
{
	const struct fw_recording m = { .on = on };
	struct fw_result res;

	return ask(channel, FW_REQ_RECORDING, &m, sizeof(m), &res);
}

int link_cut_mark(int channel, uint32_t mark, uint32_t *ret_cut)
{
	const struct fw_cut_mark m = { .mark = mark };
	struct fw_result res;
	int r = ask(channel, FW_REQ_CUT_MARK, &m, sizeof(m), &res);

	if (r == 0)
		*ret_cut = res.cut;
	return r;
}

int link_cut_flow(int channel, const struct fw_cut_flow *flow, uint32_t *ret_cut)
{
	struct fw_result res;
	int r = ask(channel, FW_REQ_CUT_FLOW, flow, sizeof(*flow), &res);

	if (r == 0)
		*ret_cut = res.cut;
	return r;
}

int link_list(int channel, link_flow_fn *fn, void *user)
{
	struct fw_result res;

	if (ipc_send(channel, FW_REQ_LIST, NULL, 0) < 0)
		return -ECONNRESET;
	return take_result(channel, fn, user, &res);
}
