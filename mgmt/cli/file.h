/* SPDX-License-Identifier: GPL-3.0-or-later */
/* file - a file that the command line names, whole */
#ifndef MGMT_CLI_FILE_H
#define MGMT_CLI_FILE_H

#include <stddef.h>

/*
 * "-" is standard input. The text is terminated; the caller frees it. Returns CLI_DONE,
 * or CLI_FAILED after a complaint (more than max bytes is one).
 */
int file_read(const char *file, size_t max, char **ret_text, size_t *ret_len);

#endif
