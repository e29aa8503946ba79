/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/gated/link.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>

#include "lib/ipc.h"

#define DUMP_MESSAGE_MAX (64 * 1024) /* the kernel's are up to 32 KiB */

/* content: the type of the messages that fn gets; fn may be NULL */
static int take_result(int channel, enum fw_request content, link_flow_fn *fn, void *user,
		       struct fw_result *ret_result)
{
	for (;;) {
		_Alignas(max_align_t) uint8_t payload[IPC_PAYLOAD_MAX];
		uint16_t type = 0;
		size_t len = 0;

		if (ipc_recv(channel, &type, payload, sizeof(payload), &len) < 0)
			return -ECONNRESET;
		if (type == content && fn != NULL) {
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
	return take_result(channel, FW_ANS_FLOW, NULL, NULL, ret_result);
}

/* As many in a message as go into one. */
static int send_records(int channel, enum fw_request type, const void *items, size_t size,
			size_t count)
{
	const uint8_t *at = items;
	size_t room = IPC_PAYLOAD_MAX / size;

	while (count != 0) {
		size_t n = count < room ? count : room;

		if (ipc_send(channel, (uint16_t)type, at, n * size) < 0)
			return -ECONNRESET;
		at += n * size;
		count -= n;
	}
	return 0;
}

int link_commit(int channel, const struct ruleset *rs, uint32_t confirm_s,
		struct fw_result *ret_result)
{
	const struct fw_begin begin = {
		.revision = rs->revision,
		.chain_count = (uint32_t)rs->chain_count,
		.rule_count = (uint32_t)rs->rule_count,
		.permit_count = (uint32_t)rs->permit_count,
		.confirm_s = confirm_s,
		.port_count = (uint32_t)rs->port_count,
		.card_count = (uint32_t)rs->quarantine_count,
	};

	if (send_records(channel, FW_REQ_BEGIN, &begin, sizeof(begin), 1) < 0 ||
	    send_records(channel, FW_REQ_CHAIN, rs->chain, sizeof(*rs->chain),
			 rs->chain_count) < 0 ||
	    send_records(channel, FW_REQ_RULE, rs->rule, sizeof(*rs->rule),
			 rs->rule_count) < 0 ||
	    send_records(channel, FW_REQ_PERMIT, rs->permit, sizeof(*rs->permit),
			 rs->permit_count) < 0 ||
	    send_records(channel, FW_REQ_PORT, rs->port, sizeof(*rs->port),
			 rs->port_count) < 0 ||
	    send_records(channel, FW_REQ_CARD, rs->quarantine, sizeof(*rs->quarantine),
			 rs->quarantine_count) < 0)
		return -ECONNRESET;
	return ask(channel, FW_REQ_COMMIT, NULL, 0, ret_result);
}

int link_change(int channel, const struct change *c, struct fw_result *ret_result)
{
	const struct fw_change m = {
		.base = c->base,
		.revision = c->revision,
		.gone = (uint32_t)c->gone_count,
		.come = (uint32_t)c->come_count,
		.isolated = (uint32_t)c->isolated_count,
		.released = (uint32_t)c->released_count,
	};

	if (send_records(channel, FW_REQ_CHANGE, &m, sizeof(m), 1) < 0 ||
	    send_records(channel, FW_REQ_PERMIT, c->gone, sizeof(*c->gone),
			 c->gone_count) < 0 ||
	    send_records(channel, FW_REQ_PERMIT, c->come, sizeof(*c->come),
			 c->come_count) < 0 ||
	    send_records(channel, FW_REQ_CARD, c->isolated, sizeof(*c->isolated),
			 c->isolated_count) < 0 ||
	    send_records(channel, FW_REQ_CARD, c->released, sizeof(*c->released),
			 c->released_count) < 0)
		return -ECONNRESET;
	return ask(channel, FW_REQ_COMMIT, NULL, 0, ret_result);
}

int link_confirm(int channel, uint64_t revision)
{
	const struct fw_trial m = { .revision = revision };
	struct fw_result res;

	return ask(channel, FW_REQ_CONFIRM, &m, sizeof(m), &res);
}

int link_rollback(int channel, uint64_t revision, uint32_t *ret_cut)
{
	const struct fw_trial m = { .revision = revision };
	struct fw_result res;
	int r = ask(channel, FW_REQ_ROLLBACK, &m, sizeof(m), &res);

	if (r == 0)
		*ret_cut = res.cut;
	return r;
}

int link_recording(int channel, bool on)
{
	const struct fw_recording m = { .on = on };
	struct fw_result res;

	return ask(channel, FW_REQ_RECORDING, &m, sizeof(m), &res);
}

static void take_answer(const void *payload, size_t len, void *user)
{
	struct probe_answer *a = user;

	if (len == sizeof(*a))
		memcpy(a, payload, len);
}

int link_probe(int channel, const struct probe *list, uint32_t count, uint32_t word,
	       struct probe_answer *ret_answer)
{
	const struct probe_run order = { .count = count, .word = word };
	struct fw_result res;

	for (uint32_t i = 0; i < count; i++) {
		if (ipc_send(channel, FW_REQ_PROBE, &list[i], sizeof(list[i])) < 0)
			return -ECONNRESET;
	}
	if (ipc_send(channel, FW_REQ_PROBE_RUN, &order, sizeof(order)) < 0)
		return -ECONNRESET;
	return take_result(channel, FW_ANS_PROBE, take_answer, ret_answer, &res);
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
	return take_result(channel, FW_ANS_FLOW, fn, user, &res);
}

struct run { /* messages that come in parts */
	link_dump_fn *fn;
	void *user;
	int refused; /* sticky: fn's */
	size_t len;
	_Alignas(struct nlmsghdr) uint8_t buf[DUMP_MESSAGE_MAX];
};

/* Hand on the messages that are complete. */
static int hand_on(struct run *run)
{
	size_t at = 0;

	while (run->len - at >= sizeof(struct nlmsghdr)) {
		struct nlmsghdr head;
		size_t room;

		memcpy(&head, run->buf + at, sizeof(head));
		room = NLMSG_ALIGN((size_t)head.nlmsg_len);
		if (head.nlmsg_len < sizeof(head) || room > sizeof(run->buf))
			return -EBADMSG;
		if (room > run->len - at)
			break;
		if (run->refused == 0)
			run->refused = run->fn(run->buf + at, head.nlmsg_len, run->user);
		at += room;
	}
	memmove(run->buf, run->buf + at, run->len - at);
	run->len -= at;
	return 0;
}

static void take_part(const void *part, size_t len, void *user)
{
	struct run *run = user;
	int r = len > sizeof(run->buf) - run->len ? -EBADMSG : 0;

	if (run->refused == 0 && r == 0) {
		memcpy(run->buf + run->len, part, len);
		run->len += len;
		r = hand_on(run);
	}
	if (run->refused == 0)
		run->refused = r;
}

int link_dump(int channel, link_dump_fn *fn, void *user)
{
	struct run run = { .fn = fn, .user = user };
	struct fw_result res;
	int r;

	if (ipc_send(channel, FW_REQ_DUMP, NULL, 0) < 0)
		return -ECONNRESET;
	r = take_result(channel, FW_ANS_DUMP, take_part, &run, &res);
	if (r == 0 && run.refused == 0 && run.len != 0)
		r = -EBADMSG;
	return r == 0 ? run.refused : r;
}
