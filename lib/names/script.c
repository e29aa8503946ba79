/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/names/script.h"

#include "lib/attr.h"

struct range {
	uint32_t first, last;
	enum script script;
};

/* Sorted. What is not here and not ASCII is SCRIPT_OTHER. Unicode 15, Scripts.txt. */
static const struct range ranges[] = {
	{ 0x00aa, 0x00aa, SCRIPT_LATIN },      { 0x00b7, 0x00b7, SCRIPT_COMMON },
	{ 0x00ba, 0x00ba, SCRIPT_LATIN },      { 0x00c0, 0x02b8, SCRIPT_LATIN },
	{ 0x02b9, 0x02df, SCRIPT_COMMON },     { 0x02e0, 0x02e4, SCRIPT_LATIN },
	{ 0x02ea, 0x02eb, SCRIPT_BOPOMOFO },   { 0x02ec, 0x036f, SCRIPT_COMMON },
	{ 0x0370, 0x03e1, SCRIPT_GREEK },      { 0x03f0, 0x03ff, SCRIPT_GREEK },
	{ 0x0400, 0x052f, SCRIPT_CYRILLIC },   { 0x1100, 0x11ff, SCRIPT_HANGUL },
	{ 0x1c80, 0x1c8f, SCRIPT_CYRILLIC },   { 0x1d00, 0x1d25, SCRIPT_LATIN },
	{ 0x1d26, 0x1d2a, SCRIPT_GREEK },      { 0x1d2b, 0x1d2b, SCRIPT_CYRILLIC },
	{ 0x1d2c, 0x1d5c, SCRIPT_LATIN },      { 0x1d5d, 0x1d61, SCRIPT_GREEK },
	{ 0x1d62, 0x1d65, SCRIPT_LATIN },      { 0x1d66, 0x1d6a, SCRIPT_GREEK },
	{ 0x1d6b, 0x1d77, SCRIPT_LATIN },      { 0x1d78, 0x1d78, SCRIPT_CYRILLIC },
	{ 0x1d79, 0x1dbe, SCRIPT_LATIN },      { 0x1dbf, 0x1dbf, SCRIPT_GREEK },
	{ 0x1dc0, 0x1dff, SCRIPT_COMMON },     { 0x1e00, 0x1eff, SCRIPT_LATIN },
	{ 0x1f00, 0x1fff, SCRIPT_GREEK },      { 0x200c, 0x200d, SCRIPT_COMMON },
	{ 0x2c60, 0x2c7f, SCRIPT_LATIN },      { 0x2de0, 0x2dff, SCRIPT_CYRILLIC },
	{ 0x3005, 0x3007, SCRIPT_HAN },        { 0x302a, 0x302d, SCRIPT_COMMON },
	{ 0x3041, 0x3096, SCRIPT_HIRAGANA },   { 0x3099, 0x309a, SCRIPT_COMMON },
	{ 0x309d, 0x309f, SCRIPT_HIRAGANA },   { 0x30a1, 0x30fa, SCRIPT_KATAKANA },
	{ 0x30fb, 0x30fc, SCRIPT_COMMON },     { 0x30fd, 0x30ff, SCRIPT_KATAKANA },
	{ 0x3105, 0x312f, SCRIPT_BOPOMOFO },   { 0x31a0, 0x31bf, SCRIPT_BOPOMOFO },
	{ 0x31f0, 0x31ff, SCRIPT_KATAKANA },   { 0x3400, 0x4dbf, SCRIPT_HAN },
	{ 0x4e00, 0x9fff, SCRIPT_HAN },        { 0xa640, 0xa69f, SCRIPT_CYRILLIC },
	{ 0xa722, 0xa787, SCRIPT_LATIN },      { 0xa78b, 0xa7ff, SCRIPT_LATIN },
	{ 0xa960, 0xa97c, SCRIPT_HANGUL },     { 0xab30, 0xab64, SCRIPT_LATIN },
	{ 0xac00, 0xd7fb, SCRIPT_HANGUL },     { 0xf900, 0xfad9, SCRIPT_HAN },
	{ 0x1b000, 0x1b000, SCRIPT_KATAKANA }, { 0x1b001, 0x1b11f, SCRIPT_HIRAGANA },
	{ 0x20000, 0x323af, SCRIPT_HAN },
};

/*
 * Lower-case letters that are drawn like an ASCII one in common typefaces (UTS 39,
 * confusables.txt, abridged). Names are folded to lower case before they get here.
 */
static const struct {
	uint32_t c;
	char ascii;
} lookalikes[] = {
	/* Latin */
	{ 0x0131, 'i' },
	{ 0x0251, 'a' },
	{ 0x0261, 'g' },
	{ 0x0269, 'i' },
	{ 0x01a8, '2' },
	{ 0x01bd, '5' },
	{ 0x021d, '3' },
	{ 0x0223, '8' },
	{ 0x0292, '3' },
	{ 0x1d04, 'c' },
	{ 0x1d0f, 'o' },
	{ 0x1d1c, 'u' },
	{ 0x1d20, 'v' },
	{ 0x1d21, 'w' },
	{ 0x1d22, 'z' },
	/* Greek */
	{ 0x03b1, 'a' },
	{ 0x03b3, 'y' },
	{ 0x03b9, 'i' },
	{ 0x03ba, 'k' },
	{ 0x03bd, 'v' },
	{ 0x03bf, 'o' },
	{ 0x03c1, 'p' },
	{ 0x03c3, 'o' },
	{ 0x03c5, 'u' },
	{ 0x03c9, 'w' },
	{ 0x03f2, 'c' },
	{ 0x03f3, 'j' },
	/* Cyrillic */
	{ 0x0430, 'a' },
	{ 0x0431, '6' },
	{ 0x0433, 'r' },
	{ 0x0435, 'e' },
	{ 0x0437, '3' },
	{ 0x043a, 'k' },
	{ 0x043e, 'o' },
	{ 0x043f, 'n' },
	{ 0x0440, 'p' },
	{ 0x0441, 'c' },
	{ 0x0443, 'y' },
	{ 0x0445, 'x' },
	{ 0x0448, 'w' },
	{ 0x044c, 'b' },
	{ 0x0455, 's' },
	{ 0x0456, 'i' },
	{ 0x0458, 'j' },
	{ 0x0461, 'w' },
	{ 0x0475, 'v' },
	{ 0x04ab, 'c' },
	{ 0x04af, 'y' },
	{ 0x04bb, 'h' },
	{ 0x04bd, 'e' },
	{ 0x04cf, 'l' },
	{ 0x04e1, '3' },
	{ 0x0501, 'd' },
	{ 0x051b, 'q' },
	{ 0x051d, 'w' },
	/* Han and kana: strokes that pass for a hyphen, a slash, a zero beside ASCII */
	{ 0x3007, 'o' },
	{ 0x30ce, '/' },
	{ 0x30fc, '-' },
	{ 0x4e00, '-' },
	{ 0x4e36, '/' },
	{ 0x4e3f, '/' },
};

/* The zero of each row of ten digits that names may hold. */
static const uint32_t zeros[] = {
	0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6,
	0x0c66, 0x0ce6, 0x0d66, 0x0de6, 0x0e50, 0x0ed0, 0x0f20, 0x1040, 0x1090,
	0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40,
	0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0,
};

static enum script script_of(uint32_t c)
{
	if (c < 0x80)
		return c >= 'a' && c <= 'z' ? SCRIPT_LATIN : SCRIPT_COMMON;
	for (size_t i = 0; i < ARRAY_LEN(ranges) && c >= ranges[i].first; i++) {
		if (c <= ranges[i].last)
			return ranges[i].script;
	}
	return SCRIPT_OTHER;
}

/* The ASCII character that c looks like, or 0. */
static char looks_like(uint32_t c)
{
	for (size_t i = 0; i < ARRAY_LEN(lookalikes); i++) {
		if (lookalikes[i].c == c)
			return lookalikes[i].ascii;
	}
	return 0;
}

static bool is_digit(uint32_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_foreign_digit(uint32_t c)
{
	for (size_t i = 0; i < ARRAY_LEN(zeros); i++) {
		if (c >= zeros[i] && c < zeros[i] + 10)
			return true;
	}
	return false;
}

unsigned script_set(const struct script_label *label)
{
	unsigned set = 0;

	for (size_t i = 0; i < label->len; i++)
		set |= (unsigned)script_of(label->c[i]);
	return set;
}

bool script_set_is_usual(unsigned set)
{
	const unsigned latin_han = SCRIPT_LATIN | SCRIPT_HAN;
	const unsigned japanese = latin_han | SCRIPT_HIRAGANA | SCRIPT_KATAKANA;
	const unsigned chinese = latin_han | SCRIPT_BOPOMOFO;
	const unsigned korean = latin_han | SCRIPT_HANGUL;

	return (set & (set - 1)) == 0 || (set & ~japanese) == 0 ||
	       (set & ~chinese) == 0 || (set & ~korean) == 0;
}

bool script_is_lookalike(const struct script_label *label, unsigned top)
{
	const unsigned cjk = SCRIPT_HAN | SCRIPT_KATAKANA;
	unsigned set = script_set(label);
	size_t foreign = 0, ascii = 0;

	for (size_t i = 0; i < label->len; i++) {
		if (label->c[i] < 0x80)
			ascii += label->c[i] != '-';
		else if (looks_like(label->c[i]) != 0)
			foreign++;
		else
			return false;
	}
	if (foreign == 0 || ((set & ~cjk) == 0 && ascii == 0))
		return false; /* a plain name, or one of a single Japanese word */
	return set == SCRIPT_LATIN || set != top;
}

bool script_has_odd_digits(const struct script_label *label)
{
	bool digits = false, like = false;

	for (size_t i = 0; i < label->len; i++) {
		uint32_t c = label->c[i];

		if (is_foreign_digit(c))
			return true;
		digits |= is_digit(c);
		like |= c >= 0x80 && is_digit((unsigned char)looks_like(c));
	}
	return digits && like;
}
