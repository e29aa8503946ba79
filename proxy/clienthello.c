/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/clienthello.h"

#include <errno.h>
#include <string.h>

#include "lib/rd.h"

/* RFC 8446, sections 4 and 5.1 */
#define RECORD_HANDSHAKE     22
#define RECORD_HEADER        5
#define RECORD_MAX           (1 << 14)
#define MESSAGE_CLIENT_HELLO 1
#define MESSAGE_HEADER       4
#define MAJOR_VERSION        3 /* of SSL 3.0 and every TLS since */
#define RANDOM_LEN           32
#define SESSION_ID_MAX       32

enum extension {
	EXTENSION_SERVER_NAME = 0, /* RFC 6066, section 3 */
	EXTENSION_SUPPORTED_VERSIONS = 43, /* RFC 8446, section 4.2.1 */
	EXTENSION_ECH = 0xfe0d, /* RFC 9849 */
	EXTENSION_ESNI = 0xffce, /* its predecessor, draft-ietf-tls-esni-02 */
};

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The length of the record that begins here; 0: its header is not whole yet. */
static int record_length(const uint8_t *p, size_t left, bool first)
{
	int not_tls = first ? -EPROTO : -EBADMSG, length;

	if ((left >= 1 && p[0] != RECORD_HANDSHAKE) ||
	    (left >= 2 && p[1] != MAJOR_VERSION))
		return not_tls;
	if (left < RECORD_HEADER)
		return 0;
	length = p[3] << 8 | p[4];
	return length > 0 && length <= RECORD_MAX ? length : -EBADMSG;
}

/*
 * Is the message there, whichever way it is cut? Returns as clienthello_read(); with 1
 * its length, header included, and where its last record ends.
 */
static int message_length(const uint8_t *data, size_t len, size_t *ret_length,
			  size_t *ret_end)
{
	uint8_t head[MESSAGE_HEADER];
	size_t at = 0, got = 0, want = MESSAGE_HEADER;

	while (got < want) {
		const uint8_t *p;
		size_t record, there, part;
		int r;

		if (at + RECORD_HEADER >= CLIENTHELLO_MAX)
			return -EMSGSIZE;
		r = record_length(data + at, len - at, at == 0);
		if (r <= 0)
			return r;
		at += RECORD_HEADER;
		p = data + at;
		record = (size_t)r;
		there = smaller(record, len - at);
		for (size_t i = 0; i < there && got + i < MESSAGE_HEADER; i++)
			head[got + i] = p[i];
		if (got + there > 0 && head[0] != MESSAGE_CLIENT_HELLO)
			return -EBADMSG;
		if (got + there >= MESSAGE_HEADER)
			want = MESSAGE_HEADER +
			       ((size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3]);
		part = smaller(record, want - got);
		if (want > CLIENTHELLO_MAX - RECORD_HEADER || at + part > CLIENTHELLO_MAX)
			return -EMSGSIZE;
		if (got + part == want && want > MESSAGE_HEADER && part < record)
			return -EBADMSG; /* a second message could hide behind it */
		if (part > there)
			return 0;
		got += part;
		at += part;
	}
	*ret_length = want;
	*ret_end = at;
	return 1;
}

/* Put together what message_length() found to be there. */
static void gather(const uint8_t *data, size_t length, uint8_t *dst)
{
	for (size_t got = 0; got < length;) {
		size_t record = (size_t)data[3] << 8 | data[4];
		size_t part = smaller(record, length - got);

		memcpy(dst + got, data + RECORD_HEADER, part);
		got += part;
		data += RECORD_HEADER + part;
	}
}

static int read_name(struct rd r, char ret_name[HOST_MAX + 1])
{
	struct rd list = rd_sub(&r, rd_be16(&r)), host;
	char text[HOST_MAX + 1];
	uint8_t type = rd_u8(&list);
	size_t len = rd_be16(&list);

	host = rd_sub(&list, len);
	if (rd_failed(&host) || r.left != 0 || list.left != 0 || type != 0)
		return -EBADMSG;
	if (len == 0 || len > HOST_MAX || memchr(host.pos, '\0', len) != NULL ||
	    host.pos[len - 1] == '.')
		return -EBADMSG;
	memcpy(text, host.pos, len);
	text[len] = '\0';
	return host_normalise(text, ret_name) < 0 ? -EBADMSG : 0;
}

/* Only 0x03xx are versions of TLS; GREASE (RFC 8701) and drafts are not. */
static int read_versions(struct rd r, uint16_t *version)
{
	struct rd list = rd_sub(&r, rd_u8(&r));
	uint16_t highest = 0;

	if (rd_failed(&list) || r.left != 0 || list.left == 0 || list.left % 2 != 0)
		return -EBADMSG;
	while (list.left != 0) {
		uint16_t v = rd_be16(&list);

		if (v >> 8 == MAJOR_VERSION && v > highest)
			highest = v;
	}
	if (highest != 0)
		*version = highest;
	return 0;
}

static int read_extension(uint16_t type, struct rd content, struct clienthello *h)
{
	switch (type) {
	case EXTENSION_SERVER_NAME:
		return read_name(content, h->name);
	case EXTENSION_SUPPORTED_VERSIONS:
		return read_versions(content, &h->version);
	case EXTENSION_ECH:
	case EXTENSION_ESNI:
		h->ech = true;
		return 0;
	default: /* a foreign number */
		return 0;
	}
}

/* Types that were there before; those below 64, which most are, as bits. */
struct seen {
	uint64_t low;
	uint16_t high[CLIENTHELLO_EXTENSIONS_MAX];
	size_t high_count;
};

static bool see(struct seen *s, uint16_t type)
{
	if (type < 64) {
		bool again = (s->low >> type & 1) != 0;

		s->low |= (uint64_t)1 << type;
		return again;
	}
	for (size_t i = 0; i < s->high_count; i++) {
		if (s->high[i] == type)
			return true;
	}
	s->high[s->high_count++] = type;
	return false;
}

static int read_extensions(struct rd r, struct clienthello *h)
{
	struct seen seen;
	size_t n = 0;

	seen.low = 0;
	seen.high_count = 0;
	while (r.left != 0) {
		uint16_t type = rd_be16(&r);
		struct rd content = rd_sub(&r, rd_be16(&r));
		int result;

		if (rd_failed(&content))
			return -EBADMSG;
		if (n++ == CLIENTHELLO_EXTENSIONS_MAX)
			return -EMSGSIZE;
		if (see(&seen, type))
			return -EBADMSG;
		result = read_extension(type, content, h);
		if (result < 0)
			return result;
	}
	return 0;
}

/* The message without its header; extensions may be missing before TLS 1.3. */
static int read_body(struct rd r, struct clienthello *ret_hello)
{
	struct clienthello h = { .version = rd_be16(&r) };
	struct rd session, suites, compression, extensions = { 0 };
	int result;

	(void)rd_take(&r, RANDOM_LEN);
	session = rd_sub(&r, rd_u8(&r));
	suites = rd_sub(&r, rd_be16(&r));
	compression = rd_sub(&r, rd_u8(&r));
	if (r.left != 0)
		extensions = rd_sub(&r, rd_be16(&r));
	if (rd_failed(&r) || r.left != 0 || h.version >> 8 != MAJOR_VERSION ||
	    session.left > SESSION_ID_MAX || suites.left == 0 || suites.left % 2 != 0 ||
	    compression.left == 0)
		return -EBADMSG;
	result = read_extensions(extensions, &h);
	if (result < 0)
		return result;
	*ret_hello = h;
	return 1;
}

/* Fragmented: the one case where the message is copied. */
static int read_fragmented(const uint8_t *data, size_t length,
			   struct clienthello *ret_hello)
{
	uint8_t whole[CLIENTHELLO_MAX];

	gather(data, length, whole);
	return read_body(rd_of(whole + MESSAGE_HEADER, length - MESSAGE_HEADER),
			 ret_hello);
}

int clienthello_read(const uint8_t *data, size_t len, struct clienthello *ret_hello)
{
	const uint8_t *body = data + RECORD_HEADER + MESSAGE_HEADER;
	size_t length, end;
	int r = message_length(data, len, &length, &end);

	if (r <= 0)
		return r;
	if (length > ((size_t)data[3] << 8 | data[4]))
		r = read_fragmented(data, length, ret_hello);
	else
		r = read_body(rd_of(body, length - MESSAGE_HEADER), ret_hello);
	if (r > 0)
		ret_hello->length = (uint32_t)end;
	return r;
}
