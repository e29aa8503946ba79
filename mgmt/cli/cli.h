/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cli - what every subcommand gets, and what it returns */
#ifndef MGMT_CLI_CLI_H
#define MGMT_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>

#include "mgmt/cli/args.h"

#define CLI_DONE   0
#define CLI_FAILED 1 /* or refused */
#define CLI_MISUSE 2

struct cli {
	const char *root; /* "" is the real system */
	const char *lang; /* "ja" or "en" */
	bool json;
	struct args args; /* what follows the subcommand */
};

struct command {
	const char *group; /* "allow", or the whole name: "status" */
	const char *verb; /* "add", or NULL */
	int (*run)(const struct cli *c);
	const char *options; /* as for args_parse(), without the global ones */
	size_t words_min, words_max; /* that are no options */
	const char *usage;
	const char *summary;
};

extern const struct command commands[];
extern const size_t command_count;

int cmd_status(const struct cli *c);
int cmd_policy_check(const struct cli *c);
int cmd_policy_apply(const struct cli *c);
int cmd_policy_show(const struct cli *c);
int cmd_policy_confirm(const struct cli *c);
int cmd_policy_rollback(const struct cli *c);
int cmd_policy_history(const struct cli *c);
int cmd_policy_diff(const struct cli *c);
int cmd_verify(const struct cli *c);
int cmd_probe(const struct cli *c);
int cmd_probe_runs(const struct cli *c);
int cmd_explain(const struct cli *c);
int cmd_lockdown_on(const struct cli *c);
int cmd_lockdown_off(const struct cli *c);
int cmd_flow_list(const struct cli *c);
int cmd_flow_review(const struct cli *c);
int cmd_allow_add(const struct cli *c);
int cmd_allow_remove(const struct cli *c);
int cmd_allow_list(const struct cli *c);
int cmd_allow_test(const struct cli *c);
int cmd_allow_import(const struct cli *c);
int cmd_allow_export(const struct cli *c);
int cmd_allow_lint(const struct cli *c);
int cmd_allow_suggest(const struct cli *c);
int cmd_list_add(const struct cli *c);
int cmd_list_set(const struct cli *c);
int cmd_list_remove(const struct cli *c);
int cmd_list_list(const struct cli *c);
int cmd_device_list(const struct cli *c);
int cmd_device_show(const struct cli *c);
int cmd_device_approve(const struct cli *c);
int cmd_device_revoke(const struct cli *c);
int cmd_device_group(const struct cli *c);
int cmd_device_quarantine(const struct cli *c);
int cmd_device_release(const struct cli *c);
int cmd_device_suspend(const struct cli *c);
int cmd_device_resume(const struct cli *c);
int cmd_device_retire(const struct cli *c);
int cmd_device_certify(const struct cli *c);
int cmd_device_check(const struct cli *c);
int cmd_device_work(const struct cli *c);
int cmd_asset_list(const struct cli *c);
int cmd_asset_show(const struct cli *c);
int cmd_asset_add(const struct cli *c);
int cmd_asset_set(const struct cli *c);
int cmd_asset_card(const struct cli *c);
int cmd_asset_import(const struct cli *c);
int cmd_asset_export(const struct cli *c);
int cmd_asset_draft(const struct cli *c);
int cmd_asset_due(const struct cli *c);
int cmd_alarm_list(const struct cli *c);
int cmd_alarm_ack(const struct cli *c);
int cmd_admission_show(const struct cli *c);
int cmd_admission_status(const struct cli *c);
int cmd_admission_set(const struct cli *c);
int cmd_proxy_connections(const struct cli *c);
int cmd_proxy_cut(const struct cli *c);
int cmd_record_search(const struct cli *c);
int cmd_record_tail(const struct cli *c);
int cmd_record_verify(const struct cli *c);
int cmd_user_add(const struct cli *c);
int cmd_user_list(const struct cli *c);
int cmd_user_disable(const struct cli *c);
int cmd_user_reset(const struct cli *c);

#endif
