/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wire - what the bench's load generator and origin say to each other
 *
 * A tunnel begins with a TLS ClientHello. To a proxy and to the relays it is what a
 * browser sends; the origin reads from the first byte of the session id what to do.
 */
#ifndef BENCH_WIRE_H
#define BENCH_WIRE_H

#include <stddef.h>
#include <stdint.h>

#define WIRE_TLS_PORT   443
#define WIRE_HTTP_PORT  8080
#define WIRE_REPLY_LEN  1024 /* the origin's answer to a hello, and an HTTP body */
#define WIRE_HELLO_MAX  1024
#define WIRE_ECHO_LEN   32 /* a message in a tunnel that stays */
#define WIRE_STREAM_LEN (8u << 20) /* what an endless stream repeats */

enum wire_mode {
	WIRE_ONCE = 'R', /* one reply */
	WIRE_ECHO = 'E', /* one reply, then every byte comes back */
	WIRE_STREAM = 'S', /* one reply, then the stream without end */
};

/* The ClientHello for name into dst. Returns its length, 0 when name is too long. */
size_t wire_hello(uint8_t dst[WIRE_HELLO_MAX], const char *name, enum wire_mode mode);

/*
 * Length of the hello that begins in (data, len), 0 when it is not whole yet;
 * SIZE_MAX when it is none. *ret_mode is set with the length.
 */
size_t wire_hello_end(const uint8_t *data, size_t len, enum wire_mode *ret_mode);

/* The origin's answer to a hello: a record that begins like a ServerHello. */
void wire_reply(uint8_t dst[WIRE_REPLY_LEN]);

/* The stream's bytes; dst is WIRE_STREAM_LEN long. */
void wire_stream(uint8_t *dst);

/* An echo message: an application data record. */
void wire_echo(uint8_t dst[WIRE_ECHO_LEN]);

/* Nanoseconds, monotonic. */
int64_t wire_now(void);

/* Say what failed, with errno, and exit. */
_Noreturn void wire_die(const char *what);

/* A positive number or exit. */
long wire_number(const char *text);

#endif
