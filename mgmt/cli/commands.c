/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/cli/cli.h"

#define SEARCH \
	"from= to= kind=+ reason= mac= address= zone= device= user= rule= host= text= " \
	"after= order= limit="

#define LIST "reason=! mode= zone=+ group=+ user=+ hours=+ holiday=+ timezone="

/* clang-format off */
/* options as in args.h; with '!' behind its '=' an option must be given */
const struct command commands[] = {
	{ "status", NULL, cmd_status, "", 0, 0,
	  "", "the state of every part; exit 1 if any promise is not being kept" },
	{ "policy", "check", cmd_policy_check, "", 1, 1,
	  "FILE|-", "check a policy file without a gateway" },
	{ "policy", "apply", cmd_policy_apply, "reason= confirm-within=", 1, 1,
	  "FILE|- [--reason TEXT] [--confirm-within 10s..24h]",
	  "put a policy file into force, for good or until nobody confirms it in time" },
	{ "policy", "confirm", cmd_policy_confirm, "", 0, 0,
	  "", "keep the policy that is on trial" },
	{ "policy", "rollback", cmd_policy_rollback, "reason=", 0, 0,
	  "[--reason TEXT]", "go back from the policy that is on trial" },
	{ "policy", "history", cmd_policy_history, "", 0, 0,
	  "", "the versions of the policy and what became of them" },
	{ "policy", "diff", cmd_policy_diff, "from= to=", 0, 1,
	  "[FILE|-] [--from REVISION] [--to REVISION]",
	  "how a file, or one version, differs from another or the one in force" },
	{ "policy", "show", cmd_policy_show, "nft", 0, 0,
	  "[--nft]", "the policy, or the kernel's rules, in force" },
	{ "verify", NULL, cmd_verify, "probe runs", 0, 0,
	  "[--probe | --runs]",
	  "prove from the kernel's own rules that they are the policy's, or send probes, or "
	  "show the probes of the last days; exit 1 unless proved, or as it should be" },
	{ "explain", NULL, cmd_explain, "from=! to=! port= proto=", 0, 0,
	  "--from DEV|ADDRESS|MAC --to HOST|ADDRESS [--port N] [--proto tcp|udp|icmp]",
	  "which rule decides, who approved it, and since when" },
	{ "lockdown", "on", cmd_lockdown_on, "reason=!", 0, 0,
	  "--reason TEXT", "cut everything but management, at once" },
	{ "lockdown", "off", cmd_lockdown_off, "reason=!", 0, 0,
	  "--reason TEXT", "go back to the last revision" },
	{ "flow", "list", cmd_flow_list, "", 0, 0,
	  "", "the policy's flows, who answers for them, and which review is overdue" },
	{ "flow", "review", cmd_flow_review, "result=! next=", 1, 1,
	  "ID --result TEXT [--next DAY]", "write down that a flow was looked at again" },
	{ "allow", "add", cmd_allow_add,
	  "reason=! address port=+ scheme= tls-any path= method=+ list= owner= from= "
	  "until= review= override= replaces=",
	  1, 1,
	  "HOST --reason TEXT [--address] [--port N]... [--scheme any|http|https]\n"
	  "      [--tls-any] [--path PREFIX] [--method M]... [--list LIST] [--owner TEXT]\n"
	  "      [--from TIME|DAY] [--until TIME|DAY] [--review DAY] [--override TEXT]\n"
	  "      [--replaces ID]",
	  "allow a host name, or with --address an address" },
	{ "allow", "remove", cmd_allow_remove, "reason=!", 1, 1,
	  "ID|HOST --reason TEXT", "withdraw an entry and cut its connections" },
	{ "allow", "list", cmd_allow_list, "state= list=", 0, 0,
	  "[--state requested|active] [--list ID]", "the allowlist and what is requested" },
	{ "allow", "test", cmd_allow_test,
	  "port= zone= from= user= at= method= scheme= path=", 1, 1,
	  "URL|HOST [--from DEV | --zone Z] [--user U] [--method M] [--at TIME]\n"
	  "      [--port N] [--scheme http|https] [--path P]",
	  "what the proxy would decide; exit 1 if it would refuse" },
	{ "allow", "import", cmd_allow_import, "format= check", 1, 1,
	  "FILE|- [--format csv|json] [--check]",
	  "request all entries of a file, or none of them" },
	{ "allow", "export", cmd_allow_export, "format= bom", 0, 0,
	  "[--format csv|json] [--bom]", "the allowlist as a file" },
	{ "allow", "lint", cmd_allow_lint, "days=", 0, 0,
	  "[--days N]", "entries that are of no use or overdue; exit 1 if there are any" },
	{ "allow", "suggest", cmd_allow_suggest, "days= csv", 0, 0,
	  "[--days N] [--csv]", "drafts of entries from what was refused or observed" },
	{ "list", "add", cmd_list_add, LIST, 1, 1,
	  "NAME --reason TEXT [--mode enforce|observe] [--zone Z]... [--group G]...\n"
	  "      [--user U]... [--hours \"mon-fri 08:30-17:15\"]... [--holiday DAY]...\n"
	  "      [--timezone TZ]",
	  "make a list of entries that have something in common" },
	{ "list", "set", cmd_list_set,
	  LIST " name= all-zones all-groups all-users always", 1, 1,
	  "LIST --reason TEXT [--name NAME] [--all-zones] [--all-groups] [--all-users]\n"
	  "      [--always] [as for list add]",
	  "change a list; what is not given stays" },
	{ "list", "remove", cmd_list_remove, "reason=!", 1, 1,
	  "LIST --reason TEXT", "remove a list without entries" },
	{ "list", "list", cmd_list_list, "", 0, 0,
	  "", "the lists" },
	{ "device", "list", cmd_device_list, "", 0, 0,
	  "", "devices seen, requested and admitted" },
	{ "device", "show", cmd_device_show, "", 1, 1,
	  "DEV", "all that is known about a device" },
	{ "device", "approve", cmd_device_approve,
	  "kind=! owner=! reason=! from= until= for= dest=+ interface= company= ticket= "
	  "address= with=+ terminal= checked=", 1, 1,
	  "DEV --kind business|contractor|private|infrastructure|printer|maintenance\n"
	  "      --owner TEXT --reason TEXT [--company TEXT] [--ticket TEXT]\n"
	  "      [--from TIME|DAY] [--until TIME|DAY | --for 30s|10m|8h|90d]\n"
	  "      [--dest HOST]... [--interface IF] [--address IP] [--with CARD]...\n"
	  "      [--terminal TEXT --checked DAY]",
	  "admit a device" },
	{ "device", "revoke", cmd_device_revoke, "reason=!", 1, 1,
	  "DEV --reason TEXT", "withdraw a permit and cut its connections" },
	{ "device", "group", cmd_device_group, "reason=!", 1, 2,
	  "DEV [GROUP] --reason TEXT", "put a device into a group, or into none" },
	{ "device", "quarantine", cmd_device_quarantine, "reason=!", 1, 1,
	  "DEV --reason TEXT", "isolate a device with all its cards, at once" },
	{ "device", "release", cmd_device_release, "reason=!", 1, 1,
	  "DEV --reason TEXT", "end a quarantine" },
	{ "device", "suspend", cmd_device_suspend, "reason=!", 1, 1,
	  "DEV --reason TEXT", "its permits do not count until it is resumed" },
	{ "device", "resume", cmd_device_resume, "reason=!", 1, 1,
	  "DEV --reason TEXT", "end a suspension" },
	{ "device", "retire", cmd_device_retire, "reason=!", 1, 1,
	  "DEV --reason TEXT", "out of use for good" },
	{ "device", "certify", cmd_device_certify, "result=!", 1, 1,
	  "DEV --result TEXT", "write down that a device is there and still needed" },
	{ "device", "check", cmd_device_check, "checked=!", 1, 1,
	  "DEV --checked DAY", "a remote terminal was checked against its requirements" },
	{ "device", "work", cmd_device_work, "all from= to= work= result= records=", 1, 3,
	  "list [--all] [--from DAY] [--to DAY]\n"
	  "  device work confirm PERMIT DAY --work TEXT --result TEXT --records TEXT",
	  "days on which contractors worked, and what somebody found out about them" },
	{ "asset", "list", cmd_asset_list, "state= kind= zone= text=", 0, 0,
	  "[--state S] [--kind K] [--zone Z] [--text T]", "the register of devices" },
	{ "asset", "show", cmd_asset_show, "", 1, 1,
	  "ID", "one device of the register with its history" },
	{ "asset", "add", cmd_asset_add,
	  "owner=! kind=! card=+ number= name= organisation= zone= note=", 0, 0,
	  "--owner TEXT --kind K --card MAC,IF... [--number N] [--name TEXT]\n"
	  "      [--organisation TEXT] [--zone Z] [--note TEXT]",
	  "register a device" },
	{ "asset", "set", cmd_asset_set,
	  "reason=! owner= kind= number= name= organisation= zone= note=", 1, 1,
	  "ID --reason TEXT [the options of add]", "change what the register says" },
	{ "asset", "card", cmd_asset_card, "interface=! reason=!", 2, 2,
	  "ID MAC --interface IF --reason TEXT", "one card more" },
	{ "asset", "import", cmd_asset_import, "check sjis", 1, 1,
	  "FILE|- [--check] [--sjis]", "take all rows of a CSV file, or none" },
	{ "asset", "export", cmd_asset_export, "bom sjis", 0, 0,
	  "[--bom | --sjis]", "the register as CSV" },
	{ "asset", "draft", cmd_asset_draft, "zone= since= out= bom sjis", 0, 0,
	  "[--zone Z] [--since DAY] [--out FILE] [--bom | --sjis]",
	  "a register to fill in, of devices that were seen and nobody registered" },
	{ "asset", "due", cmd_asset_due, "days=", 0, 0,
	  "[--days N]", "what ends, sleeps or is to be looked at again" },
	{ "alarm", "list", cmd_alarm_list, "all open", 0, 0,
	  "[--all | --open]", "what the sensor raised and nobody has looked at" },
	{ "alarm", "ack", cmd_alarm_ack, "done=!", 1, 1,
	  "ID --done TEXT", "say what was done about an alarm" },
	{ "admission", "show", cmd_admission_show, "", 0, 0,
	  "", "terms of permits, and what events lead to" },
	{ "admission", "set", cmd_admission_set, "reason=!", 1, 30,
	  "KEY=VALUE... --reason TEXT", "change them: contractor_days=60 scan=quarantine" },
	{ "proxy", "connections", cmd_proxy_connections, "after= limit=", 0, 0,
	  "[--after ID] [--limit N]", "what is open through the proxy now" },
	{ "proxy", "cut", cmd_proxy_cut, "reason=!", 1, 1,
	  "ID --reason TEXT", "end one of these connections" },
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
