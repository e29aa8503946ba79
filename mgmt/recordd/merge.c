/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/recordd/merge.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/mem.h"
#include "lib/paths.h"
#include "mgmt/recordd/month.h"

struct cursor {
	struct rows *rows; /* NULL: at its end */
	struct row row;
	unsigned month;
};

struct merge {
	struct cursor cursor[MERGE_MONTHS_MAX];
	size_t count;
	struct cursor *given; /* its row is the caller's until the next call */
	bool descending;
};

static int compare_months(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return x < y ? -1 : x > y;
}

static void close_dir(DIR **d)
{
	if (*d != NULL)
		(void)closedir(*d);
}

int merge_months(const char *dir, unsigned **ret_month, size_t *ret_count)
{
	CLEANUP(close_dir) DIR *d = opendir(dir);
	CLEANUP(free_p) unsigned *month = NULL;
	const struct dirent *e;
	size_t count = 0;

	if (d == NULL)
		return -errno;
	month = calloc(MERGE_MONTHS_MAX, sizeof(*month));
	if (month == NULL)
		return -ENOMEM;
	errno = 0;
	while ((e = readdir(d)) != NULL) {
		unsigned m = 0;

		if (month_of_file(e->d_name, &m) < 0)
			continue;
		if (count == MERGE_MONTHS_MAX)
			return -E2BIG;
		month[count++] = m;
	}
	if (errno != 0)
		return -errno;
	qsort(month, count, sizeof(*month), compare_months);
	*ret_month = STEAL(month);
	*ret_count = count;
	return 0;
}

static bool touches(unsigned month, const struct proto_query *q)
{
	if (q == NULL)
		return true;
	/* from and to are the asker's: only years that have four digits are compared */
	if (q->from_us > 0 && q->from_us < INT64_MAX / 2 && month_of(q->from_us) > month)
		return false;
	return q->to_us <= 0 || q->to_us > INT64_MAX / 2 || month_of(q->to_us) >= month;
}

static int advance(struct cursor *c)
{
	int r = rows_next(c->rows, &c->row);

	if (r == 0) {
		rows_free(c->rows);
		c->rows = NULL;
	}
	return r;
}

static int add_month(struct merge *m, const char *dir, unsigned month,
		     const struct proto_query *q, struct mono deadline)
{
	struct cursor *c = &m->cursor[m->count];
	char path[PATH_TEXT_MAX], file[MONTH_FILE_MAX];
	int r;

	month_file(month, file);
	if (snprintf(path, sizeof(path), "%s/%s", dir, file) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	r = rows_open(path, q, deadline, &c->rows);
	if (r < 0)
		return r;
	c->month = month;
	m->count++;
	r = advance(c);
	return r < 0 ? r : 0;
}

int merge_open(const char *dir, const struct proto_query *q, struct mono deadline,
	       struct merge **ret_merge)
{
	CLEANUP(free_p) unsigned *month = NULL;
	struct merge *m;
	size_t count = 0;
	int r = merge_months(dir, &month, &count);

	if (r < 0)
		return r;
	m = calloc(1, sizeof(*m));
	if (m == NULL)
		return -ENOMEM;
	m->descending = q != NULL && q->newest_first != 0;
	for (size_t i = 0; r == 0 && i < count; i++) {
		if (touches(month[i], q))
			r = add_month(m, dir, month[i], q, deadline);
	}
	if (r < 0) {
		merge_free(m);
		return r;
	}
	*ret_merge = m;
	return 0;
}

void merge_free(struct merge *m)
{
	if (m == NULL)
		return;
	for (size_t i = 0; i < m->count; i++)
		rows_free(m->cursor[i].rows);
	free(m);
}

static bool comes_first(const struct merge *m, uint64_t a, uint64_t b)
{
	return m->descending ? a > b : a < b;
}

int merge_next(struct merge *m, struct merge_row *ret_row)
{
	struct cursor *first = NULL;

	if (m->given != NULL) {
		int r = advance(m->given);

		if (r < 0)
			return r;
		m->given = NULL;
	}
	for (size_t i = 0; i < m->count; i++) {
		struct cursor *c = &m->cursor[i];

		if (c->rows != NULL &&
		    (first == NULL || comes_first(m, c->row.n, first->row.n)))
			first = c;
	}
	if (first == NULL)
		return 0;
	m->given = first;
	*ret_row = (struct merge_row){
		.row = first->row,
		.month = first->month,
		.rows = first->rows,
	};
	return 1;
}
