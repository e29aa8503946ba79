/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proof, explanation, lockdown and flows, as the API shows them. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/reason.h"
#include "lib/record.h"
#include "lib/str.h"
#include "tests/unit/mgmtd/fixture.h"

/* clang-format off */
static const char policy[] =
	"version: 1\n"
	"site: { name: x }\n"
	"zones:\n"
	"  core: { kind: personal, interfaces: [core0], networks: [10.10.0.0/24], admission: detect }\n"
	"  claims: { kind: closed, interfaces: [claims0], networks: [10.20.0.0/24] }\n"
	"  office: { kind: office, interfaces: [office0], networks: [10.30.0.0/24], admission: enforce }\n"
	"  internet: { kind: internet, interfaces: [wan0] }\n"
	"services:\n"
	"  web: [tcp/443, tcp/8000-8010]\n"
	"flows:\n"
	"  - id: core-claims\n"
	"    from: core\n"
	"    to: claims\n"
	"    services: [web]\n"
	"    partner: 国保連合会\n"
	"    basis: 契約\n"
	"    owner: 総務課\n"
	"    review: 2026-03-31\n"
	"proxy: { zones: [office], via: internet, resolvers: [45.113.7.53] }\n";
/* clang-format on */

static const char proof[] =
	"{\"revision\":1,\"generation\":4,\"result\":\"proved\",\"reasons\":[],"
	"\"elapsed_ms\":1.5,\"rules\":12,\"assertions\":[],\"differences\":[],"
	"\"matrix\":[{\"from\":\"core\",\"to\":\"claims\",\"services\":"
	"[{\"text\":\"tcp/443\",\"flow\":\"core-claims\"}]}],\"foreign\":[]}";

static const char explained[] =
	"{\"verdict\":\"accept\",\"revision\":1,\"from\":\"core\",\"to\":\"claims\","
	"\"flow\":\"core-claims\",\"reason\":\"flow\",\"rule\":null,\"path\":[],"
	"\"packet\":{}}";

static struct fixture f;

static unsigned ask(const char *method, const char *path, const char *body, json_t **ret)
{
	unsigned status;
	json_t *value = fixture_root(&f, method, path, body, &status);

	if (ret != NULL)
		*ret = value;
	else
		json_decref(value);
	return status;
}

static unsigned get(const char *path, json_t **ret)
{
	return ask("GET", path, NULL, ret);
}

static unsigned post(const char *path, const char *body, json_t **ret)
{
	return ask("POST", path, body, ret);
}

static void apply(const char *text)
{
	json_t *body = json_pack("{s:s, s:s}", "text", text, "reason", "start");
	char *dumped = json_dumps(body, 0);

	assert_int_equal(post("/api/policy", dumped, NULL), 200);
	json_decref(body);
	free(dumped);
}

static int setup(void **state)
{
	(void)state;
	fixture_open(&f);
	apply(policy);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fixture_close(&f);
	return 0;
}

static const char *text(const json_t *obj, const char *key)
{
	const char *s = json_string_value(json_object_get(obj, key));

	return s != NULL ? s : "";
}

static void test_proof(void **state)
{
	json_t *answer, *flow;

	(void)state;
	(void)str_copy(f.gated.shared->proof, sizeof(f.gated.shared->proof), proof);
	assert_int_equal(get("/api/verify", &answer), 200);
	assert_string_equal(text(answer, "result"), "proved");
	assert_int_equal(json_array_size(json_object_get(answer, "zones")), 4);
	flow = json_object_get(json_object_get(answer, "flows"), "core-claims");
	assert_string_equal(text(flow, "owner"), "総務課");
	json_decref(answer);
}

/* Whatever gated says: never a proof that is none. */
static void test_not_a_proof(void **state)
{
	static const char *const bad[] = {
		"",
		"[]",
		"{}",
		"{\"result\":\"proved\"}",
		"nonsense",
		/* what contradicts itself */
		"{\"revision\":1,\"result\":\"proved\",\"reasons\":[],\"assertions\":[],"
		"\"differences\":[{}],\"matrix\":[],\"foreign\":[]}",
		"{\"revision\":1,\"result\":\"proved\",\"reasons\":[],\"differences\":[],"
		"\"assertions\":[{\"holds\":false}],\"matrix\":[],\"foreign\":[]}",
	};
	char other[sizeof(proof)];
	json_t *answer;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		(void)str_copy(f.gated.shared->proof, sizeof(f.gated.shared->proof),
			       bad[i]);
		assert_int_equal(get("/api/verify", &answer), 503);
		json_decref(answer);
	}
	for (size_t len = 0; len < sizeof(proof) - 1; len += 7) {
		memcpy(other, proof, len);
		other[len] = '\0';
		(void)str_copy(f.gated.shared->proof, sizeof(f.gated.shared->proof),
			       other);
		assert_int_equal(get("/api/verify", NULL), 503);
	}
	(void)str_copy(f.gated.shared->proof, sizeof(f.gated.shared->proof), proof);
	memcpy(strstr(f.gated.shared->proof, "proved"), "proofs", 6);
	assert_int_equal(get("/api/verify", NULL), 503);
}

static void test_lockdown(void **state)
{
	json_t *answer, *down;

	(void)state;
	assert_int_equal(post("/api/lockdown", "{\"on\": true}", NULL), 400);
	assert_int_equal(post("/api/lockdown", "{\"on\": 1, \"reason\": \"r\"}", NULL),
			 400);
	assert_int_equal(get("/api/status", &answer), 200);
	assert_true(json_is_null(json_object_get(answer, "lockdown")));
	json_decref(answer);
	assert_int_equal(
		post("/api/lockdown", "{\"on\": true, \"reason\": \"malware\"}", NULL),
		200);
	assert_int_equal(f.gated.shared->lockdown.on, 1);
	assert_string_equal(f.gated.shared->lockdown.who, "root");
	assert_string_equal(f.proxyd.shared->lockdown.reason, "malware");
	fixture_restart(&f);
	assert_int_equal(get("/api/status", &answer), 200);
	down = json_object_get(answer, "lockdown");
	assert_string_equal(text(down, "reason"), "malware");
	assert_string_equal(text(down, "who"), "root");
	json_decref(answer);
	assert_int_equal(
		post("/api/lockdown", "{\"on\": false, \"reason\": \"clean\"}", NULL),
		200);
	assert_int_equal(f.proxyd.shared->lockdown.on, 0);
	assert_int_equal(get("/api/status", &answer), 200);
	assert_true(json_is_null(json_object_get(answer, "lockdown")));
	json_decref(answer);
	assert_int_equal(fixture_records(&f, RECORD_CHANGE), 3);
}

/* On: who is there obeys, the other follows. Off: not without gated. */
static void test_lockdown_without_one(void **state)
{
	char path[PATH_TEXT_MAX];
	json_t *answer;

	(void)state;
	assert_int_equal(path_join(path, f.root, PATH_SOCK_PROXYD), 0);
	fake_stop(&f.proxyd, path);
	assert_int_equal(
		post("/api/lockdown", "{\"on\": true, \"reason\": \"r\"}", &answer), 200);
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(answer, "pending"), 0)),
		"proxyd");
	json_decref(answer);
	fake_start(&f.proxyd, path);
	app_tick(&f.app, f.now);
	app_tick(&f.app, f.now);
	assert_int_equal(f.proxyd.shared->lockdowns, 1);
	f.gated.shared->mode = FAKE_REFUSES;
	assert_int_equal(
		post("/api/lockdown", "{\"on\": false, \"reason\": \"r\"}", NULL), 422);
	assert_int_equal(f.proxyd.shared->lockdown.on, 1);
	assert_int_equal(get("/api/status", &answer), 200);
	assert_true(json_is_object(json_object_get(answer, "lockdown")));
	json_decref(answer);
}

/* proxyd, started again, is told anew; what it was told is not undone by itself. */
static void test_lockdown_after_restart(void **state)
{
	struct fake_shared *proxyd = f.proxyd.shared;

	(void)state;
	assert_int_equal(post("/api/lockdown", "{\"on\": true, \"reason\": \"r\"}", NULL),
			 200);
	app_tick(&f.app, f.now);
	assert_int_equal(proxyd->lockdowns, 1);
	memset(&proxyd->lockdown, 0, sizeof(proxyd->lockdown));
	proxyd->status_text[0] = '\0';
	app_tick(&f.app, f.now);
	app_tick(&f.app, f.now);
	assert_int_equal(proxyd->lockdowns, 2);
	assert_int_equal(proxyd->lockdown.on, 1);
	f.gated.shared->status_text[0] = '\0';
	app_tick(&f.app, f.now);
	assert_int_equal(proxyd->lockdowns, 2);
}

/* gated has locked, and could not store that: who asked hears of it, in words of ours. */
static void test_lockdown_not_kept(void **state)
{
	json_t *answer;

	(void)state;
	(void)str_copy(f.gated.shared->lockdown_text,
		       sizeof(f.gated.shared->lockdown_text), "locked, but");
	assert_int_equal(
		post("/api/lockdown", "{\"on\": true, \"reason\": \"r\"}", &answer), 200);
	assert_non_null(strstr(text(answer, "warning"), "until the next start"));
	json_decref(answer);
	f.gated.shared->lockdown_text[0] = '\0';
	assert_int_equal(
		post("/api/lockdown", "{\"on\": true, \"reason\": \"r\"}", &answer), 200);
	assert_null(json_object_get(answer, "warning"));
	json_decref(answer);
}

/* Switched past us: gated's status says it. */
static void test_lockdown_seen(void **state)
{
	json_t *answer;

	(void)state;
	(void)str_copy(f.gated.shared->status_text, sizeof(f.gated.shared->status_text),
		       "locked: only management passes (root: malware)");
	assert_int_equal(get("/api/status", &answer), 200);
	assert_true(json_is_object(json_object_get(answer, "lockdown")));
	json_decref(answer);
}

static void test_flows(void **state)
{
	json_t *answer, *flow, *service;

	(void)state;
	assert_int_equal(get("/api/flows", &answer), 200);
	flow = json_array_get(json_object_get(answer, "flows"), 0);
	assert_string_equal(text(flow, "partner"), "国保連合会");
	assert_string_equal(text(flow, "review"), "2026-03-31");
	assert_true(json_is_true(json_object_get(flow, "overdue")));
	assert_true(json_is_null(json_object_get(flow, "reviewed")));
	service = json_array_get(json_object_get(flow, "services"), 0);
	assert_string_equal(text(service, "name"), "web");
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(service, "matches"), 1)),
		"tcp/8000-8010");
	json_decref(answer);
	assert_int_equal(post("/api/flows/none/review", "{\"result\": \"fine\"}", NULL),
			 404);
	assert_int_equal(post("/api/flows/core-claims/review",
			      "{\"result\": \"fine\", \"next\": \"2026-01-01\"}", NULL),
			 422);
	assert_int_equal(post("/api/flows/core-claims/review",
			      "{\"result\": \"fine\", \"next\": \"2027-3-31\"}", NULL),
			 422);
	assert_int_equal(post("/api/flows/core-claims/review",
			      "{\"result\": \"fine\", \"next\": \"2027-03-31\"}",
			      &answer),
			 200);
	assert_false(json_is_true(json_object_get(answer, "overdue")));
	assert_string_equal(text(answer, "due"), "2027-03-31");
	assert_string_equal(text(answer, "review"), "2026-03-31");
	assert_string_equal(text(json_object_get(answer, "reviewed"), "who"), "root");
	json_decref(answer);
}

/* The policy with one text in the place of another. */
static char *edited(const char *what, const char *by)
{
	const char *at = strstr(policy, what);
	char *got = NULL;

	assert_non_null(at);
	assert_true(asprintf(&got, "%.*s%s%s", (int)(at - policy), policy, by,
			     at + strlen(what)) >= 0);
	return got;
}

static void apply_edited(const char *what, const char *by)
{
	char *got = edited(what, by);

	apply(got);
	free(got);
}

static json_t *the_flow(void)
{
	json_t *answer, *flow;

	assert_int_equal(get("/api/flows", &answer), 200);
	flow = json_incref(json_array_get(json_object_get(answer, "flows"), 0));
	json_decref(answer);
	return flow;
}

static json_int_t overdue(void)
{
	json_t *answer;
	json_int_t count;

	assert_int_equal(get("/api/status", &answer), 200);
	count = json_integer_value(json_object_get(answer, "reviews_overdue"));
	json_decref(answer);
	return count;
}

/* A review is of what was looked at: a flow that is edited under its id needs another. */
static void test_review_of_what_it_was(void **state)
{
	static const struct {
		const char *what, *by;
		bool same;
	} edits[] = {
		{ "tcp/443, ", "tcp/443, tcp/22, ", false },
		{ "networks: [10.20.0.0/24]", "networks: [10.20.0.0/23]", false },
		{ "services: [web]\n", "services: [web]\n    nat: masquerade\n", false },
		{ "契約", "別の契約", false },
		{ "国保連合会", "別の団体", false },
		{ "総務課", "別の課", false },
		{ "review: 2026-03-31\n",
		  "review: 2026-03-31\n    valid_until: 2030-03-31\n", false },
		{ "review: 2026-03-31\n",
		  "review: 2026-03-31\n    destination: [one]\n"
		  "networks: { one: [10.20.0.7] }\n",
		  false },
		{ "review: 2026-03-31", "review: 2026-03-30", true },
		{ "tcp/443, tcp/8000-8010", "tcp/8000-8010, tcp/443", true },
		{ "flows:\n", "# moved\n\nflows:\n", true },
		{ "review: 2026-03-31\n",
		  "review: 2026-03-31\n    destination: [all]\n"
		  "networks: { all: [10.20.0.0/24] }\n",
		  true },
	};
	json_t *flow;

	(void)state;
	assert_int_equal(post("/api/flows/core-claims/review",
			      "{\"result\": \"fine\", \"next\": \"2027-03-31\"}", NULL),
			 200);
	for (size_t i = 0; i < ARRAY_LEN(edits); i++) {
		apply_edited(edits[i].what, edits[i].by);
		flow = the_flow();
		assert_int_equal(overdue(), !edits[i].same);
		if (json_is_object(json_object_get(flow, "reviewed")) != edits[i].same ||
		    json_is_true(json_object_get(flow, "overdue")) == edits[i].same)
			fail_msg("%s -> %s", edits[i].what, edits[i].by);
		json_decref(flow);
	}
	apply(policy); /* what it was when it was looked at */
	flow = the_flow();
	assert_string_equal(text(flow, "due"), "2027-03-31");
	json_decref(flow);
}

/* Nor is it of what came into force while the page was open. */
static void test_review_of_what_was_read(void **state)
{
	json_t *flow = the_flow();
	char body[128];

	(void)state;
	(void)snprintf(body, sizeof(body), "{\"result\": \"fine\", \"stamp\": \"%s\"}",
		       text(flow, "stamp"));
	json_decref(flow);
	apply_edited("tcp/443, ", "tcp/443, tcp/22, ");
	assert_int_equal(post("/api/flows/core-claims/review", body, NULL), 409);
	flow = the_flow();
	assert_true(json_is_null(json_object_get(flow, "reviewed")));
	json_decref(flow);
	apply(policy);
	assert_int_equal(post("/api/flows/core-claims/review", body, NULL), 200);
}

static json_int_t approved_in(void)
{
	json_t *answer, *approval;
	json_int_t revision;

	assert_int_equal(
		get("/api/explain?from=10.10.0.5&to=10.20.0.7&port=443", &answer), 200);
	approval = json_array_get(json_object_get(answer, "approvals"), 0);
	assert_string_equal(text(approval, "kind"), "flow");
	revision = json_integer_value(json_object_get(approval, "revision"));
	json_decref(answer);
	return revision;
}

/* Who approved a flow has not approved what was made of it under its id. */
static void test_explain_edited(void **state)
{
	(void)state;
	(void)str_copy(f.gated.shared->explained, sizeof(f.gated.shared->explained),
		       explained);
	assert_int_equal(approved_in(), 1);
	apply_edited("tcp/443, ", "tcp/443, tcp/22, ");
	assert_int_equal(approved_in(), 2);
	apply_edited("tcp/443, tcp/8000-8010", "tcp/8000-8010, tcp/22, tcp/443");
	assert_int_equal(approved_in(), 2);
	apply(policy);
	assert_int_equal(approved_in(), 4);
}

/* On trial it is in force, too, and goes with the trial. */
static void test_explain_trial(void **state)
{
	char *tried = edited("tcp/443, ", "tcp/443, tcp/22, "), *body;
	json_t *order = json_pack("{s:s, s:s, s:i}", "text", tried, "reason", "r",
				  "confirm_within", 600);

	(void)state;
	(void)str_copy(f.gated.shared->explained, sizeof(f.gated.shared->explained),
		       explained);
	body = json_dumps(order, 0);
	assert_int_equal(post("/api/policy", body, NULL), 200);
	assert_int_equal(approved_in(), 2);
	assert_int_equal(post("/api/policy/rollback", "{\"reason\": \"r\"}", NULL), 200);
	assert_int_equal(approved_in(), 1);
	json_decref(order);
	free(body);
	free(tried);
}

static void test_explain(void **state)
{
	const struct proto_explain *q = &f.gated.shared->explain;
	json_t *answer, *approval;

	(void)state;
	(void)str_copy(f.gated.shared->explained, sizeof(f.gated.shared->explained),
		       explained);
	apply(policy); /* a later version that has the flow, too */
	assert_int_equal(
		get("/api/explain?from=10.10.0.5&to=10.20.0.7&port=443", &answer), 200);
	assert_int_equal(q->addr_family, 4);
	assert_int_equal(q->l4proto, IPPROTO_TCP);
	assert_int_equal(q->dst_port, 443);
	assert_int_equal(q->dst[3], 7);
	assert_string_equal(text(json_object_get(answer, "firewall"), "verdict"),
			    "accept");
	approval = json_array_get(json_object_get(answer, "approvals"), 0);
	assert_string_equal(text(approval, "kind"), "flow");
	assert_string_equal(text(approval, "by"), "root");
	assert_int_equal(json_integer_value(json_object_get(approval, "revision")), 1);
	json_decref(answer);
	assert_int_equal(get("/api/explain?from=10.10.0.5&to=10.20.0.7&proto=icmp", NULL),
			 200);
	assert_int_equal(q->icmp_type, 8);
	assert_int_equal(q->dst_port, 0);
	assert_int_equal(get("/api/explain?from=10.10.0.5&to=2001:db8::1", NULL), 400);
	assert_int_equal(get("/api/explain?from=nobody&to=10.20.0.7", NULL), 400);
	assert_int_equal(get("/api/explain?from=10.10.0.5", NULL), 400);
	assert_int_equal(get("/api/explain?from=10.10.0.5&to=a.jp&proto=x", NULL), 400);
	f.gated.shared->explained[0] = '\0';
	assert_int_equal(get("/api/explain?from=10.10.0.5&to=10.20.0.7", NULL), 503);
}

/* A host's name goes to the proxy alone; the entry has its approver. */
static void test_explain_host(void **state)
{
	struct proto_decide_reply *d = &f.proxyd.shared->decision;
	json_t *answer, *approval;
	char path[96];

	(void)state;
	assert_int_equal(
		post("/api/allow", "{\"host\": \"a.jp\", \"reason\": \"why\"}", &answer),
		200);
	d->allowed = 1;
	d->reason = REASON_ENTRY;
	(void)str_copy(d->rule, sizeof(d->rule), text(answer, "id"));
	json_decref(answer);
	(void)snprintf(path, sizeof(path), "/api/allow/%s/approve", d->rule);
	assert_int_equal(post(path, "{}", NULL), 200);
	assert_int_equal(get("/api/explain?from=10.30.0.9&to=a.jp", &answer), 200);
	assert_true(json_is_null(json_object_get(answer, "firewall")));
	assert_true(json_is_true(
		json_object_get(json_object_get(answer, "proxy"), "allowed")));
	approval = json_array_get(json_object_get(answer, "approvals"), 0);
	assert_string_equal(text(approval, "kind"), "entry");
	assert_string_equal(text(approval, "reason"), "why");
	assert_string_equal(f.proxyd.shared->question.host, "a.jp");
	json_decref(answer);
}

/* Said where it is asked for and where it is approved: nothing is narrowed by it. */
static void test_flows_in_vain(void **state)
{
	const char *permit =
		"{\"kind\": \"business\", \"owner\": \"o\", \"reason\": \"r\","
		" \"flows\": [\"core-claims\"]}";
	json_t *answer;

	(void)state;
	assert_int_equal(post("/api/devices",
			      "{\"mac\": \"00163e000001\", \"interface\": \"core0\"}",
			      &answer),
			 200);
	assert_null(json_object_get(answer, "warning"));
	json_decref(answer);
	assert_int_equal(post("/api/devices/00163e000001/request", permit, &answer), 200);
	assert_non_null(strstr(json_string_value(json_object_get(answer, "warning")),
			       "Zone core does not enforce"));
	json_decref(answer);
	assert_int_equal(post("/api/devices/00163e000001/approve", permit, &answer), 200);
	assert_non_null(json_object_get(answer, "warning"));
	json_decref(answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_proof, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_a_proof, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lockdown, setup, teardown),
		cmocka_unit_test_setup_teardown(test_flows_in_vain, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lockdown_without_one, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_lockdown_after_restart, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_lockdown_not_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lockdown_seen, setup, teardown),
		cmocka_unit_test_setup_teardown(test_flows, setup, teardown),
		cmocka_unit_test_setup_teardown(test_review_of_what_it_was, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_review_of_what_was_read, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_explain_edited, setup, teardown),
		cmocka_unit_test_setup_teardown(test_explain_trial, setup, teardown),
		cmocka_unit_test_setup_teardown(test_explain, setup, teardown),
		cmocka_unit_test_setup_teardown(test_explain_host, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
