/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/publish.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/diag.h"
#include "lib/log.h"
#include "lib/mem.h"
#include "lib/revision.h"
#include "lib/str.h"
#include "mgmt/mgmtd/snapshot.h"
#include "mgmt/mgmtd/store_policy.h"
#include "mgmt/mgmtd/trial.h"

#define POLICY_NAME "policy.yaml" /* in diagnostics */

int publish_init(struct publisher *p, const char *root, struct db *db,
		 struct parts *parts, struct journal *journal, struct reserve *reserve)
{
	int r;

	*p = (struct publisher){
		.db = db,
		.parts = parts,
		.journal = journal,
		.behind = PUBLISH_FULL_NEXT,
		.reserve = reserve,
	};
	if ((r = path_join(p->dir, root, PATH_REVISIONS)) < 0 ||
	    (r = path_join(p->secret, root, PATH_LEDGER "/revision.key")) < 0 ||
	    (r = revision_key_ensure(p->dir, p->secret)) < 0 ||
	    (r = store_revision_current(db, &p->current)) < 0 ||
	    (r = store_revision_full(db, p->current, &p->full)) < 0 ||
	    (r = store_revision_newest(db, &p->tried)) < 0 || (r = trial_read(p)) < 0)
		return r;
	if (p->current != 0)
		r = revision_set_current(p->dir, p->current);
	return r < 0 ? r : publish_sweep(p);
}

int publish_begin(struct publisher *p)
{
	return db_begin(p->db);
}

void publish_abort(struct publisher *p)
{
	db_rollback(p->db);
}

static bool is_small(const struct publisher *p, const struct publish_order *order)
{
	unsigned max = order->withdrawal ? REVISION_CHAIN_MAX : PUBLISH_GRANTS_MAX;

	return order->asset != NULL && p->current != 0 && p->behind < max;
}

/* The revision's text, and in a full one its image. */
static int write_text(struct publisher *p, const struct publish_order *order,
		      uint64_t number, char **ret_text, size_t *ret_len,
		      struct publish_result *ret)
{
	struct diags diags = { 0 };
	/* within a chain only permits have changed */
	bool same =
		(order->asset != NULL || order->renew) && p->behind != PUBLISH_FULL_NEXT;
	uint64_t like = same ? p->full : 0;
	int r = is_small(p, order)
			? snapshot_small(p->db, number, p->current, order->asset,
					 order->now, ret_text, ret_len, &diags)
			: snapshot_build(p->db, p->dir, number, like, order->now,
					 ret_text, ret_len, &diags);

	if (r == -EINVAL || r == -EFBIG) {
		(void)diag_print(&diags, POLICY_NAME, ret->text, sizeof(ret->text));
		return -EINVAL;
	}
	return r;
}

/* The files' other codes mean something else to our callers. */
static int file_code(int r)
{
	return r == 0 || r == -ENOSPC ? r : -EIO;
}

/*
 * The ledger as it stands in the open transaction becomes files, which are on disk only
 * before the revision is current: packets do not wait for that. Returns -EALREADY: a
 * small revision would say nothing.
 */
static int write_files(struct publisher *p, const struct publish_order *order,
		       uint64_t number, struct publish_result *ret)
{
	CLEANUP(free_p) char *text = NULL;
	size_t len = 0;
	int r = store_change_add(p->db, &order->change, order->now);

	if (r == 0)
		r = write_text(p, order, number, &text, &len, ret);
	if (r == 0 && text == NULL)
		return -EALREADY;
	if (r == 0)
		r = store_revision_add(p->db, number,
				       is_small(p, order) ? p->full : number, order->now,
				       order->change.what);
	if (r < 0)
		return r;
	if (order->policy)
		r = store_policy_number(
			p->db, number,
			order->confirm_s != 0 ? order->now + order->confirm_s : 0);
	if (r < 0)
		return r;
	return file_code(revision_write(p->dir, p->secret, number, text, len));
}

/* Have one daemon load it. asked gets its bit unless it surely has not changed. */
static int send_to(struct publisher *p, enum part part, const struct publish_order *order,
		   uint64_t number, unsigned *asked, struct publish_result *ret)
{
	struct proto_result result;
	int r = parts_load(p->parts, part, number, order->confirm_s, &result);

	if (r < 0) {
		*asked |= 1u << part; /* it may have taken it and died, or be slow */
		ret->culprit = part;
		if (!order->withdrawal)
			return -EHOSTDOWN;
		ret->pending |= 1u << part;
		return 0;
	}
	if (result.code < 0) {
		ret->culprit = part;
		(void)str_copy(ret->text, sizeof(ret->text), result.text);
		return -EINVAL;
	}
	*asked |= 1u << part;
	ret->cut += result.cut;
	return 0;
}

/* A grant is not begun while one of the two is known to be away. */
static int both_there(struct publisher *p, struct publish_result *ret)
{
	static const enum part both[] = { PART_GATED, PART_PROXYD };

	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		if (parts_await(p->parts, both[i]) < 0) {
			ret->culprit = both[i];
			return -EHOSTDOWN;
		}
	}
	return 0;
}

static int send_to_both(struct publisher *p, const struct publish_order *order,
			uint64_t number, unsigned *asked, struct publish_result *ret)
{
	int r = order->withdrawal ? 0 : both_there(p, ret);

	if (r == 0)
		r = send_to(p, PART_GATED, order, number, asked, ret);
	if (r == 0)
		r = send_to(p, PART_PROXYD, order, number, asked, ret);
	return r;
}

/* Everything as it was: ledger, files, and the daemons that were asked. */
static void undo(struct publisher *p, const struct publish_order *order, uint64_t number,
		 unsigned asked)
{
	struct proto_result result;

	db_rollback(p->db);
	if (order->confirm_s != 0)
		(void)trial_recall(p, number, asked);
	for (int part = 0; part < PART_COUNT; part++) {
		if ((asked & 1u << part) == 0 || p->current == 0)
			continue;
		if (parts_load(p->parts, (enum part)part, p->current, 0, &result) < 0 ||
		    result.code < 0)
			log_err("mgmtd", "%s did not go back to revision %" PRIu64,
				part_name((enum part)part), p->current);
	}
	publish_discard(p, number);
}

/* Nobody keeps what he has because it cannot be written down that it was taken. */
static int put_on_record(struct publisher *p, const struct publish_order *order,
			 uint64_t number)
{
	if (order->withdrawal) {
		journal_done(p->journal, &order->change, order->client, number);
		return 0;
	}
	return journal_change(p->journal, &order->change, order->client, number) < 0
		       ? -ENOBUFS
		       : 0;
}

int publish_settle(struct publisher *p, const struct publish_order *order,
		   uint64_t number)
{
	int r = put_on_record(p, order, number);

	if (r == 0)
		r = revision_set_current(p->dir, number);
	if (r == 0)
		r = db_commit(p->db);
	if (r < 0 && p->current != 0 && revision_set_current(p->dir, p->current) < 0)
		log_err("mgmtd", "current cannot be pointed back at revision %" PRIu64,
			p->current); /* done at the next start */
	return r;
}

void publish_moved(struct publisher *p, uint64_t number)
{
	if (p->full != 0)
		publish_drop_image(p, p->full);
	p->current = number;
	p->full = number;
	p->behind = 0;
}

/* The record and the ledger, where current stays as it is. */
static int settle_trial(struct publisher *p, const struct publish_order *order,
			uint64_t number)
{
	if (journal_change(p->journal, &order->change, order->client, number) < 0)
		return -ENOBUFS;
	return db_commit(p->db);
}

/* What must be so before a number is spent. */
static int may_begin(struct publisher *p, const struct publish_order *order,
		     struct publish_result *ret)
{
	if (journal_probe(p->journal) < 0 && !order->withdrawal)
		return -ENOBUFS;
	if (order->confirm_s != 0 && p->current == 0)
		return -ENODATA;
	if (p->trial.number == 0)
		return 0;
	return order->withdrawal ? trial_give_way(p, order, ret) : -EBUSY;
}

/* All that can fail, from the files to the ledger's commit. */
static int carry_out(struct publisher *p, const struct publish_order *order,
		     uint64_t number, unsigned *asked, struct publish_result *ret)
{
	int r = write_files(p, order, number, ret);

	if (r == 0)
		r = send_to_both(p, order, number, asked, ret);
	if (r == 0)
		r = file_code(revision_sync(p->dir, number));
	if (r < 0)
		return r;
	return order->confirm_s != 0 ? settle_trial(p, order, number)
				     : publish_settle(p, order, number);
}

/* The daemons need to know nothing: the record and the ledger alone. */
static int settle_same(struct publisher *p, const struct publish_order *order)
{
	int r = put_on_record(p, order, p->current);

	if (r == 0)
		r = db_commit(p->db);
	if (r < 0)
		db_rollback(p->db);
	return r;
}

static int commit(struct publisher *p, const struct publish_order *order,
		  struct publish_result *ret)
{
	uint64_t number = p->tried + 1;
	unsigned asked = 0;
	bool small;
	int r;

	*ret = (struct publish_result){ .revision = p->current, .culprit = PART_COUNT };
	r = may_begin(p, order, ret);
	if (r < 0) {
		db_rollback(p->db);
		return r;
	}
	p->tried = number;
	small = is_small(p, order);
	r = carry_out(p, order, number, &asked, ret);
	if (r == -EALREADY)
		return settle_same(p, order);
	if (r < 0) {
		undo(p, order, number, asked);
		/* whatever was wrong with it; on a full disk a large one would be */
		if (r != -ENOSPC)
			p->behind = PUBLISH_FULL_NEXT;
		ret->cut = 0;
		ret->pending = 0;
		ret->rolled_back = 0;
		return r;
	}
	if (ret->rolled_back != 0)
		trial_gave_way(p, order);
	ret->revision = number;
	p->changed = mono_now();
	if (order->confirm_s != 0) {
		/* what the ledger noted is not what current holds */
		p->behind = PUBLISH_FULL_NEXT;
		return trial_read(p);
	}
	if (small) {
		p->current = number;
		p->behind++;
	} else {
		publish_moved(p, number);
	}
	return 0;
}

int publish_commit(struct publisher *p, const struct publish_order *order,
		   struct publish_result *ret)
{
	int r;

	if (order->withdrawal)
		reserve_give(p->reserve);
	r = commit(p, order, ret);
	if (order->withdrawal)
		reserve_take(p->reserve);
	return r;
}

int publish_note(struct publisher *p, const struct publish_order *order)
{
	int r;

	if (order->withdrawal)
		reserve_give(p->reserve);
	r = store_change_add(p->db, &order->change, order->now);
	if (r == 0)
		r = settle_same(p, order);
	else
		db_rollback(p->db);
	if (order->withdrawal)
		reserve_take(p->reserve);
	return r;
}

int publish_cards(struct publisher *p, const struct publish_order *order,
		  struct publish_result *ret)
{
	int64_t n = 0;
	int r = snapshot_not_isolated(p->db, order->asset, &n);

	*ret = (struct publish_result){ .revision = p->current, .culprit = PART_COUNT };
	if (r < 0) {
		publish_abort(p);
		return r;
	}
	return n != 0 ? publish_commit(p, order, ret) : publish_note(p, order);
}

int publish_renew(struct publisher *p, int64_t now)
{
	const struct publish_order order = { .change = { .who = CHANGE_BY_TIMER,
							 .what = "revision-renew",
							 .object = "permits",
							 .reason = "many small changes" },
					     .now = now,
					     .renew = true };
	struct publish_result result;
	int r;

	if (p->behind < PUBLISH_RENEW_FROM || p->behind == PUBLISH_FULL_NEXT ||
	    p->trial.number != 0 ||
	    mono_diff_ms(mono_now(), p->changed) < PUBLISH_QUIET_MS ||
	    !p->parts->state[PART_GATED].there || !p->parts->state[PART_PROXYD].there)
		return 0;
	r = publish_begin(p);
	return r < 0 ? r : publish_commit(p, &order, &result);
}
