/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/page.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/attr.h"

#define BODY_MAX 3072
/* RFC 7617 2.1: browsers send UTF-8 then */
#define AUTHENTICATE "Proxy-Authenticate: Basic realm=\"Sekisho\", charset=\"UTF-8\"\r\n"

/* The language named first wins: browsers list them in the order of preference. */
bool page_prefers_japanese(const struct http1_head *head)
{
	const struct http1_field *f = http1_find(head, HTTP1_ACCEPT_LANGUAGE);

	if (f == NULL)
		return false;
	for (size_t i = 0; i + 1 < f->value.len; i++) {
		if (i != 0 && f->value.p[i - 1] != ',' && f->value.p[i - 1] != ' ')
			continue;
		if (strncasecmp(f->value.p + i, "ja", 2) == 0)
			return true;
		if (strncasecmp(f->value.p + i, "en", 2) == 0)
			return false;
	}
	return false;
}

static const struct {
	enum reason reason;
	unsigned status;
} statuses[] = {
	{ REASON_BAD_REQUEST, 400 },    { REASON_NAME_FAILED, 502 },
	{ REASON_CONNECT_FAILED, 502 }, { REASON_ERROR, 502 },
	{ REASON_OVERLOAD, 503 },       { REASON_NO_RECORD, 503 },
	{ REASON_NO_POLICY, 503 },      { REASON_SIGN_IN, 407 },
	{ REASON_LOCKDOWN, 503 },
};

unsigned page_status(enum reason reason)
{
	for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
		if (statuses[i].reason == reason)
			return statuses[i].status;
	}
	return 403;
}

static const char *phrase(unsigned status)
{
	switch (status) {
	case 400:
		return "Bad Request";
	case 403:
		return "Forbidden";
	case 405:
		return "Method Not Allowed";
	case 407:
		return "Proxy Authentication Required";
	case 408:
		return "Request Timeout";
	case 411:
		return "Length Required";
	case 413:
		return "Content Too Large";
	case 417:
		return "Expectation Failed";
	case 431:
		return "Request Header Fields Too Large";
	case 501:
		return "Not Implemented";
	case 502:
		return "Bad Gateway";
	case 503:
		return "Service Unavailable";
	case 504:
		return "Gateway Timeout";
	case 505:
		return "HTTP Version Not Supported";
	default:
		return "Refused";
	}
}

/* Whoever may use the proxy finds its refusals there, and can ask for a site. */
static const char *link_to_local_page(const struct page *p, bool ja)
{
	if (p->status != 403 || p->reason == REASON_ZONE ||
	    p->reason == REASON_NO_PERMIT || p->reason == REASON_SIGN_IN)
		return "";
	return ja ? "<p><a href=\"http://sekisho.internal/\">このサイトの利用を申請する"
		    "</a></p>"
		  : "<p><a href=\"http://sekisho.internal/\">Ask for this site</a></p>";
}

static const char *hint_text(enum page_hint hint, bool ja)
{
	switch (hint) {
	case PAGE_HINT_NONE:
		break;
	case PAGE_HINT_CHANGE:
		return ja ? "<p>"
			    "初期パスワードのままでは利用できません。管理画面でパスワード"
			    "を"
			    "変更してから、サインインし直してください。</p>"
			  : "<p>This is a first password. Change it on the management "
			    "page, then sign in again.</p>";
	case PAGE_HINT_WAIT:
		return ja ? "<p>"
			    "サインインの失敗が続いたため、一時的に受け付けを停止してい"
			    "ます。しばらくしてからやり直してください。</p>"
			  : "<p>Too many sign-ins have failed. Try again later.</p>";
	}
	return "";
}

static int write_paragraph(char *dst, size_t size, const struct page *p, bool ja)
{
	return snprintf(dst, size,
			"<section lang=\"%s\"><h1>%s</h1><p>%s</p>%s"
			"<p>%s: <b>%s</b> (%s)</p><p>%s: <code>%016" PRIx64
			"</code></p>%s</section>\n",
			ja ? "ja" : "en", ja ? "接続できません" : "Not connected",
			reason_text(p->reason, ja ? "ja" : "en"), hint_text(p->hint, ja),
			ja ? "接続先" : "Site", p->host[0] != '\0' ? p->host : "-",
			reason_name(p->reason), ja ? "照会番号" : "Reference",
			p->reference, link_to_local_page(p, ja));
}

static size_t write_body(const struct page *p, char *dst)
{
	size_t len = 0;
	int n = snprintf(dst, BODY_MAX,
			 "<!DOCTYPE html>\n<html lang=\"%s\"><meta charset=\"utf-8\">"
			 "<title>Sekisho</title>\n",
			 p->japanese ? "ja" : "en");

	for (int i = 0; i < 2 && n > 0 && (size_t)n < BODY_MAX - len; i++) {
		len += (size_t)n;
		n = write_paragraph(dst + len, BODY_MAX - len, p,
				    p->japanese == (i == 0));
	}
	return n > 0 && (size_t)n < BODY_MAX - len ? len + (size_t)n : len;
}

size_t page_write(const struct page *p, char *dst)
{
	char body[BODY_MAX];
	size_t body_len = write_body(p, body);
	int n = snprintf(dst, PAGE_MAX,
			 "HTTP/1.1 %u %s\r\nContent-Type: text/html; charset=utf-8\r\n"
			 "Content-Length: %zu\r\nCache-Control: no-store\r\n"
			 "X-Content-Type-Options: nosniff\r\n"
			 "Content-Security-Policy: default-src 'none'\r\n"
			 "X-Sekisho-Reason: %s\r\nX-Sekisho-Reference: %016" PRIx64 "\r\n"
			 "%s%s\r\n",
			 p->status, phrase(p->status), body_len, reason_name(p->reason),
			 p->reference, p->status == 407 ? AUTHENTICATE : "",
			 p->keep ? "" : "Connection: close\r\n");
	size_t len = n > 0 && (size_t)n < PAGE_MAX ? (size_t)n : 0;

	if (len == 0 || p->head_only || body_len > PAGE_MAX - len)
		return len;
	memcpy(dst + len, body, body_len);
	return len + body_len;
}
