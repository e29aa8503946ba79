/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fw_probe POLICY OBJECTS: probes in this namespace, at the rules that it has now, for a
 * policy's text. As gated has it answered, but without any daemon. fw_load has put the
 * rules there.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fw/apply/probing.h"
#include "fw/probe/inject.h"
#include "fw/probe/outcome.h"
#include "fw/probe/machine.h"
#include "lib/fdio.h"
#include "lib/mono.h"
#include "tests/unit/fw/golden.h"

#define WORD 0x5eca0000u

static struct revision *read_files(const char *policy_path, const char *objects_path)
{
	char *policy = NULL, *objects = NULL;
	struct revision *rev = NULL;
	size_t len;

	if (fdio_read_file(policy_path, POLICY_FILE_MAX, &policy, &len) == 0 &&
	    fdio_read_file(objects_path, POLICY_FILE_MAX, &objects, &len) == 0)
		rev = golden_make(policy, objects);
	free(policy);
	free(objects);
	return rev;
}

/* The probe role; returns the other end of its channel. */
static int start_prober(void)
{
	int pair[2], program = -1, r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == -1)
		return -errno;
	if (fork() == 0) {
		(void)close(pair[0]);
		r = inject_open(&program);
		inject_serve(pair[1], r < 0 ? r : program);
		_exit(EXIT_SUCCESS);
	}
	(void)close(pair[1]);
	return pair[0];
}

static int send_plan(int prober, bool bridge, const struct plan *plan,
		     struct probe_answer *ret)
{
	struct probing probing = { .channel = prober, .bridge = bridge };
	struct nfnl nfnl = { 0 };
	struct probe_run order = { .word = WORD };
	int r = nfnl_open(&nfnl);

	for (size_t i = 0; i < plan->count; i++) {
		if (plan->item[i].why_not != NULL)
			continue;
		probing_take(&probing, &plan->item[i].probe);
		order.count++;
	}
	if (r == 0)
		r = probing_run(&probing, &nfnl, &order, ret);
	nfnl_close(&nfnl);
	return r;
}

static bool has_ports(const struct policy *p)
{
	for (size_t z = 0; z < p->zone_count; z++) {
		if (p->zone[z].port_count != 0)
			return true;
	}
	return false;
}

static int run(int prober, const struct revision *rev)
{
	struct probe_answer answer = { 0 };
	struct outcome outcome = { 0 };
	struct machine machine;
	struct plan plan = { 0 };
	uint8_t mark[PROBE_MAX] = { 0 };
	struct mono start = mono_now();
	uint32_t next = 0;
	int r = machine_read(&machine);

	if (r == 0)
		r = plan_make(rev, &machine.plan, &plan);
	if (r == 0)
		r = send_plan(prober, has_ports(rev->policy), &plan, &answer);
	for (size_t i = 0; r == 0 && i < plan.count; i++) {
		if (plan.item[i].why_not == NULL)
			mark[i] = answer.mark[next++];
	}
	if (r == 0)
		r = outcome_of(rev, &plan, mark, answer.refused,
			       (double)(mono_now().us - start.us) / 1000, &outcome);
	if (r == 0)
		(void)puts(outcome.text);
	free(outcome.text);
	plan_clear(&plan);
	machine_clear(&machine);
	return r;
}

int main(int argc, char **argv)
{
	int prober = start_prober();
	struct revision *rev = argc == 3 ? read_files(argv[1], argv[2]) : NULL;
	int r = rev != NULL ? run(prober, rev) : -EINVAL;

	if (r < 0)
		(void)fprintf(stderr, "fw_probe: %s\n", strerror(-r));
	revision_free(rev);
	(void)close(prober);
	(void)wait(NULL);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
