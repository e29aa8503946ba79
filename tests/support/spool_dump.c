/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * spool_dump FOLDER - print a spool's records, one JSON object a line
 *
 * Reads what a producer left, as recordd would; exits 1 when part of it is damaged.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/reason.h"
#include "lib/spool.h"

static int print(uint64_t seq, const struct record *rec)
{
	char dst[ADDR_TEXT_MAX] = "", src[ADDR_TEXT_MAX] = "";
	json_t *o;
	int r;

	if (rec->dst.family != 0)
		addr_format(rec->dst, dst);
	if (rec->src.family != 0)
		addr_format(rec->src, src);
	o = json_pack("{s:I, s:s, s:s, s:I, s:s, s:i, s:s, s:i, s:s, s:s, s:s, s:s, s:s, "
		      "s:I, s:I, s:i}",
		      "seq", (json_int_t)seq, "kind", record_kind_name(rec->kind),
		      "reason", reason_name(reason_of(rec->reason)), "conn",
		      (json_int_t)rec->conn, "src", src, "src_port", (int)rec->src_port,
		      "dst", dst, "dst_port", (int)rec->dst_port, "zone", rec->zone,
		      "rule", rec->rule, "host", rec->host, "method", rec->method,
		      "detail", rec->detail, "bytes_up", (json_int_t)rec->bytes_up,
		      "bytes_down", (json_int_t)rec->bytes_down, "duration_ms",
		      (int)rec->duration_ms);
	if (o == NULL)
		return -ENOMEM;
	r = json_dumpf(o, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(o);
	(void)putchar('\n');
	return r < 0 ? -EIO : 0;
}

static int dump(struct spool_reader *reader)
{
	struct record rec;
	uint64_t seq, lost;
	int r = spool_reader_next(reader, &rec, &seq, &lost);

	while (r > 0) {
		r = print(seq, &rec);
		if (r == 0)
			r = spool_reader_next(reader, &rec, &seq, &lost);
	}
	return r;
}

int main(int argc, char **argv)
{
	struct spool_reader *reader;
	int r = argc == 2 ? spool_reader_open(argv[1], (struct spool_pos){ 0 }, &reader)
			  : -EINVAL;

	if (r == 0) {
		r = dump(reader);
		spool_reader_close(reader);
	}
	if (r < 0)
		(void)fprintf(stderr, "spool_dump: %s\n", strerror(-r));
	return r < 0 ? 1 : 0;
}
