/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts that every revision needs, for tests that are about something else. */
#ifndef TESTS_SUPPORT_REVISION_PARTS_H
#define TESTS_SUPPORT_REVISION_PARTS_H

#define REVISION_DEFAULT_LIST \
	"{\"id\":\"ldefault\",\"name\":\"all\",\"mode\":\"enforce\",\"zones\":[]," \
	"\"groups\":[],\"users\":[],\"schedule\":null}"

/* Of an image that is nowhere; ports: "80,443". */
#define REVISION_ALLOW(ports) \
	"\"allow\":{\"size\":1,\"blake2b\":" \
	"\"0000000000000000000000000000000000000000000000000000000000000000\"," \
	"\"ports\":[" ports "]}"

#define REVISION_PARTS(ports) \
	"\"lists\":[" REVISION_DEFAULT_LIST "]," REVISION_ALLOW(ports)

#endif
