/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/cli/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fdio.h"
#include "lib/mem.h"
#include "mgmt/cli/cli.h"
#include "mgmt/cli/out.h"

static int read_stdin(size_t max, char **ret_text, size_t *ret_len)
{
	CLEANUP(free_p) char *text = malloc(max + 2);
	size_t len;

	if (text == NULL)
		return -ENOMEM;
	len = fread(text, 1, max + 1, stdin);
	if (ferror(stdin) != 0)
		return -EIO;
	if (len > max)
		return -EFBIG;
	text[len] = '\0';
	*ret_text = STEAL(text);
	*ret_len = len;
	return 0;
}

int file_read(const char *file, size_t max, char **ret_text, size_t *ret_len)
{
	int r = strcmp(file, "-") == 0 ? read_stdin(max, ret_text, ret_len)
				       : fdio_read_file(file, max, ret_text, ret_len);

	if (r == 0)
		return CLI_DONE;
	if (r == -EFBIG)
		out_complain("%s: such a file has %zu bytes at most", file, max);
	else
		out_complain("%s: %s", file,
			     r == -EINVAL ? "not a regular file" : strerror(-r));
	return CLI_FAILED;
}
