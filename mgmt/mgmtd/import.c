/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/import.h"

void import_begin(struct import_report *report, struct call *c)
{
	*report = (struct import_report){ .c = c, .lines = json_array() };
}

void import_end(struct import_report *report)
{
	json_decref(report->lines);
}

static void add_line(struct import_report *report, size_t line, const char *text)
{
	report->bad++;
	if (json_array_size(report->lines) < IMPORT_LINES_MAX)
		(void)json_array_append_new(
			report->lines,
			json_sprintf(report->c->ja ? "%zu行目: %s" : "line %zu: %s", line,
				     text));
}

void import_refuse(struct import_report *report, size_t line, enum msg msg,
		   const char *arg)
{
	char text[MSG_TEXT_MAX];

	add_line(report, line, msg_text(msg, report->c->ja, arg, text, sizeof(text)));
}

void import_fault(struct import_report *report, const struct rowfile_error *e,
		  const struct import_texts *t)
{
	const struct {
		const char *en, *ja;
	} texts[] = {
		[ROWFILE_SYNTAX] = { t->syntax, t->syntax_ja },
		[ROWFILE_COLUMN] = { t->column, t->column_ja },
		[ROWFILE_FIELDS] = { "the number of fields differs from the first line's",
				     "項目の数が1行目と異なります" },
		[ROWFILE_ROWS] = { "more rows than one file may have",
				   "1つのファイルで取り込める行数を超えています" },
	};

	add_line(report, e->line,
		 report->c->ja ? texts[e->fault].ja : texts[e->fault].en);
}

void import_answer(const struct import_report *report)
{
	struct call *c = report->c;
	char text[MSG_TEXT_MAX];

	call_json(c, msg_status(MSG_BAD_ROWS),
		  json_pack("{s:{s:s, s:s, s:I, s:O}}", "error", "code",
			    msg_code(MSG_BAD_ROWS), "message",
			    msg_text(MSG_BAD_ROWS, c->ja, "", text, sizeof(text)), "bad",
			    (json_int_t)report->bad, "diagnostics", report->lines));
}
