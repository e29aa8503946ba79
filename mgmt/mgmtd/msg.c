/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/msg.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

struct row {
	unsigned status;
	const char *code, *en, *ja;
};

/* clang-format off */
static const struct row rows[] = {
	[MSG_BAD_JSON] = { 400, "bad-json", "The request is not a JSON object.",
		"リクエストが JSON のオブジェクトではありません。" },
	[MSG_UNKNOWN_KEY] = { 400, "unknown-key", "The request has an unknown key \"{}\".",
		"リクエストに不明な項目「{}」があります。" },
	[MSG_MISSING_KEY] = { 400, "missing-key", "The request lacks \"{}\".",
		"リクエストに必須の項目「{}」がありません。" },
	[MSG_WRONG_TYPE] = { 400, "wrong-type", "\"{}\" has the wrong type.",
		"項目「{}」の型が正しくありません。" },
	[MSG_BAD_QUERY] = { 400, "bad-query", "The query parameter \"{}\" is unknown or not valid.",
		"検索条件「{}」が不明であるか、正しくありません。" },
	[MSG_BODY_NOT_WANTED] = { 400, "bad-request", "This request takes no body.",
		"このリクエストに本文は指定できません。" },
	[MSG_TOO_LARGE] = { 413, "too-large", "The request is too large.",
		"リクエストが大きすぎます。" },
	[MSG_NOT_SIGNED_IN] = { 401, "not-signed-in", "Please sign in.",
		"サインインしてください。" },
	[MSG_BAD_SIGN_IN] = { 401, "bad-sign-in", "The login or the password is wrong.",
		"ログイン名またはパスワードが違います。" },
	[MSG_LOCKED] = { 429, "locked", "Too many failed attempts. Please wait five minutes.",
		"サインインの失敗が続いたためロックしました。5分ほどお待ちください。" },
	[MSG_CSRF] = { 403, "csrf", "The request does not carry this session's token.",
		"このセッションのトークンが付いていないため、受け付けられません。" },
	[MSG_NOT_ROOT] = { 403, "not-root", "Only root may use this socket.",
		"このソケットは root だけが使用できます。" },
	[MSG_ROLE] = { 403, "role", "Your role does not permit this.",
		"この操作を行う権限がありません。" },
	[MSG_SAME_PERSON] = { 403, "four-eyes", "A request is approved by somebody other than its requester.",
		"申請した本人は承認できません。別の方が承認してください。" },
	[MSG_NEED_MANAGER] = { 403, "four-eyes", "The requester or the approver must be a manager.",
		"申請者と承認者のどちらかは管理責任者でなければなりません。" },
	[MSG_MUST_CHANGE] = { 403, "must-change", "Please change your password first.",
		"先にパスワードを変更してください。" },
	[MSG_NO_SESSION_HERE] = { 409, "no-session", "root on this socket has no session.",
		"このソケットの root にはセッションがありません。" },
	[MSG_SELF] = { 409, "self", "You cannot do this to your own account.",
		"ご自身のアカウントに対しては行えません。" },
	[MSG_NOT_FOUND] = { 404, "not-found", "There is no such thing here.",
		"該当するものが見つかりません。" },
	[MSG_METHOD] = { 405, "method", "This method is not available here.",
		"このメソッドは使用できません。" },
	[MSG_NO_POLICY] = { 409, "no-policy", "No policy has been applied yet.",
		"ポリシーがまだ適用されていません。" },
	[MSG_NOT_REQUESTED] = { 409, "not-requested", "This is not waiting for approval.",
		"承認待ちではありません。" },
	[MSG_ALREADY_REQUESTED] = { 409, "already-requested", "A request is already waiting for approval.",
		"すでに承認待ちの申請があります。" },
	[MSG_ALREADY_LISTED] = { 409, "already-listed", "The same entry is already requested or active.",
		"同じ内容の許可がすでに申請中または有効です。" },
	[MSG_ALREADY_KNOWN] = { 409, "already-known", "This device is already registered.",
		"この機器はすでに登録されています。" },
	[MSG_NOTHING_TO_REVOKE] = { 409, "nothing-to-revoke", "This device has neither a permit nor a request.",
		"この機器には取り消す許可も申請もありません。" },
	[MSG_NO_REQUEST] = { 409, "no-request", "This device has no request to approve.",
		"この機器には承認待ちの申請がありません。" },
	[MSG_OVER_BEFORE_APPROVED] = { 409, "over", "The end that was asked for has already passed.",
		"申請された終了日時をすでに過ぎています。" },
	[MSG_LOGIN_TAKEN] = { 409, "login-taken", "This login exists already; logins are never reused.",
		"このログイン名はすでに使われています(一度使ったログイン名は再利用できません)。" },
	[MSG_ALREADY_DISABLED] = { 409, "already-disabled", "This account is disabled already.",
		"このアカウントはすでに無効です。" },
	[MSG_FULL] = { 409, "full", "The table is full.",
		"登録できる上限に達しています。" },
	[MSG_AMBIGUOUS] = { 409, "ambiguous", "{} is known on several interfaces; name the device by its id.",
		"{} は複数のインターフェースで確認されています。機器の ID で指定してください。" },
	[MSG_REPLACED_GONE] = { 409, "replaced-gone", "The entry that this one replaces is no longer active.",
		"置き換える元の許可は、すでに有効ではありません。" },
	[MSG_NAME_TAKEN] = { 409, "name-taken", "Another list is already called \"{}\".",
		"「{}」という名前のリストがすでにあります。" },
	[MSG_LIST_NOT_EMPTY] = { 409, "not-empty", "Entries are in this list; withdraw or move them first.",
		"このリストには許可が残っています。先に取り消すか、ほかのリストへ移してください。" },
	[MSG_LIST_DEFAULT] = { 409, "default-list", "The default list counts for everybody at all times and stays as it is.",
		"既定のリストはつねに全員に適用されるため、変更も削除もできません。" },
	[MSG_BAD_HOST] = { 422, "bad-host", "\"{}\" is neither a host name nor \"*.\" and a domain.",
		"「{}」はホスト名でも「*.ドメイン名」でもありません。" },
	[MSG_HOST_IS_ADDRESS] = { 422, "host-is-address", "\"{}\" is an address. To allow an address instead of a name, say so explicitly.",
		"「{}」はアドレスです。ホスト名ではなくアドレスを許可する場合は、アドレスであることを明示してください。" },
	[MSG_BAD_ADDRESS] = { 422, "bad-address", "\"{}\" is not an address that an entry may name.",
		"「{}」は許可に指定できるアドレスではありません。" },
	[MSG_PUBLIC_SUFFIX] = { 422, "public-suffix", "\"{}\" would allow the domains of everybody below a public suffix. It needs an override with a reason.",
		"「{}」は不特定多数の組織のドメインをまとめて許可することになります。必要な場合は例外の理由を指定してください。" },
	[MSG_NOT_SUFFIX] = { 422, "no-override", "\"{}\" needs no override.",
		"「{}」に例外の指定は必要ありません。" },
	[MSG_BAD_PORT] = { 422, "bad-port", "Ports are whole numbers from 1 to 65535, 16 at most, each once.",
		"ポートは 1 から 65535 までの整数で、重複なく16個まで指定できます。" },
	[MSG_BAD_SCHEME] = { 422, "bad-scheme", "The scheme is \"any\", \"http\" or \"https\".",
		"スキームは any、http、https のいずれかです。" },
	[MSG_BAD_PATH] = { 422, "bad-path", "\"{}\" is not a path that a request can begin with; give it without query, escapes and dots.",
		"「{}」はパスとして指定できません。「/」で始め、クエリー・エスケープ・「.」の区間を含めないでください。" },
	[MSG_BAD_METHODS] = { 422, "bad-methods", "Methods are names such as GET and POST, each once, 8 at most; \"{}\" is not accepted.",
		"メソッドは GET や POST などを重複なく8個まで指定できます。「{}」は使えません。" },
	[MSG_PLAIN_ONLY] = { 422, "plain-only", "Path and methods can be checked in plain HTTP only, not inside TLS.",
		"パスとメソッドは平文の HTTP でだけ確認できます。TLS の通信には指定できません。" },
	[MSG_TLS_ONLY] = { 422, "tls-only", "tls_any is for CONNECT only, without path and methods.",
		"tls_any は CONNECT でだけ意味を持ちます。http やパス・メソッドとは併用できません。" },
	[MSG_NO_LIST] = { 422, "no-list", "There is no list \"{}\" in force.",
		"有効なリスト「{}」はありません。" },
	[MSG_NO_ENTRY] = { 422, "no-entry", "There is no active entry \"{}\" to replace.",
		"置き換える対象の有効な許可「{}」がありません。" },
	[MSG_BAD_NAME] = { 422, "bad-name", "\"{}\" is not a usable name, or it is given twice.",
		"「{}」は名前として使えないか、重複しています。" },
	[MSG_BAD_MODE] = { 422, "bad-mode", "The mode is \"enforce\" or \"observe\".",
		"モードは enforce(適用)または observe(観察)です。" },
	[MSG_BAD_SCHEDULE] = { 422, "bad-schedule", "The schedule is wrong at \"{}\".",
		"時間割の「{}」が正しくありません。" },
	[MSG_TOO_MANY] = { 422, "too-many", "There are too many \"{}\".",
		"「{}」が多すぎます。" },
	[MSG_BAD_FILE] = { 422, "bad-file", "The file cannot be read; nothing was imported.",
		"ファイルを読み取れないため、何も取り込みませんでした。" },
	[MSG_BAD_ROWS] = { 422, "bad-rows", "Lines of the file were refused; nothing was imported.",
		"ファイルに受け付けられない行があるため、何も取り込みませんでした。" },
	[MSG_BAD_ZONE] = { 422, "bad-zone", "The policy has no zone \"{}\".",
		"ポリシーにゾーン「{}」がありません。" },
	[MSG_NOT_PROXY_ZONE] = { 422, "not-proxy-zone", "The proxy does not serve zone \"{}\".",
		"ゾーン「{}」はプロキシの利用対象ではありません。" },
	[MSG_BAD_MAC] = { 422, "bad-mac", "\"{}\" is not the MAC address of a device.",
		"「{}」は機器の MAC アドレスではありません。" },
	[MSG_BAD_INTERFACE] = { 422, "bad-interface", "\"{}\" is not an interface of a zone with admission.",
		"「{}」は接続許可を行うゾーンのインターフェースではありません。" },
	[MSG_BAD_KIND] = { 422, "bad-kind", "The kind is \"business\" or \"contractor\".",
		"種別は business(業務)または contractor(委託業者)です。" },
	[MSG_BAD_TIME] = { 422, "bad-time", "\"{}\" is not a valid time or duration.",
		"「{}」は日時または期間として正しくありません。" },
	[MSG_TIME_PAST] = { 422, "time-past", "The end lies in the past.",
		"終了日時が過去になっています。" },
	[MSG_TIME_FAR] = { 422, "time-far", "The end is too far away; a year at most.",
		"終了日時が先すぎます。期間は最長1年です。" },
	[MSG_TIME_ORDER] = { 422, "time-order", "The end must come after the beginning.",
		"終了日時は開始日時より後でなければなりません。" },
	[MSG_TIME_BOTH] = { 422, "time-both", "Give either an end or a duration, not both.",
		"終了日時と期間は、どちらか一方だけを指定してください。" },
	[MSG_TIME_NEEDED] = { 422, "time-needed", "A contractor's permit needs an end.",
		"委託業者の許可には終了日時が必要です。" },
	[MSG_BAD_TEXT] = { 422, "bad-text", "\"{}\" is empty, too long or has characters that cannot be printed.",
		"項目「{}」が空か、長すぎるか、使用できない文字を含んでいます。" },
	[MSG_BAD_LOGIN] = { 422, "bad-login", "A login is 2 to 32 of a-z, 0-9, '-' and '_', starts with a letter and is not \"root\".",
		"ログイン名は英小文字で始まる2〜32文字の英小文字・数字・「-」「_」です(root は使えません)。" },
	[MSG_BAD_ROLE] = { 422, "bad-role", "The role is admin, manager, auditor or requester.",
		"役割は admin、manager、auditor、requester のいずれかです。" },
	[MSG_BAD_PASSWORD] = { 422, "bad-password", "A password has 8 to 128 characters, with letters, digits and symbols, and differs from the old one.",
		"パスワードは8〜128文字で、英字・数字・記号をすべて含み、今のものと違う必要があります。" },
	[MSG_WRONG_PASSWORD] = { 422, "wrong-password", "The present password is wrong.",
		"現在のパスワードが違います。" },
	[MSG_REFUSED] = { 422, "refused", "The change was refused; nothing was changed.",
		"変更は受け付けられませんでした。設定は元のままです。" },
	[MSG_PART_AWAY] = { 503, "part-away", "{} does not answer; nothing was changed.",
		"{} が応答しません。設定は変更されていません。" },
	[MSG_NO_RECORD] = { 503, "no-record", "Records cannot be written; nothing was changed.",
		"記録を書き込めないため中止しました。設定は変更されていません。" },
	[MSG_DISK_FULL] = { 503, "disk-full", "There is no space left on the disk; nothing was changed.",
		"ディスクの空き容量がないため中止しました。設定は変更されていません。" },
	[MSG_INTERNAL] = { 500, "internal", "Something went wrong inside; the log has more.",
		"内部エラーが発生しました。詳細はログを確認してください。" },
	[MSG_STATUS_AWAY] = { 200, "away", "does not answer", "応答がありません" },
	[MSG_STATUS_BEHIND] = { 200, "behind", "runs another revision than the one approved",
		"承認済みの版と異なる版で動作しています" },
	[MSG_STATUS_NO_POLICY] = { 200, "no-policy", "no policy has been applied yet",
		"ポリシーがまだ適用されていません" },
	[MSG_STATUS_NO_RECORD] = { 200, "no-record", "records cannot be written",
		"記録を書き込めません" },
	[MSG_PENDING] = { 200, "pending", "Stored; {} does not answer and will follow when it is back.",
		"保存しました。{} が応答しないため、復旧後に反映されます。" },
	[MSG_VERIFY_OK] = { 200, "ok", "The chain of records is whole.",
		"記録の連鎖に欠けや改変はありません。" },
	[MSG_VERIFY_BROKEN] = { 200, "broken", "The chain of records is broken.",
		"記録の連鎖が壊れています。" },
	[MSG_VERIFY_FAILED] = { 200, "failed", "The chain of records could not be checked.",
		"記録の連鎖を検査できませんでした。" },
};
/* clang-format on */

unsigned msg_status(enum msg m)
{
	return rows[m].status;
}

const char *msg_code(enum msg m)
{
	return rows[m].code;
}

char *msg_text(enum msg m, bool ja, const char *arg, char *dst, size_t size)
{
	const char *text = ja ? rows[m].ja : rows[m].en;
	const char *hole = strstr(text, "{}");

	if (hole == NULL)
		(void)snprintf(dst, size, "%s", text);
	else
		(void)snprintf(dst, size, "%.*s%.128s%s", (int)(hole - text), text, arg,
			       hole + 2);
	return dst;
}

bool msg_wants_japanese(const char *accept_language)
{
	return accept_language != NULL && strncasecmp(accept_language, "ja", 2) == 0;
}
