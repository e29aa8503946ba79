/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/recordd/verify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/str.h"
#include "mgmt/recordd/merge.h"
#include "mgmt/recordd/month.h"

#define ROWS_A_PAUSE 5000

struct run {
	struct chain_hash head;
	struct proto_verify answer;
};

static void fail(struct run *v, const struct merge_row *m, const char *what)
{
	v->answer.code = -EBADMSG;
	v->answer.bad_id = month_id(m->month, m->row.n);
	(void)snprintf(v->answer.text, sizeof(v->answer.text),
		       "row %" PRIu64 " of %04u-%02u (%s %" PRIu64 "): %s", m->row.n,
		       m->month / 100, m->month % 100, m->row.producer, m->row.seq, what);
}

static void check(struct run *v, const struct merge_row *m)
{
	const struct row *row = &m->row;
	struct chain_hash want = chain_next(&v->head, row->producer, row->seq,
					    row->time_us, row->record, row->len);
	struct record rec;

	if (row->n != v->answer.checked + 1)
		fail(v, m, "rows before it are missing");
	else if (memcmp(&want, &row->hash, sizeof(want)) != 0)
		fail(v, m, "it was changed, or a row before it was taken away");
	else if (record_decode(row->record, row->len, &rec) < 0)
		fail(v, m, "it holds no record");
	else if (!rows_columns_fit(m->rows, &rec))
		fail(v, m, "what is searched is not what was recorded");
	else if (month_of(row->time_us) != m->month)
		fail(v, m, "it stands in another month's database");
	if (v->answer.code != 0)
		return;
	v->head = want;
	v->answer.checked++;
}

static int check_all(struct run *v, struct merge *m, verify_pause *pause, void *user)
{
	struct merge_row row;
	int r;

	while ((r = merge_next(m, &row)) == 1) {
		check(v, &row);
		if (v->answer.code != 0)
			return 0;
		if (pause != NULL && v->answer.checked % ROWS_A_PAUSE == 0)
			pause(user);
	}
	return r;
}

/* Rows that were there at the last commit and are not any more leave no other trace. */
static void check_end(struct run *v, const struct db_state *last)
{
	if (last == NULL || v->answer.checked >= last->n)
		return;
	v->answer.code = -EBADMSG;
	(void)snprintf(v->answer.text, sizeof(v->answer.text),
		       "the last %" PRIu64 " rows are missing",
		       last->n - v->answer.checked);
}

void verify_run(const char *dir, const struct db_state *last, verify_pause *pause,
		void *user, struct proto_verify *ret_answer)
{
	struct db_state end = last != NULL ? *last : (struct db_state){ 0 };
	struct run v = { 0 };
	struct merge *m = NULL;
	int r = merge_open(dir, NULL, (struct mono){ 0 }, &m);

	if (r == 0) {
		r = check_all(&v, m, pause, user);
		merge_free(m);
	}
	if (r < 0) {
		v.answer.code = r;
		(void)snprintf(v.answer.text, sizeof(v.answer.text),
			       "the records cannot be read: %s", strerror(-r));
	} else if (v.answer.code == 0) {
		check_end(&v, &end);
	}
	str_hex(v.answer.head, v.head.b, sizeof(v.head.b));
	*ret_answer = v.answer;
}
