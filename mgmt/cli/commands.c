/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/cli/cli.h"

#define SEARCH \
	"from= to= kind=+ reason= mac= address= zone= device= user= rule= host= text= " \
	"after= order= limit="

/* clang-format off */
/* options as in args.h; with '!' behind its '=' an option must be given */
const struct command commands[] = {
	{ "status", NULL, cmd_status, "", 0, 0,
	  "", "the state of every part; exit 1 if any promise is not being kept" },
	{ "policy", "check", cmd_policy_check, "", 1, 1,
	  "FILE|-", "check a policy file without a gateway" },
	{ "policy", "apply", cmd_policy_apply, "reason=", 1, 1,
	  "FILE|- [--reason TEXT]", "put a policy file into force" },
	{ "policy", "show", cmd_policy_show, "nft", 0, 0,
	  "[--nft]", "the policy, or the kernel's rules, in force" },
	{ "allow", "add", cmd_allow_add, "reason=! port=+ zone=+", 1, 1,
	  "HOST --reason TEXT [--port N]... [--zone Z]...", "allow a host name" },
	{ "allow", "remove", cmd_allow_remove, "reason=!", 1, 1,
	  "ID|HOST --reason TEXT", "withdraw an entry and cut its connections" },
	{ "allow", "list", cmd_allow_list, "", 0, 0,
	  "", "the allowlist and what is requested" },
	{ "allow", "test", cmd_allow_test, "port= zone=", 1, 1,
	  "URL|HOST [--port N] [--zone Z]", "would it be allowed? exit 1 if not" },
	{ "device", "list", cmd_device_list, "", 0, 0,
	  "", "devices seen, requested and admitted" },
	{ "device", "show", cmd_device_show, "", 1, 1,
	  "DEV", "all that is known about a device" },
	{ "device", "approve", cmd_device_approve,
	  "kind=! owner=! reason=! until= for= dest=+ interface=", 1, 1,
	  "DEV --kind business|contractor --owner TEXT --reason TEXT\n"
	  "      [--until TIME|DAY | --for 30s|10m|8h|90d] [--dest HOST]...\n"
	  "      [--interface IF]",
	  "admit a device" },
	{ "device", "revoke", cmd_device_revoke, "reason=!", 1, 1,
	  "DEV --reason TEXT", "withdraw a permit and cut its connections" },
	{ "record", "search", cmd_record_search, SEARCH, 0, 0,
	  "[--from TIME] [--to TIME] [--kind K]... [--reason R] [--mac M]\n"
	  "      [--address A] [--zone Z] [--device D] [--user U] [--rule ID]\n"
	  "      [--host H|.SUFFIX] [--text T] [--after ID] [--order newest|oldest]\n"
	  "      [--limit N]",
	  "search the records" },
	{ "record", "tail", cmd_record_tail, "f", 0, 0,
	  "[-f]", "the newest records; with -f those that follow, too" },
	{ "record", "verify", cmd_record_verify, "", 0, 0,
	  "", "check the chain of all records; exit 1 if broken" },
	{ "user", "add", cmd_user_add, "name=! role=!", 1, 1,
	  "LOGIN --name NAME --role ROLE", "add an account and print its first password" },
	{ "user", "list", cmd_user_list, "", 0, 0,
	  "", "accounts" },
	{ "user", "disable", cmd_user_disable, "reason=!", 1, 1,
	  "LOGIN --reason TEXT", "disable an account and end its sessions" },
	{ "user", "reset", cmd_user_reset, "reason=!", 1, 1,
	  "LOGIN --reason TEXT", "give an account a new first password" },
};
/* clang-format on */

const size_t command_count = ARRAY_LEN(commands);
