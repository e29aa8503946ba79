/* SPDX-License-Identifier: GPL-3.0-or-later */
/* handlers - the functions behind the routes (docs/api.md), a file per resource */
#ifndef MGMT_MGMTD_HANDLERS_H
#define MGMT_MGMTD_HANDLERS_H

#include "lib/event.h"
#include "mgmt/mgmtd/call.h"

struct entry;

/* handle_session.c */
void handle_session_start(struct call *c);
void handle_session_show(struct call *c);
void handle_session_end(struct call *c);
void handle_password(struct call *c);

/* handle_policy.c */
void handle_status(struct call *c);
void handle_policy_show(struct call *c);
void handle_policy_nft(struct call *c);
void handle_policy_apply(struct call *c);
json_t *trial_json(const struct call *c); /* null when nothing is on trial */

/* handle_trial.c */
void handle_policy_confirm(struct call *c);
void handle_policy_rollback(struct call *c);
void handle_policy_history(struct call *c);
void handle_policy_diff(struct call *c);

/* handle_lockdown.c */
void handle_lockdown(struct call *c);

/* handle_proof.c */
void handle_verify(struct call *c);

/* handle_probes.c */
void handle_probe_list(struct call *c);
void handle_probe_run(struct call *c);

/* handle_flows.c */
void handle_flow_list(struct call *c);
void handle_flow_review(struct call *c);
json_t *flow_json(const struct call *c, const struct policy_flow *flow);
/* How many flows' reviews are overdue. */
uint32_t flow_reviews_overdue(const struct call *c);

/* handle_explain.c */
void handle_explain(struct call *c);

/* handle_allow.c */
void handle_allow_list(struct call *c);
void handle_allow_request(struct call *c);
void handle_allow_remove(struct call *c);
/* The entry of that id. Returns false when it has answered. */
bool entry_find(struct call *c, const char *id, struct entry *ret);
/* The entry as it is now, and what a publication brought, if any. */
void entry_answer(struct call *c, const char *id, const struct publish_result *result);

/* handle_allow_approve.c */
void handle_allow_approve(struct call *c);
void handle_allow_approve_all(struct call *c);

/* handle_test.c */
void handle_allow_test(struct call *c);

/* handle_allow_file.c */
void handle_allow_import(struct call *c);
void handle_allow_export(struct call *c);

/* handle_review.c */
void handle_allow_lint(struct call *c);
void handle_allow_suggest(struct call *c);

/* handle_lists.c */
void handle_list_list(struct call *c);
void handle_list_request(struct call *c);
void handle_list_change(struct call *c);
void handle_list_approve(struct call *c);
void handle_list_withdraw(struct call *c);
void handle_list_remove(struct call *c);

/* handle_devices.c */
void handle_device_list(struct call *c);
void handle_device_add(struct call *c);
/* The device as it is now; result may be NULL. */
void device_answer(struct call *c, const char *id, const struct publish_result *result);
void handle_device_revoke(struct call *c);
void handle_device_group(struct call *c);

/* handle_permits.c */
void handle_device_request(struct call *c);
void handle_device_approve(struct call *c);

/* handle_terminal.c */
void handle_device_check(struct call *c);

/* handle_holds.c */
void handle_device_quarantine(struct call *c);
void handle_device_release(struct call *c);
void handle_device_release_approve(struct call *c);
void handle_device_suspend(struct call *c);
void handle_device_resume(struct call *c);
void handle_device_retire(struct call *c);
void handle_device_certify(struct call *c);

/* handle_assets.c */
void handle_asset_list(struct call *c);
void handle_asset_show(struct call *c);
void handle_asset_add(struct call *c);
void handle_asset_change(struct call *c);
void handle_asset_card(struct call *c);
/* The entry as it is now; result may be NULL. */
void asset_answer(struct call *c, const char *id, const struct publish_result *result,
		  bool with_cut);

/* handle_alarms.c */
void handle_alarm_list(struct call *c);
void handle_alarm_ack(struct call *c);
const char *severity_name(enum event_severity s);
enum event_kind event_kind_of(const char *name); /* EVENT_NONE: no such kind */

/* handle_admission.c */
void handle_admission_show(struct call *c);
void handle_admission_set(struct call *c);

/* handle_unadmitted.c */
void handle_unadmitted(struct call *c);

/* handle_zones.c */
/* Modes and counts of all zones. Returns 0 or a negative errno. */
int admission_zones(struct call *c, json_t **ret) MUST_CHECK;

/* handle_asset_file.c */
void handle_asset_import(struct call *c);
void handle_asset_export(struct call *c);
/* Is the query's encoding one that we write? Else it has answered. */
bool asset_encoding_ok(struct call *c);
/* Answer with a CSV file, taken over, in that encoding. */
void asset_answer_file(struct call *c, char *text, size_t len);

/* handle_draft.c */
void handle_asset_draft(struct call *c);

/* handle_work.c */
void handle_work_list(struct call *c);
void handle_work_confirm(struct call *c);

/* handle_due.c */
void handle_asset_due(struct call *c);

/* handle_proxy.c */
void handle_proxy_list(struct call *c);
void handle_proxy_cut(struct call *c);

/* handle_records.c */
void handle_record_search(struct call *c);
void handle_record_verify(struct call *c);

/* handle_users.c */
void handle_user_list(struct call *c);
void handle_user_add(struct call *c);
void handle_user_disable(struct call *c);
void handle_user_reset(struct call *c);

#endif
