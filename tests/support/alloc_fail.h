/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_SUPPORT_ALLOC_FAIL_H
#define TESTS_SUPPORT_ALLOC_FAIL_H

#include <stdbool.h>

/*
 * Make the nth malloc, calloc, realloc, strdup or mmap of no file of our own objects from
 * now on fail, once; 0 switches that off. Libraries keep their memory.
 */
void alloc_fail_at(unsigned nth);

/* Did the armed failure happen? */
bool alloc_fail_fired(void);

#endif
