/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/probe/inject.h"

#include <errno.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fw/probe/frame.h"
#include "lib/ipc.h"
#include "lib/str.h"

/* bpf_clone_redirect(skb, skb->ifindex, BPF_F_INGRESS), and what that returns */
static const struct bpf_insn program[] = {
	{ .code = BPF_LDX | BPF_MEM | BPF_W,
	  .dst_reg = BPF_REG_2,
	  .src_reg = BPF_REG_1,
	  .off = offsetof(struct __sk_buff, ifindex) },
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K,
	  .dst_reg = BPF_REG_3,
	  .imm = BPF_F_INGRESS },
	{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_clone_redirect },
	{ .code = BPF_JMP | BPF_EXIT },
};

static int64_t address_of(const void *p)
{
	return (int64_t)(intptr_t)p;
}

static int call(int command, union bpf_attr *attr)
{
	long r = syscall(SYS_bpf, command, attr, sizeof(*attr));

	return r == -1 ? -errno : (int)r;
}

int inject_open(int *ret_program)
{
	union bpf_attr attr;
	int r;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SCHED_CLS;
	attr.insn_cnt = ARRAY_LEN(program);
	attr.insns = (uint64_t)address_of(program);
	attr.license = (uint64_t)address_of("GPL");
	r = call(BPF_PROG_LOAD, &attr);
	if (r < 0)
		return r;
	*ret_program = r;
	return 0;
}

int inject_frame(int program_fd, uint32_t ifindex, const uint8_t *frame, size_t len)
{
	struct __sk_buff context = { .ifindex = ifindex };
	union bpf_attr attr;
	int r;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = (uint32_t)program_fd;
	attr.test.data_in = (uint64_t)address_of(frame);
	attr.test.data_size_in = (uint32_t)len;
	attr.test.ctx_in = (uint64_t)address_of(&context);
	attr.test.ctx_size_in = sizeof(context);
	attr.test.repeat = 1;
	r = call(BPF_PROG_TEST_RUN, &attr);
	return r < 0 ? r : (int32_t)attr.test.retval;
}

static int inject(int program_fd, const struct probe_order *o)
{
	uint8_t frame[FRAME_MAX];
	uint32_t ifindex;

	if (program_fd < 0)
		return program_fd;
	if (!frame_is_allowed(&o->probe))
		return -EPERM;
	ifindex = if_nametoindex(o->probe.iifname);
	if (ifindex == 0)
		return -ENODEV;
	return inject_frame(program_fd, ifindex, frame,
			    frame_make(&o->probe, o->word, frame));
}

void inject_serve(int channel, int program_fd)
{
	for (;;) {
		struct probe_done done = { 0 };
		struct probe_order order;
		uint16_t type = 0;
		size_t len = 0;
		int r = ipc_recv(channel, &type, &order, sizeof(order), &len);

		if (r == 0 && (type != PROBE_ORDER || len != sizeof(order)))
			r = -EBADMSG;
		if (r < 0)
			return;
		done.code = inject(program_fd, &order);
		if (ipc_send(channel, PROBE_DONE, &done, sizeof(done)) < 0)
			return;
	}
}
