/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/allow/match.h"
#include "lib/record.h"
#include "lib/revision.h"
#include "lib/spool.h"
#include "mgmt/mgmtd/store_entry.h"
#include "tests/unit/mgmtd/stand.h"

#define ENTRY "{\"host\": \"www.example.jp\", \"reason\": \"work\"}"

static void stop(struct fake *fake, const char *rel)
{
	char path[PATH_TEXT_MAX];

	assert_int_equal(path_join(path, f.root, rel), 0);
	fake_stop(fake, path);
}

static void start(struct fake *fake, const char *rel)
{
	char path[PATH_TEXT_MAX];

	assert_int_equal(path_join(path, f.root, rel), 0);
	fake_start(fake, path);
}

/* The state that the daemons would load at their start. */
static uint64_t current(size_t *ret_entries)
{
	char dir[PATH_TEXT_MAX];
	struct diags diags = { 0 };
	struct allow_image *image;
	struct revision *rev;
	uint64_t number;

	assert_int_equal(path_join(dir, f.root, PATH_REVISIONS), 0);
	assert_int_equal(revision_load(dir, 0, &rev, &diags), 0);
	number = rev->number;
	assert_int_equal(revision_open_image(dir, rev, &image, &diags), 0);
	*ret_entries = allow_image_entries(image);
	allow_image_free(image);
	revision_free(rev);
	return number;
}

static unsigned post(const char *path, const char *body, json_t **ret)
{
	unsigned status;
	json_t *value = fixture_root(&f, "POST", path, body, &status);

	if (ret != NULL)
		*ret = value;
	else
		json_decref(value);
	return status;
}

/* File an entry; its id stays in the buffer. */
static const char *file_entry(void)
{
	static char id[ID_TEXT_MAX];
	json_t *entry;

	assert_int_equal(post("/api/allow", ENTRY, &entry), 200);
	(void)snprintf(id, sizeof(id), "%s",
		       json_string_value(json_object_get(entry, "id")));
	json_decref(entry);
	return id;
}

static unsigned act(const char *id, const char *verb, json_t **ret)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "/api/allow/%s/%s", id, verb);
	return post(path, strcmp(verb, "remove") == 0 ? "{\"reason\": \"over\"}" : "{}",
		    ret);
}

static const char *state_of(const char *id)
{
	static struct entry e;

	return store_entry_get(f.app.db, id, &e) == 0 ? e.state : "gone";
}

static void test_all_follow(void **state)
{
	const char *id = file_entry();
	size_t entries;
	json_t *answer;

	(void)state;
	assert_int_equal(f.gated.shared->revision, 1);
	assert_int_equal(act(id, "approve", &answer), 200);
	assert_int_equal(json_integer_value(json_object_get(answer, "revision")), 2);
	assert_null(json_object_get(answer, "pending"));
	json_decref(answer);
	assert_int_equal(current(&entries), 2);
	assert_int_equal(entries, 1);
	assert_int_equal(f.gated.shared->revision, 2);
	assert_int_equal(f.proxyd.shared->revision, 2);
	assert_string_equal(state_of(id), "active");

	assert_int_equal(act(id, "remove", &answer), 200);
	assert_int_equal(json_integer_value(json_object_get(answer, "cut")), 6);
	json_decref(answer);
	assert_int_equal(current(&entries), 3);
	assert_int_equal(entries, 0);
	assert_int_equal(fixture_records(&f, RECORD_CHANGE), 4);
}

/* Refused by one: ledger, files and the other one are as before. */
static void refused_by(struct fake *who, unsigned loads_of_gated)
{
	const char *id = file_entry();
	size_t entries;
	json_t *answer;

	who->shared->mode = FAKE_REFUSES;
	assert_int_equal(act(id, "approve", &answer), 422);
	assert_string_equal(
		json_string_value(json_array_get(
			json_object_get(json_object_get(answer, "error"), "diagnostics"),
			0)),
		"policy.yaml:3:7: no such interface");
	json_decref(answer);
	assert_string_equal(state_of(id), "requested");
	assert_int_equal(current(&entries), 1);
	assert_int_equal(f.app.publisher.current, 1);
	assert_false(fixture_has(&f, PATH_REVISIONS "/0000000002.json"));
	assert_false(fixture_has(&f, PATH_REVISIONS "/0000000002.sig"));
	assert_false(fixture_has(&f, PATH_REVISIONS "/0000000002.allow"));
	assert_int_equal(f.gated.shared->revision, 1);
	assert_int_equal(f.gated.shared->loads, loads_of_gated);
	assert_int_equal(f.proxyd.shared->revision, 1);

	who->shared->mode = FAKE_ACCEPTS;
	assert_int_equal(act(id, "approve", NULL), 200);
	assert_int_equal(current(&entries), 3); /* a number is not used twice */
}

static void test_gated_refuses(void **state)
{
	(void)state;
	refused_by(&f.gated, 1);
}

static void test_proxyd_refuses(void **state)
{
	(void)state;
	refused_by(&f.proxyd, 3); /* first, the new one, and back */
}

static void test_grant_needs_both(void **state)
{
	const char *id = file_entry();
	size_t entries;

	(void)state;
	stop(&f.proxyd, PATH_SOCK_PROXYD);
	assert_int_equal(act(id, "approve", NULL), 503);
	assert_int_equal(f.gated.shared->asked, 1); /* it was not even asked */
	assert_string_equal(state_of(id), "requested");
	assert_int_equal(current(&entries), 1);
	start(&f.proxyd, PATH_SOCK_PROXYD);
	stop(&f.gated, PATH_SOCK_GATED);
	assert_int_equal(act(id, "approve", NULL), 503);
	assert_int_equal(current(&entries), 1);
	assert_int_equal(fixture_records(&f, RECORD_CHANGE), 2);
}

static void test_slow_daemon_is_undone(void **state)
{
	const char *id = file_entry();
	size_t entries;

	(void)state;
	f.proxyd.shared->mode = FAKE_HANGS;
	assert_int_equal(act(id, "approve", NULL), 503);
	assert_int_equal(f.gated.shared->revision, 1); /* had taken 2, went back */
	assert_int_equal(f.gated.shared->loads, 3);
	assert_int_equal(current(&entries), 1);
	assert_string_equal(state_of(id), "requested");
}

/* Longer than a daemon may take that is only looked at: one at work is not away. */
static void test_busy_daemon_is_waited_for(void **state)
{
	const char *id = file_entry();

	(void)state;
	f.app.parts.load_ms = 10000;
	f.gated.shared->status_pause_ms = 600;
	assert_int_equal(act(id, "approve", NULL), 200);
	assert_int_equal(f.gated.shared->revision, 2);
}

/* Who is late once may be at work; who is late again is away, and back when it answers. */
static void test_late_is_not_away(void **state)
{
	struct part_state *gated = &f.app.parts.state[PART_GATED];

	(void)state;
	parts_poll(&f.app.parts);
	assert_true(gated->there && !gated->late);
	f.gated.shared->status_pause_ms = 1000;
	parts_poll(&f.app.parts);
	assert_true(gated->there && gated->late);
	assert_int_equal(gated->status.revision, 1);
	parts_poll(&f.app.parts);
	assert_false(gated->there);
	f.gated.shared->status_pause_ms = 0;
	for (int i = 0; i < 100 && !gated->there; i++) {
		gated->ask_next = (struct mono){ 0 };
		parts_poll(&f.app.parts);
	}
	assert_true(gated->there && !gated->late);
}

static void test_withdrawal_without_daemon(void **state)
{
	const char *id = file_entry();
	size_t entries;
	json_t *answer, *pending;

	(void)state;
	assert_int_equal(act(id, "approve", NULL), 200);
	stop(&f.gated, PATH_SOCK_GATED);
	assert_int_equal(act(id, "remove", &answer), 200);
	pending = json_object_get(answer, "pending");
	assert_int_equal(json_array_size(pending), 1);
	assert_string_equal(json_string_value(json_array_get(pending, 0)), "gated");
	json_decref(answer);
	assert_string_equal(state_of(id), "gone");
	assert_int_equal(current(&entries), 3);
	assert_int_equal(entries, 0);
	assert_int_equal(f.proxyd.shared->revision, 3);
	assert_int_equal(f.gated.shared->revision, 2);

	/* gated comes back with what it had; the next tick brings it along */
	start(&f.gated, PATH_SOCK_GATED);
	app_tick(&f.app, f.now);
	assert_int_equal(f.gated.shared->revision, 3);
}

static void test_died_while_loading(void **state)
{
	const char *id = file_entry();

	(void)state;
	f.gated.shared->mode = FAKE_DIES;
	assert_int_equal(act(id, "approve", NULL), 503);
	assert_string_equal(state_of(id), "requested");
	stop(&f.gated, PATH_SOCK_GATED);
	f.gated.shared->mode = FAKE_ACCEPTS;
	start(&f.gated, PATH_SOCK_GATED); /* still says 2, which never came into force */
	assert_int_equal(f.gated.shared->revision, 2);
	app_tick(&f.app, f.now);
	assert_int_equal(f.gated.shared->revision, 1);
}

/* We ended after the daemons took it and before our own commit. */
static void test_crash_before_commit(void **state)
{
	char dir[PATH_TEXT_MAX], from[PATH_TEXT_MAX], to[PATH_TEXT_MAX];
	size_t entries;

	(void)state;
	assert_int_equal(path_join(dir, f.root, PATH_REVISIONS), 0);
	assert_int_equal(path_join(from, dir, "/0000000001.json"), 0);
	assert_int_equal(path_join(to, dir, "/0000000002.json"), 0);
	assert_int_equal(link(from, to), 0);
	assert_int_equal(path_join(from, dir, "/0000000001.allow"), 0);
	assert_int_equal(path_join(to, dir, "/0000000003.allow"), 0);
	assert_int_equal(link(from, to), 0);
	assert_int_equal(revision_set_current(dir, 2), 0);
	f.gated.shared->revision = 2;
	fixture_restart(&f);
	assert_int_equal(current(&entries), 1);
	assert_false(fixture_has(&f, PATH_REVISIONS "/0000000002.json"));
	assert_false(fixture_has(&f, PATH_REVISIONS "/0000000003.allow"));
	assert_true(fixture_has(&f, PATH_REVISIONS "/0000000001.allow"));
	app_tick(&f.app, f.now);
	assert_int_equal(f.gated.shared->revision, 1);
	assert_int_equal(f.proxyd.shared->asked, 1); /* had the right one */
	assert_int_equal(f.app.publisher.tried, 3);
}

static void test_no_record_no_change(void **state)
{
	const char *id = file_entry();
	char dir[PATH_TEXT_MAX], away[PATH_TEXT_MAX];
	size_t entries;

	(void)state;
	assert_int_equal(path_join(dir, f.root, PATH_SPOOL "/mgmtd"), 0);
	assert_int_equal(path_join(away, f.root, PATH_SPOOL "/away"), 0);
	assert_int_equal(rename(dir, away), 0);
	journal_close(&f.app.journal);
	assert_int_equal(act(id, "approve", NULL), 503);
	assert_int_equal(
		post("/api/allow", "{\"host\": \"b.jp\", \"reason\": \"x\"}", NULL), 503);
	assert_int_equal(current(&entries), 1);
	assert_int_equal(f.gated.shared->asked, 1);
	assert_int_equal(rename(away, dir), 0);
	assert_int_equal(act(id, "approve", NULL), 200); /* by itself, when it can */
}

/* What takes away is done all the same, and counted. */
static void test_no_record_still_withdraws(void **state)
{
	const char *id = file_entry();
	char dir[PATH_TEXT_MAX], away[PATH_TEXT_MAX];
	size_t entries;

	(void)state;
	assert_int_equal(act(id, "approve", NULL), 200);
	assert_int_equal(path_join(dir, f.root, PATH_SPOOL "/mgmtd"), 0);
	assert_int_equal(path_join(away, f.root, PATH_SPOOL "/away"), 0);
	assert_int_equal(rename(dir, away), 0);
	journal_close(&f.app.journal);
	assert_int_equal(act(id, "remove", NULL), 200);
	assert_int_equal(current(&entries), 3);
	assert_int_equal(entries, 0);
	assert_int_equal(f.app.journal.missing, 1);
	assert_int_equal(rename(away, dir), 0);
	(void)file_entry();
	assert_int_equal(f.app.journal.missing, 0);
	assert_int_equal(fixture_records(&f, RECORD_GAP), 1);
}

/* One that an earlier version took: it can be seen, and another one applied. */
static void test_policy_of_an_earlier_version(void **state)
{
	const char *text;
	json_t *answer, *part;
	size_t i;

	(void)state;
	json_decref(stand_post("/api/devices",
			       "{'mac': '00163e000001', 'interface': 'office0'}", 200));
	assert_int_equal(db_run(f.app.db,
				"UPDATE policy_version SET text = text || 'former: 1\n'",
				""),
			 0);
	app_close(&f.app);
	assert_int_equal(app_open(&f.app, f.root), 0);
	f.app.parts.load_ms = 1000;
	answer = stand_get("/api/status");
	assert_true(json_is_false(json_object_get(answer, "ok")));
	json_array_foreach(json_object_get(answer, "parts"), i, part)
	{
		text = stand_text(part, "text");
		if (strcmp(stand_text(part, "name"), "mgmtd") == 0 &&
		    strstr(text, "former") == NULL)
			fail_msg("%s", text);
	}
	json_decref(answer);
	answer = stand_get("/api/policy");
	assert_non_null(strstr(stand_text(answer, "text"), "former"));
	json_decref(answer);
	json_decref(stand_post("/api/lockdown", "{'on': true, 'reason': 'r'}", 200));
	stand_refused("/api/devices/00163e000001/quarantine", "{'reason': 'r'}", 409,
		      "no-policy");
	app_tick(&f.app, f.now);
	fixture_apply_policy(&f);
	assert_non_null(f.app.policy);
	assert_string_equal(f.app.policy_refused, "");
}

/* The reserve is there, and comes back. */
static void test_reserve(void **state)
{
	char path[PATH_TEXT_MAX];
	struct stat st;

	(void)state;
	assert_int_equal(path_join(path, f.root, PATH_LEDGER "/reserve"), 0);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(stat(path, &st), 0);
		assert_in_range(st.st_size, 1, RESERVE_MAX);
		assert_true(st.st_blocks * 512 >= st.st_size);
		assert_int_equal(truncate(path, 0), 0);
		app_tick(&f.app, f.now);
	}
}

/* Not at every tick; but it may have been a moment's, and something was withdrawn. */
static void test_refusal_is_repeated_later(void **state)
{
	(void)state;
	f.gated.shared->revision = 9;
	f.gated.shared->mode = FAKE_REFUSES;
	app_tick(&f.app, f.now);
	app_tick(&f.app, f.now);
	assert_int_equal(f.gated.shared->asked, 2); /* the policy, and once */
	f.gated.shared->mode = FAKE_ACCEPTS;
	f.app.parts.state[PART_GATED].refused_next = mono_now();
	app_tick(&f.app, f.now);
	assert_int_equal(f.gated.shared->asked, 3);
	assert_int_equal(f.gated.shared->revision, 1);
}

/* The permits of the revision in force; the policy's zone of the first. */
static size_t permits(char zone[32])
{
	char dir[PATH_TEXT_MAX];
	struct diags diags = { 0 };
	struct revision *rev;
	size_t count;

	assert_int_equal(path_join(dir, f.root, PATH_REVISIONS), 0);
	assert_int_equal(revision_load(dir, 0, &rev, &diags), 0);
	count = rev->permit_count;
	if (count != 0)
		(void)snprintf(zone, 32, "%s",
			       rev->policy->zone[rev->permit[0].zone].name);
	revision_free(rev);
	return count;
}

/* The group of the first permit in force. */
static const char *first_group(void)
{
	static char group[ALLOW_MEMBER_MAX + 1];
	char dir[PATH_TEXT_MAX];
	struct diags diags = { 0 };
	struct revision *rev;

	assert_int_equal(path_join(dir, f.root, PATH_REVISIONS), 0);
	assert_int_equal(revision_load(dir, 0, &rev, &diags), 0);
	assert_int_not_equal(rev->permit_count, 0);
	(void)snprintf(group, sizeof(group), "%s", rev->permit[0].group);
	revision_free(rev);
	return group;
}

/* What the ledger says of an entry and its list is what the image answers by. */
static void test_lists(void **state)
{
	static const char list[] =
		"{\"name\": \"z\", \"reason\": \"r\", \"zones\": [\"office\"],"
		" \"groups\": [\"g\"], \"users\": [\"hanako\"], \"schedule\": "
		"{\"weekly\":"
		" [{\"days\": [\"mon\"], \"from\": \"23:00\", \"to\": \"24:00\"}]}}";
	static const char entry[] =
		"{\"host\": \"z.jp\", \"list\": \"z\", \"ports\": [8443, 443],"
		" \"scheme\": \"http\", \"path\": \"/a/\", \"methods\": [\"GET\"],"
		" \"until\": \"2026-09-22T00:00:00Z\", \"purpose\": \"r\"}";
	struct allow_question q = { .host = "z.jp",
				    .port = 8443,
				    .path = "/a/b",
				    .method = "GET",
				    .now_s = f.now };
	struct allow_client client = { .group = "g", .user = "hanako" };
	char dir[PATH_TEXT_MAX], id[ID_TEXT_MAX], path[96];
	struct diags diags = { 0 };
	struct allow_image *image;
	struct allow_lists lists;
	struct revision *rev;
	json_t *answer;
	size_t office;

	(void)state;
	assert_int_equal(post("/api/lists", list, &answer), 200);
	(void)snprintf(path, sizeof(path), "/api/lists/%s/approve",
		       json_string_value(json_object_get(answer, "id")));
	json_decref(answer);
	assert_int_equal(post(path, "{}", NULL), 200);
	assert_int_equal(post("/api/allow", entry, &answer), 200);
	(void)snprintf(id, sizeof(id), "%s",
		       json_string_value(json_object_get(answer, "id")));
	json_decref(answer);
	assert_int_equal(act(id, "approve", NULL), 200);
	assert_int_equal(path_join(dir, f.root, PATH_REVISIONS), 0);
	assert_int_equal(revision_load(dir, 0, &rev, &diags), 0);
	assert_int_equal(revision_open_image(dir, rev, &image, &diags), 0);
	assert_int_equal(rev->number, 3);
	assert_false(fixture_has(&f, PATH_REVISIONS "/0000000002.allow"));
	assert_true(fixture_has(&f, PATH_REVISIONS "/0000000001.json"));
	assert_int_equal(rev->list_count, 2);
	assert_int_equal(rev->allow.port_count, 2);
	assert_int_equal(rev->allow.port[1], 8443);
	office = policy_zone_by_name(rev->policy, "office");
	assert_int_not_equal(office, POLICY_NONE);
	client.zone = office;
	lists = allow_lists_of(rev->list, rev->list_count, &client, f.now);
	assert_true(allow_match(image, &lists, &q).permitted);
	assert_string_equal(allow_match(image, &lists, &q).id, id);
	q.method = "POST";
	assert_int_equal(allow_match(image, &lists, &q).reason, REASON_METHOD);
	q.method = "GET";
	q.path = "/ab";
	assert_int_equal(allow_match(image, &lists, &q).reason, REASON_METHOD);
	q.path = "/a";
	q.now_s += 86400; /* the entry has ended */
	assert_int_equal(allow_match(image, &lists, &q).reason, REASON_NOT_NOW);
	q.now_s = f.now;
	lists = allow_lists_of(rev->list, rev->list_count, &client, f.now + 3600);
	assert_int_equal(allow_match(image, &lists, &q).reason, REASON_NOT_NOW);
	client.group = "";
	lists = allow_lists_of(rev->list, rev->list_count, &client, f.now);
	assert_int_equal(allow_match(image, &lists, &q).reason, REASON_NOT_LISTED);
	client.group = "g";
	client.zone = office + 1;
	lists = allow_lists_of(rev->list, rev->list_count, &client, f.now);
	assert_int_equal(allow_match(image, &lists, &q).reason, REASON_NOT_LISTED);
	allow_image_free(image);
	revision_free(rev);
}

static void test_permits(void **state)
{
	static const char admit[] = "{\"kind\": \"contractor\", \"owner\": \"o\","
				    " \"reason\": \"r\", \"seconds\": 30}";
	char zone[32] = "";

	(void)state;
	assert_int_equal(post("/api/devices",
			      "{\"mac\": \"02:00:00:00:00:0a\","
			      " \"interface\": \"office1\"}",
			      NULL),
			 200);
	assert_int_equal(post("/api/devices/02:00:00:00:00:0a/approve", admit, NULL),
			 200);
	assert_int_equal(permits(zone), 1);
	assert_string_equal(zone, "office");
	assert_int_equal(post("/api/devices/02:00:00:00:00:0a/group",
			      "{\"group\": \"g\", \"reason\": \"r\"}", NULL),
			 200);
	assert_string_equal(first_group(), "g");
	f.now += 29;
	assert_int_equal(act(file_entry(), "approve", NULL), 200);
	assert_int_equal(permits(zone), 1);
	f.now += 1; /* over: whatever is published next leaves it out */
	fixture_apply_policy(&f);
	assert_int_equal(permits(zone), 0);
}

static struct revision *in_force(void)
{
	char dir[PATH_TEXT_MAX];
	struct diags diags = { 0 };
	struct allow_image *image = NULL;
	struct revision *rev;

	assert_int_equal(path_join(dir, f.root, PATH_REVISIONS), 0);
	assert_int_equal(revision_load(dir, 0, &rev, &diags), 0);
	assert_int_equal(revision_open_image(dir, rev, &image, &diags), 0);
	allow_image_free(image);
	return rev;
}

/* The full one at the end of a chain has the allowlist that there is; others a new one. */
static void test_end_of_a_chain(void **state)
{
	static const char admit[] = "{\"kind\": \"business\", \"owner\": \"o\","
				    " \"reason\": \"r\"}";
	static const char approve[] = "/api/devices/02:00:00:00:00:0a/approve";
	struct revision *rev[4];

	(void)state;
	assert_int_equal(act(file_entry(), "approve", NULL), 200);
	assert_int_equal(post("/api/devices",
			      "{\"mac\": \"02:00:00:00:00:0a\","
			      " \"interface\": \"office1\"}",
			      NULL),
			 200);
	rev[0] = in_force();
	assert_int_equal(post(approve, admit, NULL), 200);
	rev[1] = in_force();
	assert_int_equal(rev[1]->behind, 1);
	f.app.publisher.behind = PUBLISH_GRANTS_MAX;
	assert_int_equal(post("/api/devices/02:00:00:00:00:0a/revoke",
			      "{\"reason\": \"r\"}", NULL),
			 200); /* withdrawals have room */
	assert_int_equal(f.app.publisher.behind, PUBLISH_GRANTS_MAX + 1);
	assert_int_equal(post(approve, admit, NULL), 200);
	rev[2] = in_force();
	assert_int_equal(rev[2]->behind, 0);
	assert_int_equal(rev[2]->permit_count, 1);
	assert_memory_equal(rev[2]->allow.hash, rev[0]->allow.hash, ALLOW_HASH_SIZE);
	f.app.publisher.behind = PUBLISH_FULL_NEXT;
	assert_int_equal(post(approve, admit, NULL), 200);
	rev[3] = in_force();
	assert_int_equal(rev[3]->behind, 0);
	assert_memory_not_equal(rev[3]->allow.hash, rev[0]->allow.hash, ALLOW_HASH_SIZE);
	for (size_t i = 0; i < 4; i++)
		revision_free(rev[i]);
}

/* When it is quiet, and only then. */
static void test_renewed(void **state)
{
	struct publisher *p = &f.app.publisher;
	struct revision *rev;
	uint64_t before;

	(void)state;
	parts_poll(&f.app.parts);
	before = p->current;
	p->behind = PUBLISH_RENEW_FROM;
	p->changed = mono_now();
	assert_int_equal(publish_renew(p, f.now), 0);
	assert_int_equal(p->current, before);
	p->changed = mono_after_ms(mono_now(), -PUBLISH_QUIET_MS);
	assert_int_equal(publish_renew(p, f.now), 0);
	assert_int_equal(p->current, before + 1);
	assert_int_equal(p->behind, 0);
	rev = in_force();
	assert_int_equal(rev->number, before + 1);
	revision_free(rev);
	p->changed = mono_after_ms(mono_now(), -PUBLISH_QUIET_MS);
	p->behind = PUBLISH_FULL_NEXT;
	assert_int_equal(publish_renew(p, f.now), 0);
	assert_int_equal(p->current, before + 1);
}

/* A policy that forgets an interface says which device still has a permit there. */
static void test_policy_without_the_interface(void **state)
{
	static const char admit[] = "{\"kind\": \"business\", \"owner\": \"o\","
				    " \"reason\": \"r\"}";
	static const char policy[] =
		"{\"reason\": \"x\", \"text\": \"version: 1\\nsite: { name: x "
		"}\\nzones:\\n"
		"  lab: { kind: office, interfaces: [lab0], networks: [10.40.0.0/24] }\\n"
		"  internet: { kind: internet, interfaces: [wan0] }\\n"
		"proxy: { zones: [lab], via: internet, resolvers: [45.113.7.53] }\\n\"}";
	json_t *answer, *lines;

	(void)state;
	assert_int_equal(post("/api/devices",
			      "{\"mac\": \"02:00:00:00:00:0a\","
			      " \"interface\": \"office1\"}",
			      NULL),
			 200);
	assert_int_equal(post("/api/devices/02:00:00:00:00:0a/approve", admit, NULL),
			 200);
	assert_int_equal(post("/api/policy", policy, &answer), 422);
	lines = json_object_get(json_object_get(answer, "error"), "diagnostics");
	assert_non_null(strstr(json_string_value(json_array_get(lines, 0)),
			       "02:00:00:00:00:0a has a permit on interface 'office1'"));
	json_decref(answer);
	assert_int_equal(post("/api/devices/02:00:00:00:00:0a/revoke",
			      "{\"reason\": \"moves\"}", NULL),
			 200);
	assert_int_equal(post("/api/policy", policy, NULL), 200);
}

static void test_bad_policy(void **state)
{
	size_t entries;
	json_t *answer, *lines;

	(void)state;
	assert_int_equal(post("/api/policy",
			      "{\"text\": \"version: 1\\nnonsense: 2\\n\","
			      " \"reason\": \"try\"}",
			      &answer),
			 422);
	lines = json_object_get(json_object_get(answer, "error"), "diagnostics");
	assert_true(json_array_size(lines) > 0);
	assert_int_equal(
		strncmp(json_string_value(json_array_get(lines, 0)), "policy.yaml:", 12),
		0);
	json_decref(answer);
	assert_int_equal(current(&entries), 1);
	assert_int_equal(f.gated.shared->asked, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_STAND(test_all_follow),
		ON_STAND(test_gated_refuses),
		ON_STAND(test_proxyd_refuses),
		ON_STAND(test_grant_needs_both),
		ON_STAND(test_slow_daemon_is_undone),
		ON_STAND(test_busy_daemon_is_waited_for),
		ON_STAND(test_late_is_not_away),
		ON_STAND(test_withdrawal_without_daemon),
		ON_STAND(test_died_while_loading),
		ON_STAND(test_crash_before_commit),
		ON_STAND(test_no_record_no_change),
		ON_STAND(test_no_record_still_withdraws),
		ON_STAND(test_policy_of_an_earlier_version),
		ON_STAND(test_reserve),
		ON_STAND(test_refusal_is_repeated_later),
		ON_STAND(test_lists),
		ON_STAND(test_permits),
		ON_STAND(test_end_of_a_chain),
		ON_STAND(test_renewed),
		ON_STAND(test_policy_without_the_interface),
		ON_STAND(test_bad_policy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
