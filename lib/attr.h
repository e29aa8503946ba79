/* SPDX-License-Identifier: GPL-3.0-or-later */
/* attr - compiler attributes under readable names (level 0) */
#ifndef LIB_ATTR_H
#define LIB_ATTR_H

#define CLEANUP(fn)      __attribute__((cleanup(fn)))
#define MUST_CHECK       __attribute__((warn_unused_result))
#define PRINTF_FMT(f, a) __attribute__((format(printf, f, a)))
#define ARRAY_LEN(a)     (sizeof(a) / sizeof((a)[0]))

#endif
