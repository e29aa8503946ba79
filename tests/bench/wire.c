/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/bench/wire.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MODE_AT 44 /* record head 5, handshake head 4, version 2, random 32, length 1 */
#define SNI_MAX 253

struct out {
	uint8_t *data;
	size_t len;
};

static void put(struct out *o, const void *data, size_t len)
{
	memcpy(o->data + o->len, data, len);
	o->len += len;
}

static void put8(struct out *o, unsigned v)
{
	o->data[o->len++] = (uint8_t)v;
}

static void put16(struct out *o, unsigned v)
{
	put8(o, v >> 8);
	put8(o, v);
}

static void put_filler(struct out *o, size_t len)
{
	for (size_t i = 0; i < len; i++)
		put8(o, (unsigned)(i * 37 + 11));
}

static void set16(struct out *o, size_t at, size_t v)
{
	o->data[at] = (uint8_t)(v >> 8);
	o->data[at + 1] = (uint8_t)v;
}

static void put_extension(struct out *o, unsigned type, const void *data, size_t len)
{
	put16(o, type);
	put16(o, (unsigned)len);
	put(o, data, len);
}

static void put_server_name(struct out *o, const char *name)
{
	unsigned len = (unsigned)strlen(name);

	put16(o, 0);
	put16(o, len + 5);
	put16(o, len + 3);
	put8(o, 0);
	put16(o, len);
	put(o, name, len);
}

/* What a browser sends (RFC 8446), one GREASE value (RFC 8701) among it. */
static void put_extensions(struct out *o, const char *name)
{
	static const uint8_t groups[] = { 0, 8, 0x2a, 0x2a, 0, 29, 0, 23, 0, 24 };
	static const uint8_t points[] = { 1, 0 };
	static const uint8_t signatures[] = { 0, 12, 4, 3, 8, 4, 4, 1, 5, 3, 8, 5, 5, 1 };
	static const uint8_t alpn[] = { 0,   12,  2,   'h', '2', 8,   'h',
					't', 't', 'p', '/', '1', '.', '1' };
	static const uint8_t versions[] = { 6, 0x2a, 0x2a, 3, 4, 3, 3 };
	static const uint8_t psk_modes[] = { 1, 1 };

	put_extension(o, 0x2a2a, "", 0);
	put_server_name(o, name);
	put_extension(o, 23, "", 0); /* extended master secret */
	put_extension(o, 10, groups, sizeof(groups));
	put_extension(o, 11, points, sizeof(points));
	put_extension(o, 13, signatures, sizeof(signatures));
	put_extension(o, 16, alpn, sizeof(alpn));
	put_extension(o, 43, versions, sizeof(versions));
	put_extension(o, 45, psk_modes, sizeof(psk_modes));
	put16(o, 51); /* key share: x25519 */
	put16(o, 38);
	put16(o, 36);
	put16(o, 29);
	put16(o, 32);
	put_filler(o, 32);
}

size_t wire_hello(uint8_t dst[WIRE_HELLO_MAX], const char *name, enum wire_mode mode)
{
	static const uint8_t ciphers[] = {
		0x2a, 0x2a, 0x13, 1,    0x13, 2,    0x13, 3,
		0xc0, 0x2b, 0xc0, 0x2f, 0xc0, 0x2c, 0xc0, 0x30
	};
	struct out o = { .data = dst };
	size_t extensions;

	if (strlen(name) > SNI_MAX)
		return 0;
	put(&o, "\x16\x03\x01\0\0\x01\0\0\0\x03\x03", 11);
	put_filler(&o, 32);
	put8(&o, 32);
	put8(&o, mode);
	put_filler(&o, 31);
	put16(&o, sizeof(ciphers));
	put(&o, ciphers, sizeof(ciphers));
	put(&o, "\1\0", 2);
	extensions = o.len;
	put16(&o, 0);
	put_extensions(&o, name);
	set16(&o, extensions, o.len - extensions - 2);
	set16(&o, 3, o.len - 5);
	set16(&o, 7, o.len - 9);
	return o.len;
}

size_t wire_hello_end(const uint8_t *data, size_t len, enum wire_mode *ret_mode)
{
	size_t end;

	if (len < 5)
		return 0;
	end = 5u + (size_t)data[3] * 256 + data[4];
	if (data[0] != 0x16 || end <= MODE_AT || end > WIRE_HELLO_MAX)
		return SIZE_MAX;
	if (len < end)
		return 0;
	*ret_mode = (enum wire_mode)data[MODE_AT];
	return end;
}

void wire_reply(uint8_t dst[WIRE_REPLY_LEN])
{
	struct out o = { .data = dst };
	size_t padding;

	put(&o, "\x16\x03\x03\0\0\x02\0\0\0\x03\x03", 11);
	put_filler(&o, 32);
	put8(&o, 32);
	put_filler(&o, 32);
	put(&o, "\x13\x01\0", 3);
	put16(&o, (unsigned)(WIRE_REPLY_LEN - o.len - 2));
	put_extension(&o, 43, "\x03\x04", 2);
	padding = WIRE_REPLY_LEN - o.len - 4;
	put16(&o, 21);
	put16(&o, (unsigned)padding);
	put_filler(&o, padding);
	set16(&o, 3, WIRE_REPLY_LEN - 5);
	set16(&o, 7, WIRE_REPLY_LEN - 9);
}

void wire_stream(uint8_t *dst)
{
	uint64_t x = 0x9e3779b97f4a7c15u;

	for (size_t i = 0; i < WIRE_STREAM_LEN; i += sizeof(x)) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		memcpy(dst + i, &x, sizeof(x));
	}
}

void wire_echo(uint8_t dst[WIRE_ECHO_LEN])
{
	struct out o = { .data = dst };

	put(&o, "\x17\x03\x03\0", 4);
	put8(&o, WIRE_ECHO_LEN - 5);
	put_filler(&o, WIRE_ECHO_LEN - 5);
}

int64_t wire_now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

void wire_die(const char *what)
{
	(void)fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

long wire_number(const char *text)
{
	char *end;
	long v = strtol(text, &end, 10);

	if (end != text && *end == '\0' && v > 0)
		return v;
	(void)fprintf(stderr, "'%s' is no positive number\n", text);
	exit(2);
}
