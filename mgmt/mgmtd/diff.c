/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/diff.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"

#define CONTEXT 3

struct line {
	const char *at;
	size_t len;
};

struct text {
	struct line *line;
	bool *changed; /* removed, or added */
	size_t count;
};

static void text_free(struct text *t)
{
	free(t->line);
	free(t->changed);
}

static int split(const char *s, struct text *ret)
{
	struct text t = { 0 };
	size_t room = 1;

	for (const char *p = s; *p != '\0'; p++)
		room += *p == '\n';
	if (room > DIFF_LINES_MAX)
		return -EFBIG;
	t.line = calloc(room, sizeof(*t.line));
	t.changed = calloc(room, sizeof(*t.changed));
	if (t.line == NULL || t.changed == NULL) {
		text_free(&t);
		return -ENOMEM;
	}
	while (*s != '\0') {
		size_t len = strcspn(s, "\n");

		t.line[t.count++] = (struct line){ s, len };
		s += len + (s[len] == '\n' ? 1 : 0);
	}
	*ret = t;
	return 0;
}

static bool same(const struct line *a, const struct line *b)
{
	return a->len == b->len && memcmp(a->at, b->at, a->len) == 0;
}

/* The part of both texts between what they have in common at both ends. */
struct middle {
	struct line *a, *b;
	bool *a_changed, *b_changed;
	long n, m;
};

static struct middle middle_of(struct text *from, struct text *to)
{
	size_t head = 0, tail = 0;

	while (head < from->count && head < to->count &&
	       same(&from->line[head], &to->line[head]))
		head++;
	while (tail < from->count - head && tail < to->count - head &&
	       same(&from->line[from->count - 1 - tail], &to->line[to->count - 1 - tail]))
		tail++;
	return (struct middle){ .a = from->line + head,
				.b = to->line + head,
				.a_changed = from->changed + head,
				.b_changed = to->changed + head,
				.n = (long)(from->count - head - tail),
				.m = (long)(to->count - head - tail) };
}

/* Is the path at edit d on diagonal k reached by an insertion (down)? */
static bool goes_down(const int *v, long d, long k)
{
	return k == -d || (k != d && v[k - 1] < v[k + 1]);
}

/*
 * Myers, "An O(ND) difference algorithm", 1986: v[k] is how far the path on diagonal k
 * comes with d edits. Row d of trace is v before edit d, 2d + 1 numbers from -d on.
 * Returns the number of edits, -E2BIG or -ENOMEM.
 */
static long search(const struct middle *mid, int *v, int **trace)
{
	for (long d = 0; d <= DIFF_EDITS_MAX; d++) {
		size_t width = (size_t)(2 * d + 3);

		trace[d] = malloc(width * sizeof(int));
		if (trace[d] == NULL)
			return -ENOMEM;
		for (long k = -d - 1; k <= d + 1; k++)
			trace[d][k + d + 1] = v[k];
		for (long k = -d; k <= d; k += 2) {
			long x = goes_down(v, d, k) ? v[k + 1] : v[k - 1] + 1;

			while (x < mid->n && x - k < mid->m &&
			       same(&mid->a[x], &mid->b[x - k]))
				x++;
			v[k] = (int)x;
			if (x >= mid->n && x - k >= mid->m)
				return d;
		}
	}
	return -E2BIG;
}

static void walk_back(const struct middle *mid, int *const *trace, long edits)
{
	long x = mid->n, y = mid->m;

	for (long d = edits; d > 0; d--) {
		const int *v = trace[d] + d + 1;
		long k = x - y;
		bool down = goes_down(v, d, k);

		x = v[down ? k + 1 : k - 1];
		y = x - (down ? k + 1 : k - 1);
		if (down)
			mid->b_changed[y] = true;
		else
			mid->a_changed[x] = true;
	}
}

static int mark(const struct middle *mid)
{
	int **trace = calloc(DIFF_EDITS_MAX + 1, sizeof(*trace));
	int *room = calloc(2 * DIFF_EDITS_MAX + 5, sizeof(*room));
	long edits = -ENOMEM;

	if (trace != NULL && room != NULL)
		edits = search(mid, room + DIFF_EDITS_MAX + 2, trace);
	free(room);
	if (edits >= 0)
		walk_back(mid, trace, edits);
	for (size_t i = 0; trace != NULL && i <= DIFF_EDITS_MAX; i++)
		free(trace[i]);
	free(trace);
	if (edits != -E2BIG)
		return edits < 0 ? (int)edits : 0;
	memset(mid->a_changed, 1, (size_t)mid->n * sizeof(bool));
	memset(mid->b_changed, 1, (size_t)mid->m * sizeof(bool));
	return 0;
}

static void put(FILE *f, char sign, const struct line *l)
{
	(void)fputc(sign, f);
	(void)fwrite(l->at, 1, l->len, f);
	(void)fputc('\n', f);
}

/* From line i and j on, both unchanged: where the hunk ends, changes within its reach. */
static size_t unchanged(const struct text *a, const struct text *b, size_t i, size_t j)
{
	size_t n = 0;

	while (i + n < a->count && j + n < b->count && !a->changed[i + n] &&
	       !b->changed[j + n])
		n++;
	return n;
}

/* Lines of a and b from i and j on, until a stretch without change is long enough. */
static void hunk_end(const struct text *a, const struct text *b, size_t i, size_t j,
		     size_t *ret_i, size_t *ret_j)
{
	for (;;) {
		size_t n;

		while (i < a->count && a->changed[i])
			i++;
		while (j < b->count && b->changed[j])
			j++;
		n = unchanged(a, b, i, j);
		if (n > 2 * CONTEXT || i + n >= a->count || j + n >= b->count) {
			bool more = (i + n < a->count && a->changed[i + n]) ||
				    (j + n < b->count && b->changed[j + n]);

			if (n > 2 * CONTEXT || !more) {
				n = n < CONTEXT ? n : CONTEXT;
				*ret_i = i + n;
				*ret_j = j + n;
				return;
			}
		}
		i += n;
		j += n;
	}
}

static void put_hunk(FILE *f, const struct text *a, const struct text *b, size_t i,
		     size_t j, size_t i_end, size_t j_end)
{
	(void)fprintf(f, "@@ -%zu,%zu +%zu,%zu @@\n", i_end > i ? i + 1 : i, i_end - i,
		      j_end > j ? j + 1 : j, j_end - j);
	while (i < i_end || j < j_end) {
		if (i < i_end && a->changed[i])
			put(f, '-', &a->line[i++]);
		else if (j < j_end && b->changed[j])
			put(f, '+', &b->line[j++]);
		else {
			put(f, ' ', &a->line[i++]);
			j++;
		}
	}
}

static void print(FILE *f, const struct text *a, const struct text *b)
{
	size_t i = 0, j = 0;

	while (i < a->count || j < b->count) {
		size_t n = unchanged(a, b, i, j), back, i_end, j_end;

		i += n;
		j += n;
		if (i >= a->count && j >= b->count)
			break;
		back = n < CONTEXT ? n : CONTEXT;
		hunk_end(a, b, i, j, &i_end, &j_end);
		put_hunk(f, a, b, i - back, j - back, i_end, j_end);
		i = i_end;
		j = j_end;
	}
}

int diff_unified(const char *from, const char *to, char **ret_text)
{
	struct text a = { 0 }, b = { 0 };
	struct middle mid;
	char *text = NULL;
	size_t len = 0;
	FILE *f;
	int r = split(from, &a);

	if (r == 0)
		r = split(to, &b);
	if (r == 0) {
		mid = middle_of(&a, &b);
		r = mark(&mid);
	}
	if (r == 0) {
		f = open_memstream(&text, &len);
		r = f == NULL ? -ENOMEM : 0;
		if (f != NULL) {
			print(f, &a, &b);
			r = fclose(f) == 0 ? 0 : -ENOMEM;
		}
	}
	text_free(&a);
	text_free(&b);
	if (r == 0)
		*ret_text = STEAL(text);
	free(text);
	return r;
}
