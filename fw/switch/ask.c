/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sekisho-switch-ask - answers one question of a switch, for FreeRADIUS's exec module
 *
 *     sekisho-switch-ask TABLE USER-NAME CALLING-STATION-ID
 *
 * Exit status 0 accepts, with the reply's attributes on standard output; 1 refuses,
 * whatever the cause. A table that nobody has renewed lately says nothing any more.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "fw/switch/answer.h"
#include "fw/switch/table.h"
#include "lib/fdio.h"
#include "lib/mem.h"

static int decide(const char *path, const char *name, const char *station, int64_t now,
		  struct card *ret_card)
{
	CLEANUP(free_p) char *text = NULL;
	struct stat st;
	struct mac mac;
	size_t len = 0;
	int r = answer_mac(name, station, &mac);

	if (r < 0)
		return r;
	if (stat(path, &st) == -1)
		return -errno;
	if (!table_is_fresh(st.st_mtime, now))
		return -ESTALE;
	r = fdio_read_file(path, CARDS_FILE_MAX, &text, &len);
	return r < 0 ? r : cards_find(text, len, mac, now, ret_card);
}

int main(int argc, char **argv)
{
	int64_t now = (int64_t)time(NULL);
	char answer[ANSWER_TEXT_MAX];
	struct card card;

	if (argc != 4 || decide(argv[1], argv[2], argv[3], now, &card) < 0)
		return EXIT_FAILURE;
	answer_text(&card, now, answer);
	return fputs(answer, stdout) < 0 || fflush(stdout) != 0 ? EXIT_FAILURE
								: EXIT_SUCCESS;
}
