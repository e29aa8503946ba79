/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/policy/yaml.h"

#include <errno.h>
#include <libfyaml.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"
#include "lib/policy/policy.h"
#include "lib/str.h"

#define NOT_ONE_LINE "text must be one line without control characters"

struct frame { /* a mapping or list that is open */
	struct yaml_node *node;
	struct yaml_node **tail; /* where its next child goes */
	char *key; /* owned; read, its value is still to come */
	struct place key_at;
};

struct builder {
	const char *text; /* the file */
	size_t len;
	struct diags *diags;
	struct yaml_node *root; /* owned */
	struct frame frame[POLICY_DEPTH_MAX];
	size_t depth;
	size_t nodes;
	size_t documents;
};

static struct frame *top(struct builder *b)
{
	return b->depth > 0 ? &b->frame[b->depth - 1] : NULL;
}

static bool wants_key(struct builder *b)
{
	struct frame *f = top(b);

	return f != NULL && f->node->kind == YAML_MAPPING && f->key == NULL;
}

/*
 * libfyaml counts from 0, puts quoted text and aliases behind their sign, and an
 * empty value nowhere.
 */
static struct place place_of(struct builder *b, struct fy_event *e, bool has_sign)
{
	const struct fy_mark *m = fy_event_start_mark(e);
	struct frame *f = top(b);

	if (m != NULL) {
		unsigned column = (unsigned)m->column;

		return (struct place){ .line = (unsigned)m->line + 1,
				       .column = column +
						 (has_sign && column > 0 ? 0 : 1) };
	}
	if (f == NULL)
		return (struct place){ .line = 1, .column = 1 };
	return f->key != NULL ? f->key_at : f->node->at;
}

static int refuse(struct builder *b, struct place at, const char *what)
{
	diag_add(b->diags, at, "%s", what);
	return -EINVAL;
}

static int refuse_extras(struct builder *b, struct place at,
			 const struct fy_token *anchor, const struct fy_token *tag)
{
	if (anchor != NULL)
		return refuse(b, at, "anchors (&name) are not accepted in a policy");
	if (tag != NULL)
		return refuse(b, at, "tags (!name) are not accepted in a policy");
	return 0;
}

/* Hang a node into the tree, which owns it from now on. */
static void attach(struct builder *b, struct yaml_node *n)
{
	struct frame *f = top(b);

	if (f == NULL) {
		b->root = n;
		return;
	}
	if (f->key != NULL) {
		n->key = STEAL(f->key);
		n->key_at = f->key_at;
	}
	*f->tail = n;
	f->tail = &n->next;
	f->node->count++;
}

static int new_node(struct builder *b, enum yaml_kind kind, struct place at,
		    struct yaml_node **ret_node)
{
	struct yaml_node *n;

	if (b->nodes == YAML_NODES_MAX)
		return refuse(b, at, "the file has more values than any policy needs");
	n = calloc(1, sizeof(*n));
	if (n == NULL)
		return -ENOMEM;
	b->nodes++;
	n->kind = kind;
	n->at = at;
	*ret_node = n;
	return 0;
}

static int copy_text(const char *text, size_t len, char **ret_text)
{
	char *copy = malloc(len + 1);

	if (copy == NULL)
		return -ENOMEM;
	if (len > 0)
		memcpy(copy, text, len);
	copy[len] = '\0';
	*ret_text = copy;
	return 0;
}

static int on_key(struct builder *b, struct place at, char *text)
{
	struct frame *f = top(b);

	if (strcmp(text, "<<") == 0) {
		free(text);
		return refuse(b, at, "merge keys (<<) are not accepted in a policy");
	}
	f->key = text;
	f->key_at = at;
	return 0;
}

/*
 * libfyaml 0.7.12 loses memory, and the text, when single quotes hold seven '\'\'' in
 * a row; this spelling is simple enough to be read here.
 */
static int copy_single_quoted(struct builder *b, struct fy_token *token, struct place at,
			      char **ret_text)
{
	size_t from = fy_token_start_mark(token)->input_pos;
	size_t to = fy_token_end_mark(token)->input_pos;
	size_t len = 0;
	int r;

	if (from > to || to > b->len)
		return refuse(b, at, "this text could not be read");
	r = copy_text(b->text + from, to - from, ret_text);
	if (r < 0)
		return r;
	for (size_t i = 0; i < to - from; i++) {
		char c = b->text[from + i];

		(*ret_text)[len++] = c;
		if (c == '\'')
			i++; /* the second of two */
	}
	(*ret_text)[len] = '\0';
	return 0;
}

static int copy_value(struct builder *b, struct fy_event *e, enum fy_node_style style,
		      struct place at, char **ret_text)
{
	const char *value;
	size_t len = 0;
	int r;

	if (e->scalar.value == NULL)
		return copy_text("", 0, ret_text);
	if (style == FYNS_SINGLE_QUOTED)
		return copy_single_quoted(b, e->scalar.value, at, ret_text);
	value = fy_token_get_text(e->scalar.value, &len);
	if (value == NULL)
		return refuse(b, at, "this text could not be read");
	r = copy_text(value, len, ret_text);
	if (r == 0 && strlen(*ret_text) != len) /* a NUL: "\0" */
		return refuse(b, at, NOT_ONE_LINE);
	return r;
}

static int on_scalar(struct builder *b, struct fy_event *e)
{
	CLEANUP(free_p) char *text = NULL;
	enum fy_node_style style = fy_event_get_node_style(e);
	bool quoted = style == FYNS_SINGLE_QUOTED || style == FYNS_DOUBLE_QUOTED;
	struct place at = place_of(b, e, quoted);
	struct yaml_node *n = NULL;
	int r = refuse_extras(b, at, e->scalar.anchor, e->scalar.tag);

	if (r == 0)
		r = copy_value(b, e, style, at, &text);
	if (r < 0)
		return r;
	if (!str_is_printable_utf8(text))
		return refuse(b, at, NOT_ONE_LINE);
	if (wants_key(b))
		return on_key(b, at, STEAL(text));
	r = new_node(b, YAML_SCALAR, at, &n);
	if (r < 0)
		return r;
	n->text = STEAL(text);
	n->quoted = quoted;
	attach(b, n);
	return 0;
}

static int on_open(struct builder *b, struct fy_event *e, enum yaml_kind kind,
		   const struct fy_token *anchor, const struct fy_token *tag)
{
	struct place at = place_of(b, e, false);
	struct yaml_node *n = NULL;
	int r = refuse_extras(b, at, anchor, tag);

	if (r < 0)
		return r;
	if (wants_key(b))
		return refuse(b, at, "a key must be text, not a list or mapping");
	if (b->depth == POLICY_DEPTH_MAX) {
		diag_add(b->diags, at, "nested too deeply: more than %d levels",
			 POLICY_DEPTH_MAX);
		return -EINVAL;
	}
	r = new_node(b, kind, at, &n);
	if (r < 0)
		return r;
	attach(b, n);
	b->frame[b->depth++] = (struct frame){ .node = n, .tail = &n->first };
	return 0;
}

static int on_close(struct builder *b)
{
	struct frame *f = top(b);
	int r = f->node->kind == YAML_MAPPING ? yaml_drop_repeated(f->node, b->diags) : 0;

	b->depth--;
	return r;
}

static int on_event(struct builder *b, struct fy_event *e)
{
	switch (e->type) {
	case FYET_DOCUMENT_START:
		if (b->documents++ > 0)
			return refuse(b, place_of(b, e, false),
				      "a policy is one document: what follows '---' is "
				      "not accepted");
		return 0;
	case FYET_MAPPING_START:
		return on_open(b, e, YAML_MAPPING, e->mapping_start.anchor,
			       e->mapping_start.tag);
	case FYET_SEQUENCE_START:
		return on_open(b, e, YAML_LIST, e->sequence_start.anchor,
			       e->sequence_start.tag);
	case FYET_MAPPING_END:
	case FYET_SEQUENCE_END:
		return on_close(b);
	case FYET_SCALAR:
		return on_scalar(b, e);
	case FYET_ALIAS:
		return refuse(b, place_of(b, e, true),
			      "aliases (*name) are not accepted in a policy");
	case FYET_NONE:
	case FYET_STREAM_START:
	case FYET_STREAM_END:
	case FYET_DOCUMENT_END:
		return 0;
	}
	return 0;
}

/* A tab in front of a line is the usual reason, and one that nobody sees. */
static void report_tab(struct builder *b)
{
	struct place at = { .line = 1, .column = 1 };
	bool indent = true;

	for (size_t i = 0; i < b->len; i++) {
		char c = b->text[i];

		if (c == '\t' && indent) {
			diag_add(b->diags, at,
				 "indented with a tab; YAML takes spaces only");
			return;
		}
		indent = c == '\n' || (indent && c == ' ');
		at.column++;
		if (c == '\n')
			at = (struct place){ .line = at.line + 1, .column = 1 };
	}
}

/* libfyaml's own complaints about the syntax, as ours. */
static int refuse_syntax(struct builder *b, struct fy_diag *fy)
{
	size_t before = b->diags->count;
	struct fy_diag_error *e;
	void *at = NULL;

	report_tab(b);
	while ((e = fy_diag_errors_iterate(fy, &at)) != NULL) {
		struct place place = { .line = e->line > 0 ? (unsigned)e->line : 1,
				       .column =
					       e->column > 0 ? (unsigned)e->column : 1 };

		diag_add(b->diags, place, "not valid YAML: %s", e->msg);
	}
	if (b->diags->count == before)
		return refuse(b, (struct place){ 0 }, "not valid YAML");
	return -EINVAL;
}

static int read_events(struct builder *b, struct fy_parser *parser, struct fy_diag *fy)
{
	struct fy_event *e;
	int r = 0;

	while (r == 0 && (e = fy_parser_parse(parser)) != NULL) {
		r = on_event(b, e);
		fy_parser_event_free(parser, e);
	}
	if (r < 0)
		return r;
	if (fy_parser_get_stream_error(parser))
		return refuse_syntax(b, fy);
	if (b->root == NULL || yaml_is_empty(b->root))
		return refuse(b, (struct place){ 0 },
			      "the file is empty: a policy starts with 'version: 1'");
	return 0;
}

static int read_all(struct builder *b, struct fy_diag *fy)
{
	struct fy_parse_cfg config = {
		.search_path = "",
		.flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_DEFAULT_VERSION_1_2 |
			 FYPCF_JSON_NONE,
		.diag = fy,
	};
	struct fy_parser *parser = fy_parser_create(&config);
	int r = -ENOMEM;

	if (parser == NULL)
		return -ENOMEM;
	if (fy_parser_set_string(parser, b->text, b->len) == 0)
		r = read_events(b, parser, fy);
	fy_parser_destroy(parser);
	return r;
}

int yaml_load(const char *text, size_t len, struct yaml_node **ret_root,
	      struct diags *diags)
{
	struct builder b = { .text = text, .len = len, .diags = diags };
	struct fy_diag_cfg config;
	struct fy_diag *fy;
	int r;

	fy_diag_cfg_default(&config);
	config.fp = NULL; /* nothing goes to stderr */
	fy = fy_diag_create(&config);
	if (fy == NULL)
		return -ENOMEM;
	fy_diag_set_collect_errors(fy, true);
	r = read_all(&b, fy);
	fy_diag_destroy(fy);
	if (r < 0) {
		for (size_t i = 0; i < b.depth; i++)
			free(b.frame[i].key);
		yaml_free(b.root);
		return r;
	}
	*ret_root = b.root;
	return 0;
}
