/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cards that come to a device in quarantine, and cards that somebody takes out of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "lib/revision.h"
#include "lib/str.h"
#include "tests/unit/mgmtd/people.h"
#include "tests/unit/mgmtd/stand.h"

#define HEAD "number,owner,kind,mac,interface\\n"

static const char hold[] = "{'reason': 'r'}";

/* A register entry with one card: 00:16:3e:00:00:NN on office0. */
static void add_asset(const char *number, uint8_t last, char asset[ID_TEXT_MAX])
{
	char body[200];
	json_t *answer;

	(void)snprintf(body, sizeof(body),
		       "{'number': '%s', 'owner': 'o', 'kind': 'business', 'cards':"
		       " [{'mac': '00163e0000%02x', 'interface': 'office0'}]}",
		       number, last);
	answer = stand_post("/api/assets", body, 200);
	(void)str_copy(asset, ID_TEXT_MAX, stand_text(answer, "id"));
	json_decref(answer);
}

static bool is_isolated(uint8_t last)
{
	const struct mac mac = { { 0, 0x16, 0x3e, 0, 0, last } };
	struct diags diags = { 0 };
	struct revision *rev = NULL;
	bool isolated;

	assert_int_equal(revision_load(f.app.publisher.dir, 0, &rev, &diags), 0);
	isolated = revision_is_quarantined(rev, mac);
	revision_free(rev);
	return isolated;
}

/* Another device is permitted, with a full revision. */
static void publish_full(void)
{
	f.app.publisher.behind = PUBLISH_FULL_NEXT;
	json_decref(stand_post("/api/devices",
			       "{'mac': '00163e0000aa', 'interface': 'office0'}", 200));
	json_decref(stand_post("/api/devices/00163e0000aa/approve",
			       "{'kind': 'business', 'owner': 'o', 'reason': 'r'}", 200));
	assert_int_equal(f.app.publisher.behind, 0);
}

/* None of the ways to make a card another device's takes it from this one. */
static void assert_stays(uint8_t last, const char *other)
{
	char card[80], body[200], path[80];
	struct person clerk;
	json_t *answer = NULL;

	(void)snprintf(card, sizeof(card),
		       "{\"mac\": \"00163e0000%02x\", \"interface\": \"office0\"", last);
	(void)snprintf(body, sizeof(body),
		       "{\"owner\": \"x\", \"kind\": \"business\", \"cards\": [%s}]}",
		       card);
	people_enter(&f, &clerk, "jiro", "requester");
	assert_int_equal(people_ask(&f, &clerk, "POST", "/api/assets", body, &answer),
			 409);
	assert_string_equal(people_code(answer), "card-held");
	json_decref(answer);
	(void)snprintf(path, sizeof(path), "/api/assets/%s/card", other);
	(void)snprintf(body, sizeof(body), "%s, 'reason': 'r'}", card);
	stand_refused(path, body, 409, "card-held");
	(void)snprintf(body, sizeof(body),
		       "{'text': '" HEAD "PC-9,x,business,00163e0000%02x,office0\\n'}",
		       last);
	json_decref(stand_post("/api/assets/import", body, 422));
}

static void test_card_stays(void **state)
{
	char asset[ID_TEXT_MAX], other[ID_TEXT_MAX];

	(void)state;
	add_asset("PC-1", 1, asset);
	add_asset("PC-2", 2, other);
	json_decref(stand_post("/api/devices/00163e000001/quarantine", hold, 200));
	assert_stays(1, other);
	publish_full();
	assert_true(is_isolated(1));
	assert_false(is_isolated(2));
}

/* One that was only seen is in quarantine by an entry that was made for it. */
static void test_seen_card_stays(void **state)
{
	char other[ID_TEXT_MAX];

	(void)state;
	add_asset("PC-2", 2, other);
	json_decref(stand_post("/api/devices",
			       "{'mac': '00163e000001', 'interface': 'office0'}", 200));
	json_decref(stand_post("/api/devices/00163e000001/quarantine", hold, 200));
	assert_stays(1, other);
	publish_full();
	assert_true(is_isolated(1));
}

/* Out of use is no way out of quarantine; without it a dock may go to the next PC. */
static void test_card_of_a_retired_device(void **state)
{
	char asset[ID_TEXT_MAX], other[ID_TEXT_MAX], third[ID_TEXT_MAX];

	(void)state;
	add_asset("PC-1", 1, asset);
	add_asset("PC-2", 2, other);
	json_decref(stand_post("/api/devices/00163e000001/quarantine", hold, 200));
	json_decref(stand_post("/api/devices/00163e000001/retire", hold, 200));
	assert_stays(1, other);
	json_decref(stand_post("/api/devices/00163e000002/retire", hold, 200));
	add_asset("PC-3", 2, third);
}

static void test_card_by_file(void **state)
{
	static const char file[] =
		"{'text': '" HEAD "PC-1,o,business,00163e000002,office0\\n'}";
	char asset[ID_TEXT_MAX];
	uint64_t current;

	(void)state;
	add_asset("PC-1", 1, asset);
	json_decref(stand_post("/api/devices/00163e000001/quarantine", hold, 200));
	f.gated.shared->mode = FAKE_HANGS; /* then nothing is taken over */
	json_decref(stand_post("/api/assets/import", file, 503));
	f.gated.shared->mode = FAKE_ACCEPTS;
	assert_false(is_isolated(2));
	json_decref(stand_post("/api/assets/import", file, 200));
	assert_true(is_isolated(2));
	current = f.app.publisher.current;
	json_decref(stand_post("/api/assets/import", file, 200)); /* nothing new */
	assert_int_equal(f.app.publisher.current, current);
}

static void test_card_by_request(void **state)
{
	char asset[ID_TEXT_MAX], body[160];
	json_t *answer;

	(void)state;
	add_asset("PC-1", 1, asset);
	json_decref(stand_post("/api/devices/00163e000001/quarantine", hold, 200));
	answer = stand_post("/api/devices",
			    "{'mac': '00163e000002', 'interface': 'office1'}", 200);
	(void)snprintf(body, sizeof(body),
		       "{'kind': 'business', 'owner': 'o', 'reason': 'r',"
		       " 'cards': ['%s']}",
		       stand_text(answer, "id"));
	json_decref(answer);
	json_decref(stand_post("/api/devices/00163e000001/request", body, 200));
	assert_true(is_isolated(1));
	assert_true(is_isolated(2));
	assert_int_equal(f.app.publisher.behind, 2);
}

/* A permit for two cards is over, and one of them is another device's since. */
static void test_split_permit(void **state)
{
	char body[160];
	json_t *answer, *cards;

	(void)state;
	answer = stand_post("/api/assets",
			    "{'owner': 'x', 'kind': 'business', 'cards':"
			    " [{'mac': '00163e000001', 'interface': 'office0'},"
			    " {'mac': '00163e000002', 'interface': 'office1'}]}",
			    200);
	cards = json_object_get(answer, "cards");
	(void)snprintf(body, sizeof(body),
		       "{'kind': 'contractor', 'owner': 'o', 'reason': 'r',"
		       " 'seconds': 60, 'cards': ['%s']}",
		       stand_text(json_array_get(cards, 1), "id"));
	json_decref(answer);
	json_decref(stand_post("/api/devices/00163e000001/approve", body, 200));
	f.now += 120;
	app_tick(&f.app, f.now);
	json_decref(stand_post("/api/assets",
			       "{'owner': 'y', 'kind': 'business', 'cards':"
			       " [{'mac': '00163e000002', 'interface': 'office1'}]}",
			       200));
	json_decref(stand_post("/api/devices/00163e000001/quarantine", hold, 200));
	assert_true(is_isolated(1));
	json_decref(stand_post("/api/devices/00163e000002/quarantine", hold, 200));
	assert_true(is_isolated(2));
	assert_int_equal(f.app.publisher.behind, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_STAND(test_card_stays),
		ON_STAND(test_seen_card_stays),
		ON_STAND(test_card_of_a_retired_device),
		ON_STAND(test_card_by_file),
		ON_STAND(test_card_by_request),
		ON_STAND(test_split_permit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
