/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * script - which writing a label is in, and what it may be taken for (level 1)
 *
 * Pure. Small tables on purpose: the scripts that meet in Japanese offices, and the
 * lookalikes of UTS 39 that are seen in attacks. All other scripts count as one.
 */
#ifndef LIB_NAMES_SCRIPT_H
#define LIB_NAMES_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCRIPT_LABEL_MAX 63

enum script { /* flags, so that a label's scripts are a set */
	      SCRIPT_COMMON = 0, /* digits, hyphen, marks: go with anything */
	      SCRIPT_LATIN = 1 << 0,
	      SCRIPT_GREEK = 1 << 1,
	      SCRIPT_CYRILLIC = 1 << 2,
	      SCRIPT_HAN = 1 << 3,
	      SCRIPT_HIRAGANA = 1 << 4,
	      SCRIPT_KATAKANA = 1 << 5,
	      SCRIPT_HANGUL = 1 << 6,
	      SCRIPT_BOPOMOFO = 1 << 7,
	      SCRIPT_OTHER = 1 << 8,
};

struct script_label {
	uint32_t c[SCRIPT_LABEL_MAX]; /* code points, lower case */
	size_t len;
};

/* The scripts of a label, as enum script flags. */
unsigned script_set(const struct script_label *label);

/* One script, or those of Japanese, Chinese or Korean with Latin (UTS 39, 5.2)? */
bool script_set_is_usual(unsigned set);

/*
 * Can the whole label be taken for one in ASCII, which it is not? Not so for a label
 * of one script below a top-level domain of the same (top: that one's scripts).
 */
bool script_is_lookalike(const struct script_label *label, unsigned top);

/* Digits other than ASCII's, or letters that look like digits beside digits? */
bool script_has_odd_digits(const struct script_label *label);

#endif
