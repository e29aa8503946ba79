/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench_fw - what tests/bench/firewall asks of sekisho-gated and of its records
 *
 *     bench_fw load ROOT NUMBER    milliseconds until the revision is in force
 *     bench_fw permits ROOT BASE COUNT
 *                                  COUNT small revisions on top of BASE, which bring a permit
 *                                  in and out: milliseconds to sign and store each, and
 *                                  from the request to the answer
 *     bench_fw status ROOT         what PROTO_STATUS says
 *     bench_fw prove ROOT          what PROTO_PROVE says, and milliseconds from the
 *                                request to the last of it; fails when nobody answers
 *     bench_fw cut MARK            ends the connections with that mark, of this namespace
 *     bench_fw flush MARK          the kernel's part of it: one message, and its answer
 *     bench_fw records FOLDER      what the spool holds, by kind
 *
 * Everything is printed as one JSON object.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fw/apply/conntrack.h"
#include "lib/ipc.h"
#include "lib/paths.h"
#include "lib/proto.h"
#include "lib/revision.h"
#include "lib/spool.h"
#include "tests/bench/wire.h"

#define ANSWER_MS 60000
#define KINDS     32
#define PAUSE_NS  20000000 /* between changes: nobody makes them one on top of the other */
#define MS(ns)    ((double)(ns) / 1e6)

static _Noreturn void fail(const char *what, int r)
{
	(void)fprintf(stderr, "bench_fw: %s: %s\n", what, strerror(-r));
	exit(EXIT_FAILURE);
}

static void socket_path(char path[PATH_TEXT_MAX], const char *root)
{
	int r = path_join(path, root, PATH_SOCK_GATED);

	if (r < 0)
		fail(root, r);
}

static int load(const char *root, const char *number)
{
	struct proto_load ask = { .number = (uint64_t)wire_number(number) };
	struct proto_result answer;
	char path[PATH_TEXT_MAX];
	int64_t begun;
	int r;

	socket_path(path, root);
	begun = wire_now();
	r = ipc_call(path, ANSWER_MS, PROTO_LOAD_REVISION, &ask, sizeof(ask),
		     PROTO_RESULT, &answer, sizeof(answer));
	if (r < 0)
		fail(path, r);
	if (answer.code < 0) {
		(void)fprintf(stderr, "bench_fw: %s\n", answer.text);
		return EXIT_FAILURE;
	}
	(void)printf("{\"ms\": %.3f, \"cut\": %u}\n", MS(wire_now() - begun), answer.cut);
	return EXIT_SUCCESS;
}

/* The permit comes and goes by turns. Returns the text's length. */
static size_t small_text(char *text, size_t size, uint64_t number, bool in)
{
	static const char permit[] =
		"{\"id\":\"p9999999999999999\",\"number\":999999,\"device\":"
		"\"d9999999999999999\",\"cards\":[{\"mac\":\"02:99:99:99:99:99\","
		"\"interface\":\"lan0\"}],\"zone\":\"office\",\"user\":\"\","
		"\"group\":\"\",\"destinations\":[]}";
	int n = snprintf(text, size,
			 "{\"format\":3,\"number\":%" PRIu64
			 ",\"created\":\"2026-01-01T00:00:00Z\",\"base\":%" PRIu64
			 ",\"permits_removed\":[%s],\"permits_added\":[%s],"
			 "\"quarantine_added\":[],\"quarantine_removed\":[]}",
			 number, number - 1, in ? "" : "\"p9999999999999999\"",
			 in ? permit : "");

	return n > 0 && (size_t)n < size ? (size_t)n : 0;
}

static int permits(const char *root, const char *base, const char *count)
{
	char dir[PATH_TEXT_MAX], key[PATH_TEXT_MAX], path[PATH_TEXT_MAX], text[1024];
	uint64_t number = (uint64_t)wire_number(base);
	const uint64_t last = number + (uint64_t)wire_number(count);
	const char *comma = "";

	socket_path(path, root);
	if (path_join(dir, root, PATH_REVISIONS) < 0 ||
	    path_join(key, root, PATH_LEDGER "/revision.key") < 0)
		fail(root, -ENAMETOOLONG);
	(void)printf("{\"changes\": [");
	for (bool in = true; number++ < last; in = !in) {
		const struct timespec pause = { .tv_nsec = PAUSE_NS };
		struct proto_load ask = { .number = number };
		struct proto_result answer;
		const size_t len = small_text(text, sizeof(text), number, in);
		int64_t begun = wire_now(), stored;
		int r = revision_store(dir, key, number, text, len);

		if (r == 0)
			r = revision_set_current(dir, number);
		stored = wire_now();
		if (r == 0)
			r = ipc_call(path, ANSWER_MS, PROTO_LOAD_REVISION, &ask,
				     sizeof(ask), PROTO_RESULT, &answer, sizeof(answer));
		if (r < 0)
			fail("a small revision", r);
		if (answer.code < 0) {
			(void)fprintf(stderr, "bench_fw: %s\n", answer.text);
			return EXIT_FAILURE;
		}
		(void)printf("%s[%.3f, %.3f]", comma, MS(stored - begun),
			     MS(wire_now() - stored));
		comma = ", ";
		(void)nanosleep(&pause, NULL);
	}
	(void)printf("]}\n");
	return EXIT_SUCCESS;
}

static int status(const char *root)
{
	struct proto_status st;
	char path[PATH_TEXT_MAX];
	int r;

	socket_path(path, root);
	r = ipc_call(path, ANSWER_MS, PROTO_STATUS, NULL, 0, PROTO_STATUS_REPLY, &st,
		     sizeof(st));
	if (r < 0)
		fail(path, r);
	(void)printf("{\"revision\": %" PRIu64 ", \"ok\": %u, \"connections\": %u, "
		     "\"records\": %" PRIu64 ", \"lost\": %" PRIu64 "}\n",
		     st.revision, (unsigned)st.ok, st.connections, st.records, st.lost);
	return EXIT_SUCCESS;
}

static int prove(const char *root)
{
	struct proto_text m = { 0 };
	char path[PATH_TEXT_MAX];
	uint16_t got = 0;
	size_t len = 0;
	int64_t begun;
	int fd = -1;
	int r;

	socket_path(path, root);
	(void)printf("{\"said\": ");
	begun = wire_now();
	r = ipc_connect(path, ANSWER_MS, &fd);
	if (r == 0)
		r = ipc_send(fd, PROTO_PROVE, NULL, 0);
	while (r == 0 && m.last == 0) {
		r = ipc_recv(fd, &got, &m, sizeof(m), &len);
		if (r == 0 && (got != PROTO_TEXT || len != sizeof(m)))
			r = -EBADMSG;
		if (r == 0)
			(void)fwrite(m.data, 1, m.len, stdout);
	}
	if (r < 0)
		fail(path, r);
	(void)printf(", \"ms\": %.3f}\n", MS(wire_now() - begun));
	return EXIT_SUCCESS;
}

static int cut(const char *number)
{
	uint32_t mark = (uint32_t)wire_number(number), count = 0;
	const struct txn_marks one = { .mark = &mark, .count = 1 };
	struct nfnl n = { 0 };
	int64_t begun;
	int r = nfnl_open(&n);

	begun = wire_now();
	if (r == 0)
		r = conntrack_cut_marks(&n, &one, &count);
	if (r < 0)
		fail("conntrack", r);
	(void)printf("{\"ms\": %.3f, \"cut\": %u}\n", MS(wire_now() - begun), count);
	nfnl_close(&n);
	return EXIT_SUCCESS;
}

static uint32_t connections(void)
{
	unsigned count = 0;
	FILE *in = fopen("/proc/sys/net/netfilter/nf_conntrack_count", "re");

	if (in == NULL || fscanf(in, "%u", &count) != 1)
		fail("nf_conntrack_count", -EIO);
	(void)fclose(in);
	return count;
}

static int flush(const char *number)
{
	_Alignas(struct nlmsghdr) uint8_t buf[NFNL_MESSAGE_MAX];
	uint32_t before = connections();
	struct nlmsghdr *nlh;
	struct nfnl n = { 0 };
	int64_t begun;
	int r = nfnl_open(&n);

	begun = wire_now();
	if (r == 0) {
		nlh = nfnl_message(&n, buf,
				   NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE,
				   NLM_F_ACK, AF_UNSPEC, 0);
		mnl_attr_put_u32(nlh, CTA_MARK, htonl((uint32_t)wire_number(number)));
		mnl_attr_put_u32(nlh, CTA_MARK_MASK, UINT32_MAX);
		r = nfnl_ask(&n, nlh, NULL, NULL);
	}
	if (r < 0)
		fail("conntrack", r);
	(void)printf("{\"ms\": %.3f, \"cut\": %u}\n", MS(wire_now() - begun),
		     before - connections());
	nfnl_close(&n);
	return EXIT_SUCCESS;
}

/* Records of a kind, and the packets or events that they stand for. */
struct sum {
	uint64_t records, count, bytes_up, bytes_down;
};

static int records(const char *dir)
{
	struct sum kind[KINDS] = { 0 };
	struct spool_reader *reader = NULL;
	uint64_t seq, lost, damaged = 0;
	const char *comma = "";
	struct record rec;
	int r = spool_reader_open(dir, (struct spool_pos){ 0 }, &reader);

	if (r < 0)
		fail(dir, r);
	while ((r = spool_reader_next(reader, &rec, &seq, &lost)) != 0) {
		struct sum *s = &kind[rec.kind < KINDS ? rec.kind : 0];

		if (r == -EBADMSG) {
			damaged++;
			continue;
		}
		if (r < 0)
			fail(dir, r);
		s->records++;
		s->count += rec.count != 0 ? rec.count : 1;
		s->bytes_up += rec.bytes_up;
		s->bytes_down += rec.bytes_down;
	}
	spool_reader_close(reader);
	(void)printf("{");
	for (uint16_t i = 0; i < KINDS; i++) {
		if (kind[i].records == 0)
			continue;
		(void)printf("%s\"%s\": {\"records\": %" PRIu64 ", \"count\": %" PRIu64
			     ", \"bytes_up\": %" PRIu64 ", \"bytes_down\": %" PRIu64 "}",
			     comma, record_kind_name(i), kind[i].records, kind[i].count,
			     kind[i].bytes_up, kind[i].bytes_down);
		comma = ", ";
	}
	(void)printf("%s\"damaged\": %" PRIu64 "}\n", comma, damaged);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "load") == 0)
		return load(argv[2], argv[3]);
	if (argc == 5 && strcmp(argv[1], "permits") == 0)
		return permits(argv[2], argv[3], argv[4]);
	if (argc == 3 && strcmp(argv[1], "status") == 0)
		return status(argv[2]);
	if (argc == 3 && strcmp(argv[1], "prove") == 0)
		return prove(argv[2]);
	if (argc == 3 && strcmp(argv[1], "cut") == 0)
		return cut(argv[2]);
	if (argc == 3 && strcmp(argv[1], "flush") == 0)
		return flush(argv[2]);
	if (argc == 3 && strcmp(argv[1], "records") == 0)
		return records(argv[2]);
	(void)fputs("usage: bench_fw load ROOT NUMBER | permits ROOT BASE COUNT | "
		    "status ROOT | prove ROOT | cut MARK | flush MARK | records FOLDER\n",
		    stderr);
	return 2;
}
