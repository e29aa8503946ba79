/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench_fw - what tests/bench/firewall asks of sekisho-gated and of its records
 *
 *     bench_fw load ROOT NUMBER    milliseconds until the revision is in force
 *     bench_fw status ROOT         what PROTO_STATUS says
 *     bench_fw prove ROOT          what PROTO_PROVE says; fails when nobody answers it
 *     bench_fw cut MARK            ends the connections with that mark, of this namespace
 *     bench_fw records FOLDER      what the spool holds, by kind
 *
 * Everything is printed as one JSON object.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fw/apply/conntrack.h"
#include "lib/ipc.h"
#include "lib/paths.h"
#include "lib/proto.h"
#include "lib/spool.h"
#include "tests/bench/wire.h"

#define ANSWER_MS 60000
#define KINDS     32
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
	int fd = -1;
	int r;

	socket_path(path, root);
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
	if (argc == 3 && strcmp(argv[1], "status") == 0)
		return status(argv[2]);
	if (argc == 3 && strcmp(argv[1], "prove") == 0)
		return prove(argv[2]);
	if (argc == 3 && strcmp(argv[1], "cut") == 0)
		return cut(argv[2]);
	if (argc == 3 && strcmp(argv[1], "records") == 0)
		return records(argv[2]);
	(void)fputs("usage: bench_fw load ROOT NUMBER | status ROOT | prove "
		    "ROOT |"
		    " cut MARK | records FOLDER\n",
		    stderr);
	return 2;
}
