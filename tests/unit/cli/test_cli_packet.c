/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "mgmt/cli/msg.h"
#include "mgmt/cli/packet.h"

static void is_packet(json_t *packet, const char *want)
{
	char line[256];

	assert_non_null(packet);
	packet_text(packet, line, sizeof(line));
	assert_string_equal(line, want);
	json_decref(packet);
}

static void test_packet(void **state)
{
	(void)state;
	is_packet(json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:s}", "iif",
			    "core0", "oif", "wan0", "mac", "02:00:5e:10:00:01", "src",
			    "10.10.0.5", "dst", "45.113.7.10", "proto", "tcp", "sport",
			    40000, "dport", 443, "state", "new"),
		  "tcp 10.10.0.5:40000 -> 45.113.7.10:443 (core0 -> wan0, "
		  "02:00:5e:10:00:01, new)");
	is_packet(json_pack("{s:s, s:s, s:s, s:i}", "src", "2001:db8::1", "dst",
			    "2001:db8::2", "proto", "udp", "dport", 53),
		  "udp 2001:db8::1 -> [2001:db8::2]:53 ( -> )");
	is_packet(json_pack("{s:s, s:s, s:s, s:i, s:n, s:s, s:s}", "src", "10.0.0.1",
			    "dst", "10.0.0.2", "proto", "icmp", "icmp_type", 8, "mac",
			    "iif", "a", "oif", "b"),
		  "icmp/8 10.0.0.1 -> 10.0.0.2 (a -> b)");
	is_packet(json_object(), "  ->  ( -> )");
}

static void test_rule(void **state)
{
	json_t *rule = json_pack("{s:s, s:i, s:s, s:s}", "chain", "forward-core",
				 "position", 3, "id", "core-claims", "text", "accept");
	char line[256], small[12];

	(void)state;
	packet_rule_text(rule, line, sizeof(line));
	assert_string_equal(line, "forward-core 3 (core-claims): accept");
	packet_rule_text(rule, small, sizeof(small));
	assert_string_equal(small, "forward-cor");
	assert_int_equal(json_object_set_new(rule, "id", json_string("")), 0);
	packet_rule_text(rule, line, sizeof(line));
	assert_string_equal(line, "forward-core 3: accept");
	json_decref(rule);
}

static void test_words(void **state)
{
	(void)state;
	assert_string_equal(msg_word("en", "unconfirmed"), "never confirmed");
	assert_string_equal(msg_word("ja", "trial"), "試行中");
	assert_string_equal(msg_word("ja", "new-state"), "new-state");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packet),
		cmocka_unit_test(test_rule),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
