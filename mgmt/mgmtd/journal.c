/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/journal.h"

#include <stdio.h>
#include <string.h>

#include "lib/log.h"
#include "lib/mono.h"
#include "lib/record.h"

int journal_init(struct journal *j, const char *root)
{
	*j = (struct journal){ 0 };
	return path_join(j->dir, root, PATH_SPOOL "/mgmtd");
}

static int need_spool(struct journal *j)
{
	return j->spool != NULL ? 0 : spool_open(j->dir, &j->spool);
}

int journal_state(struct journal *j)
{
	int r = need_spool(j);

	return r < 0 ? r : spool_state(j->spool);
}

static int append_one(struct journal *j, const struct record *rec)
{
	int r = spool_append(j->spool, rec);

	if (r == 0)
		j->written++;
	return r;
}

/* What was done without a record is told of before anything else is. */
static int append_gap(struct journal *j)
{
	struct record gap =
		record_gap(j->missing, REASON_NONE,
			   "mgmtd: records of what was done that could not be written");
	int r;

	if (j->missing == 0)
		return 0;
	r = append_one(j, &gap);
	if (r == 0)
		j->missing = 0;
	return r;
}

static int append(struct journal *j, const struct record *rec)
{
	int r = need_spool(j);

	if (r == 0)
		r = append_gap(j);
	return r < 0 ? r : append_one(j, rec);
}

void journal_close(struct journal *j)
{
	if (j->spool != NULL)
		(void)append_gap(j);
	spool_close(j->spool);
	j->spool = NULL;
}

static struct record record_of(enum record_kind kind, const char *who, struct addr client)
{
	struct record rec = { .time_us = wall_us(),
			      .kind = (uint16_t)kind,
			      .src = client };

	record_set_str(rec.user, sizeof(rec.user), who);
	return rec;
}

int journal_change(struct journal *j, const struct change *c, struct addr client,
		   uint64_t revision)
{
	struct record rec = record_of(RECORD_CHANGE, c->who, client);
	char detail[sizeof(rec.detail)];

	rec.revision = (uint32_t)revision;
	record_set_str(rec.rule, sizeof(rec.rule), c->object);
	(void)snprintf(detail, sizeof(detail), "%s%s%s%s%s%.400s", c->what,
		       c->about != NULL ? " " : "", c->about != NULL ? c->about : "",
		       c->break_glass ? " [break-glass]" : "",
		       c->reason[0] != '\0' ? ": " : "", c->reason);
	record_set_str(rec.detail, sizeof(rec.detail), detail);
	return append(j, &rec);
}

void journal_done(struct journal *j, const struct change *c, struct addr client,
		  uint64_t revision)
{
	int r = journal_change(j, c, client, revision);

	if (r == 0)
		return;
	j->missing++;
	log_err("mgmtd", "the record of %s %s cannot be written: %s", c->what, c->object,
		strerror(-r));
}

int journal_probe(struct journal *j)
{
	struct record rec = record_of(RECORD_SERVICE, "", (struct addr){ 0 });

	if (journal_state(j) == 0)
		return 0;
	record_set_str(rec.detail, sizeof(rec.detail),
		       "mgmtd: records can be written again");
	return append(j, &rec);
}

int journal_read(struct journal *j, const char *who, const char *question,
		 struct addr client)
{
	struct record rec = record_of(RECORD_READ, who, client);

	record_set_str(rec.detail, sizeof(rec.detail), question);
	return append(j, &rec);
}

int journal_sign_in(struct journal *j, const char *login, bool good, const char *detail,
		    struct addr client)
{
	struct record rec = record_of(RECORD_SIGN_IN, login, client);

	rec.reason = good ? REASON_APPROVED : REASON_NONE;
	record_set_str(rec.detail, sizeof(rec.detail), detail);
	return append(j, &rec);
}
