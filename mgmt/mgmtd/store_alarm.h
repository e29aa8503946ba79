/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_alarm - the table of what the sensor raised: open or over, looked at or not */
#ifndef MGMT_MGMTD_STORE_ALARM_H
#define MGMT_MGMTD_STORE_ALARM_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/attr.h"
#include "lib/event.h"
#include "lib/id.h"
#include "mgmt/mgmtd/db.h"
#include "mgmt/mgmtd/input.h"
#include "mgmt/mgmtd/store_setting.h"

#define ALARMS_MAX 50000

struct alarm {
	int64_t id;
	enum event_kind kind;
	enum event_action action; /* what its kind led to then */
	int64_t raised;
	int64_t closed; /* 0: it goes on */
	char interface[16];
	char other_interface[16];
	char mac[MAC_TEXT_MAX];
	char other_mac[MAC_TEXT_MAX]; /* "" none */
	char address[ADDR_TEXT_MAX];
	char detail[128];
	int64_t frames;
	char asset[ID_TEXT_MAX]; /* of the register, "" none */
	bool quarantined;
	char held_back[16]; /* the code of why not, "" nothing was */
	int64_t acked; /* 0: nobody has looked at it */
	char acked_by[LOGIN_MAX + 1];
	char done[INPUT_REASON_MAX + 1];
};

enum alarm_view {
	ALARM_VIEW_OPEN,
	ALARM_VIEW_UNACKED, /* what was only recorded needs no look */
	ALARM_VIEW_ALL,
};

/*
 * a->id is set. When the table is full the oldest that need no look any more go; -EDQUOT:
 * there are none.
 */
int store_alarm_add(struct db *db, struct alarm *a) MUST_CHECK;

/* The open one of the same kind, interface, card and address. -ENOENT: none. */
int store_alarm_open(struct db *db, const struct alarm *like, int64_t *ret_id) MUST_CHECK;
int store_alarm_count(struct db *db, int64_t id, int64_t frames) MUST_CHECK;
int store_alarm_close(struct db *db, int64_t id, int64_t now) MUST_CHECK;
/* What became of the automatic quarantine. */
int store_alarm_outcome(struct db *db, const struct alarm *a) MUST_CHECK;
/* How many devices were isolated automatically since then. */
int store_alarm_isolated(struct db *db, int64_t since, int64_t *ret_count) MUST_CHECK;

/* -ENOENT: no such alarm. */
int store_alarm_get(struct db *db, int64_t id, struct alarm *ret) MUST_CHECK;
int store_alarm_ack(struct db *db, int64_t id, const char *who, int64_t now,
		    const char *done) MUST_CHECK;
int store_alarm_totals(struct db *db, int64_t *ret_open, int64_t *ret_unacked) MUST_CHECK;

/* Newest first; kind 0 is any, after 0 the newest. */
int store_alarm_each(struct db *db, enum alarm_view view, enum event_kind kind,
		     int64_t after, int64_t limit,
		     int (*fn)(const struct alarm *a, void *user), void *user) MUST_CHECK;

#endif
