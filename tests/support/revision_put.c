/* SPDX-License-Identifier: GPL-3.0-or-later */
/* revision_put DIR SECRET NUMBER <TEXT: sign it, store it and make it current, like mgmtd. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/revision.h"

int main(int argc, char **argv)
{
	char *text = argc == 4 ? malloc(REVISION_FILE_MAX) : NULL;
	size_t len = text != NULL ? fread(text, 1, REVISION_FILE_MAX, stdin) : 0;
	uint64_t number = argc == 4 ? strtoull(argv[3], NULL, 10) : 0;
	int r = len == 0 ? -EINVAL : revision_store(argv[1], argv[2], number, text, len);

	if (r == 0)
		r = revision_set_current(argv[1], number);
	if (r < 0)
		(void)fprintf(stderr, "revision_put: %s\n", strerror(-r));
	free(text);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
