/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/localpage.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/mem.h"
#include "proxy/localform.h"

#define TOKEN_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
#define HEAD_MAX    1024

/* The one style sheet. Who changes it changes STYLE_HASH: its SHA-256 in base 64. */
#define STYLE \
	"body{font-family:sans-serif;max-width:60em;margin:1em auto;padding:0 1em;" \
	"line-height:1.6}table{border-collapse:collapse;width:100%}" \
	"th,td{border-bottom:1px solid #999;padding:.4em;text-align:left;" \
	"vertical-align:top}td{overflow-wrap:anywhere}.n{border:2px solid " \
	"#333;padding:.6em}" \
	"span[lang]{display:block}input{width:95%}"
#define STYLE_HASH "bnoOjGzZDbQE/pMYqpuVP20oUD/EmoDextRvwNEikew="

struct text {
	const char *ja, *en;
};

static const struct text title = { "この端末で接続できなかったサイト",
				   "Sites that this device could not reach" };
static const struct text none = { "最近、接続を拒否されたサイトはありません。",
				  "Nothing was refused lately." };
static const struct text hint = {
	"この一覧はこの端末だけに表示されます。業務で必要なサイトは、目的を書いて申請して"
	"く"
	"ださい。",
	"Only this device sees this list. Ask for a site that your work needs, and say "
	"what "
	"for.",
};
static const struct text columns[] = {
	{ "日時", "Time" },          { "接続先", "Site" }, { "理由", "Reason" },
	{ "照会番号", "Reference" }, { "回数", "Times" },  { "申請", "Request" },
};
static const struct text purpose = { "利用目的", "Purpose" };
static const struct text button = { "申請する", "Ask for this site" };

static const struct answer {
	unsigned status;
	const char *phrase;
	struct text notice;
} answers[] = {
	[LOCALPAGE_LIST] = { 200, "OK", { "", "" } },
	[LOCALPAGE_FILED] = { 200,
			      "OK",
			      { "申請を受け付けました。承認されると接続できるようになりま"
				"す。",
				"The request was filed. The site opens when it is "
				"approved." } },
	[LOCALPAGE_ALREADY] = { 200,
				"OK",
				{ "このサイトはすでに申請されています。承認をお待ちくださ"
				  "い。",
				  "This site has been asked for already. Please "
				  "wait." } },
	[LOCALPAGE_FAILED] = { 503,
			       "Service Unavailable",
			       { "申請できませんでした。しばらくしてからもう一度お試しく"
				 "ださい。",
				 "The request could not be filed. Please try again "
				 "later." } },
	[LOCALPAGE_STALE] = { 403,
			      "Forbidden",
			      { "申請の画面が古くなったか、入力が正しくありません。下の一"
				"覧か"
				"らもう一度申請してください。",
				"The form was too old or not filled in. Please ask again "
				"from "
				"the list below." } },
	[LOCALPAGE_NOT_FOUND] = { 404,
				  "Not Found",
				  { "ページが見つかりません。",
				    "There is no such page." } },
};

static void put_escaped(FILE *f, const char *s)
{
	for (; *s != '\0'; s++) {
		switch (*s) {
		case '&':
			(void)fputs("&amp;", f);
			break;
		case '<':
			(void)fputs("&lt;", f);
			break;
		case '>':
			(void)fputs("&gt;", f);
			break;
		case '"':
			(void)fputs("&quot;", f);
			break;
		case '\'':
			(void)fputs("&#39;", f);
			break;
		default:
			(void)fputc(*s, f);
		}
	}
}

static void put_language(FILE *f, const char *text, const char *lang)
{
	(void)fprintf(f, "<span lang=\"%s\">", lang);
	put_escaped(f, text);
	(void)fputs("</span>", f);
}

static void put_both(FILE *f, const struct localpage *p, struct text t)
{
	if (p->japanese)
		put_language(f, t.ja, "ja");
	put_language(f, t.en, "en");
	if (!p->japanese)
		put_language(f, t.ja, "ja");
}

/* Wall clock with its distance from UTC: "2026-11-21 16:31:20 +09:00". */
static void put_time(FILE *f, int64_t time_us, int offset_min)
{
	time_t at = (time_t)(time_us / 1000000 + offset_min * 60);
	int away = offset_min < 0 ? -offset_min : offset_min;
	char text[32];
	struct tm tm;

	if (gmtime_r(&at, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm) == 0)
		text[0] = '\0';
	(void)fprintf(f, "<td>%s %c%02d:%02d</td>", text, offset_min < 0 ? '-' : '+',
		      away / 60, away % 60);
}

static void put_form(FILE *f, const struct localpage *p, const struct denial *d)
{
	(void)fputs("<form method=\"post\" action=\"" LOCALPAGE_ACTION
		    "\" accept-charset=\"utf-8\"><input type=\"hidden\" name=\"token\" "
		    "value=\"",
		    f);
	put_escaped(f, p->token);
	(void)fputs("\"><input type=\"hidden\" name=\"host\" value=\"", f);
	put_escaped(f, d->host);
	(void)fprintf(f, "\"><input type=\"hidden\" name=\"port\" value=\"%u\"><label>",
		      d->port);
	put_both(f, p, purpose);
	(void)fprintf(f,
		      "<input name=\"purpose\" maxlength=\"%d\" required></label>"
		      "<button>",
		      LOCALFORM_PURPOSE_CHARS);
	put_both(f, p, button);
	(void)fputs("</button></form>", f);
}

static void put_denial(FILE *f, const struct localpage *p, const struct denial *d)
{
	struct text reason = { reason_text(d->reason, "ja"),
			       reason_text(d->reason, "en") };
	bool v6 = strchr(d->host, ':') != NULL;

	(void)fputs("<tr>", f);
	put_time(f, d->time_us, p->utc_offset_min);
	(void)fputs("<td>", f);
	(void)fputs(v6 ? "[" : "", f);
	put_escaped(f, d->host[0] != '\0' ? d->host : "-");
	(void)fprintf(f, "%s:%u</td><td>", v6 ? "]" : "", d->port);
	put_both(f, p, reason);
	(void)fprintf(f, "</td><td><code>%016" PRIx64 "</code></td><td>%u</td><td>",
		      d->reference, d->count);
	if (localpage_can_ask(d))
		put_form(f, p, d);
	(void)fputs("</td></tr>\n", f);
}

static void put_table(FILE *f, const struct localpage *p)
{
	(void)fputs("<table><tr>", f);
	for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
		(void)fputs("<th>", f);
		put_both(f, p, columns[i]);
		(void)fputs("</th>", f);
	}
	(void)fputs("</tr>\n", f);
	for (size_t i = 0; i < p->count && i < DENIALS_A_DEVICE; i++)
		put_denial(f, p, &p->denial[i]);
	(void)fputs("</table>\n", f);
}

static void put_body(FILE *f, const struct localpage *p)
{
	(void)fprintf(f, "<!DOCTYPE html>\n<html lang=\"%s\">",
		      p->japanese ? "ja" : "en");
	(void)fputs("<meta charset=\"utf-8\">"
		    "<meta name=\"viewport\" content=\"width=device-width\">"
		    "<title>Sekisho</title><style>" STYLE "</style>\n<h1>",
		    f);
	put_both(f, p, title);
	(void)fputs("</h1>\n", f);
	if (p->kind != LOCALPAGE_LIST) {
		(void)fputs("<p class=\"n\" role=\"status\">", f);
		put_both(f, p, answers[p->kind].notice);
		(void)fputs("</p>\n", f);
	}
	(void)fputs("<p>", f);
	put_both(f, p, p->count != 0 ? hint : none);
	(void)fputs("</p>\n", f);
	if (p->count != 0)
		put_table(f, p);
}

static size_t write_head(const struct localpage *p, size_t body_len, char head[HEAD_MAX])
{
	const struct answer *a = &answers[p->kind];
	int n = snprintf(head, HEAD_MAX,
			 "HTTP/1.1 %u %s\r\nContent-Type: text/html; charset=utf-8\r\n"
			 "Content-Length: %zu\r\nCache-Control: no-store\r\n"
			 "Content-Security-Policy: default-src 'none'; "
			 "style-src 'sha256-" STYLE_HASH "'; form-action 'self'; "
			 "base-uri 'none'; frame-ancestors 'none'\r\n"
			 "X-Content-Type-Options: nosniff\r\n"
			 "Referrer-Policy: same-origin\r\n"
			 "Cross-Origin-Resource-Policy: same-origin\r\n"
			 "Connection: close\r\n\r\n",
			 a->status, a->phrase, body_len);

	return n > 0 && n < HEAD_MAX ? (size_t)n : 0;
}

bool localpage_can_ask(const struct denial *d)
{
	return d->host[0] != '\0' && d->port != 0 &&
	       (d->reason == REASON_NOT_LISTED || d->reason == REASON_PORT ||
		d->reason == REASON_METHOD || d->reason == REASON_NOT_NOW ||
		d->reason == REASON_NOT_IN_PERMIT || d->reason == REASON_ADDRESS);
}

static bool is_token(const char *token)
{
	size_t len = strnlen(token, LOCALPAGE_TOKEN_MAX + 1);

	return len > 0 && len <= LOCALPAGE_TOKEN_MAX && strspn(token, TOKEN_CHARS) == len;
}

int localpage_write(const struct localpage *p, char **ret_text, size_t *ret_len)
{
	CLEANUP(free_p) char *text = NULL;
	size_t body_len, head_len;
	char head[HEAD_MAX];
	void *fit;
	FILE *f;
	long end;

	if (!is_token(p->token))
		return -EINVAL;
	text = malloc(LOCALPAGE_MAX);
	if (text == NULL)
		return -ENOMEM;
	/* the body stands where it is to be once the head's length is known */
	f = fmemopen(text, LOCALPAGE_MAX - HEAD_MAX, "w");
	if (f == NULL)
		return -ENOMEM;
	put_body(f, p);
	end = ftell(f);
	if (fclose(f) != 0 || end <= 0 || end >= (long)(LOCALPAGE_MAX - HEAD_MAX))
		return -ENOMEM;
	body_len = (size_t)end;
	head_len = write_head(p, body_len, head);
	memmove(text + head_len, text, body_len);
	memcpy(text, head, head_len);
	*ret_len = head_len + (p->head_only ? 0 : body_len);
	text[*ret_len] = '\0';
	fit = realloc(text, *ret_len + 1); /* slow readers hold it for long */
	if (fit != NULL)
		text = fit;
	*ret_text = STEAL(text);
	return 0;
}
