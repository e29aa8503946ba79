/* SPDX-License-Identifier: GPL-3.0-or-later */
/* msg - the sentences that people read, in two languages (pure) */
#ifndef MGMT_CLI_MSG_H
#define MGMT_CLI_MSG_H

#include <stddef.h>

enum msg {
	TEXT_OK,
	TEXT_NOT_OK,
	TEXT_POLICY_FINE,
	TEXT_APPLIED,
	TEXT_ON_TRIAL,
	TEXT_CONFIRM_HINT,
	TEXT_ROLLED_BACK,
	TEXT_SAME,
	TEXT_WARNING,
	TEXT_PROVED,
	TEXT_BROKEN,
	TEXT_NOT_PROVED,
	TEXT_OTHER_REVISION,
	TEXT_REASONS,
	TEXT_ASSERTIONS,
	TEXT_DIFFERENCES,
	TEXT_MATRIX,
	TEXT_FOREIGN,
	TEXT_HOLDS,
	TEXT_DOES_NOT_HOLD,
	TEXT_MORE_THAN,
	TEXT_LESS_THAN,
	TEXT_EXAMPLE,
	TEXT_BY_RULE,
	TEXT_FIREWALL,
	TEXT_ACCEPT,
	TEXT_DROP,
	TEXT_UNKNOWN,
	TEXT_PROXY_ALLOWS,
	TEXT_PROXY_REFUSES,
	TEXT_PROXY_SILENT,
	TEXT_APPROVED,
	TEXT_LOCKDOWN_ON,
	TEXT_LOCKDOWN_OFF,
	TEXT_LOCKDOWN_STATE,
	TEXT_LOCKDOWN_DIRECT,
	TEXT_LOCKDOWN_PART,
	TEXT_LOCKDOWN_PART_NOT,
	TEXT_TRIAL_STATE,
	TEXT_REVIEWED,
	TEXT_OVERDUE,
	TEXT_CUT,
	TEXT_ENTRY_ACTIVE,
	TEXT_ENTRY_REQUESTED,
	TEXT_ENTRY_REMOVED,
	TEXT_LIST_ACTIVE,
	TEXT_LIST_REQUESTED,
	TEXT_IMPORTED,
	TEXT_WOULD_IMPORT,
	TEXT_UNCHECKED,
	TEXT_CYCLE,
	TEXT_SUGGEST_CUT,
	TEXT_DEVICE_GROUP,
	TEXT_OBSERVED,
	TEXT_ALLOWED,
	TEXT_REFUSED,
	TEXT_DEVICE_APPROVED,
	TEXT_DEVICE_REVOKED,
	TEXT_DEVICE_STATE,
	TEXT_ASSETS_IMPORTED,
	TEXT_ASSETS_WOULD,
	TEXT_ALARM_ACKED,
	TEXT_WORK_CONFIRMED,
	TEXT_WORK_UNCHECKED,
	TEXT_NO_END,
	TEXT_CHAIN_WHOLE,
	TEXT_CHAIN_BROKEN,
	TEXT_MORE,
	TEXT_USER_ADDED,
	TEXT_USER_DISABLED,
	TEXT_PASSWORD,
	TEXT_NOT_FOUND,
	TEXT_AMBIGUOUS,
	TEXT_NO_ANSWER,
	TEXT_BAD_ANSWER,
};

#define TEXT_ARGS     3
#define TEXT_LINE_MAX 2048

struct msg_args {
	const char *text[TEXT_ARGS];
};

/* The text, with holes {1} to {3}. lang: "ja", else English. */
const char *msg(const char *lang, enum msg m);

/* The text with its holes filled, cut to fit. */
void msg_format(char *dst, size_t size, const char *lang, enum msg m,
		const struct msg_args *args);

/* A table's head, given in English; itself when it has no other form. */
const char *msg_head(const char *lang, const char *english);

/* A value that answers name ("in-force"), in words; itself when there are none. */
const char *msg_word(const char *lang, const char *value);

#endif
