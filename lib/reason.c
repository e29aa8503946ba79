/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/reason.h"

#include <stddef.h>
#include <string.h>

#include "lib/attr.h"

static const struct row {
	enum reason reason;
	const char *name, *en, *ja;
} rows[] = {
	{ REASON_NONE, "none", "", "" },
	{ REASON_ENTRY, "entry", "Allowed by an allowlist entry.",
	  "許可リストに登録された接続先です。" },
	{ REASON_FLOW, "flow", "Permitted by a flow of the policy.",
	  "ポリシーで許可された通信です。" },
	{ REASON_APPROVED, "approved", "Approved by a person.", "承認されています。" },
	{ REASON_WOULD_DENY, "would-deny",
	  "Not on the allowlist; let through because the list only observes.",
	  "許可リストにありませんが、監視のみの設定のため通過させました。" },
	{ REASON_WOULD_NOT_ADMIT, "would-not-admit",
	  "The device has no permit; let through because the zone only detects.",
	  "接続を許可されていない端末ですが、検知のみの設定のため通過させました。" },
	{ REASON_NOT_LISTED, "not-listed", "The site is not on the allowlist.",
	  "この接続先は許可リストに登録されていません。" },
	{ REASON_PORT, "port", "The site is listed, but not for this port.",
	  "接続先は登録されていますが、このポートは許可されていません。" },
	{ REASON_ADDRESS, "address", "The name leads to an address that is not public.",
	  "この名前は外部公開されていないアドレスを指しています。" },
	{ REASON_NAME_FAILED, "name-failed", "The name could not be resolved.",
	  "名前を解決できませんでした。" },
	{ REASON_CONNECT_FAILED, "connect-failed", "The site could not be reached.",
	  "接続先に到達できませんでした。" },
	{ REASON_BAD_REQUEST, "bad-request", "The request is malformed.",
	  "要求の形式が正しくありません。" },
	{ REASON_NO_PERMIT, "no-permit", "This device has no permit for the proxy.",
	  "この端末には利用許可がありません。" },
	{ REASON_NOT_IN_PERMIT, "not-in-permit",
	  "The site is outside this device's permit.",
	  "この端末の許可に含まれない接続先です。" },
	{ REASON_ZONE, "zone", "The proxy does not serve this network.",
	  "この区画からはプロキシを利用できません。" },
	{ REASON_OVERLOAD, "overload", "Too many connections.",
	  "接続数が上限に達しています。" },
	{ REASON_NO_RECORD, "no-record",
	  "Records cannot be written, so nothing may pass.",
	  "記録できないため、通信を許可できません。" },
	{ REASON_NO_POLICY, "no-policy", "No policy is in force yet.",
	  "ポリシーがまだ適用されていません。" },
	{ REASON_METHOD, "method", "The site is listed, but not for this path or method.",
	  "接続先は登録されていますが、このパスまたはメソッドは許可されていません。" },
	{ REASON_NOT_NOW, "not-now", "The site is listed, but not for this time.",
	  "接続先は登録されていますが、現在は利用できる時間帯または期間ではありません"
	  "。" },
	{ REASON_SNI, "sni",
	  "The name in the TLS handshake is missing or is not that of the site.",
	  "TLS接続のサーバー名がないか、要求された接続先と一致しません。" },
	{ REASON_NOT_TLS, "not-tls", "The connection does not use TLS.",
	  "TLSによる通信ではありません。" },
	{ REASON_LIMIT, "limit", "A limit on volume or time was reached.",
	  "送信量または時間の上限に達しました。" },
	{ REASON_SIGN_IN, "sign-in", "The proxy asks for a sign-in.",
	  "プロキシの利用にはサインインが必要です。" },
	{ REASON_NO_FLOW, "no-flow", "No flow of the policy permits it.",
	  "ポリシーで許可されていない通信です。" },
	{ REASON_NOT_ADMITTED, "not-admitted", "The device has no permit.",
	  "接続を許可されていない端末です。" },
	{ REASON_SPOOFED, "spoofed",
	  "The source address does not belong to that network.",
	  "送信元アドレスがこの区画のものではありません。" },
	{ REASON_QUARANTINED, "quarantined", "The device is in quarantine.",
	  "隔離中の端末です。" },
	{ REASON_CLOSED, "closed", "Ended normally.", "正常に終了しました。" },
	{ REASON_EXPIRED, "expired", "The permit's time was over.",
	  "許可の期限が切れました。" },
	{ REASON_WITHDRAWN, "withdrawn", "The permission was withdrawn.",
	  "許可が取り消されました。" },
	{ REASON_IDLE, "idle", "Nothing was sent for too long.",
	  "無通信時間が上限を超えました。" },
	{ REASON_ERROR, "error", "Ended by an error.", "エラーで終了しました。" },
	{ REASON_SHUTDOWN, "shutdown", "The service was stopped.",
	  "サービスが停止されました。" },
	{ REASON_CUT, "cut", "Ended by a person in charge.",
	  "担当者により切断されました。" },
	{ REASON_LOCKDOWN, "lockdown",
	  "All traffic is stopped in an emergency; only management is open.",
	  "緊急遮断中です。管理用の通信以外はすべて停止しています。" },
};

static const struct row *find(enum reason r)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].reason == r)
			return &rows[i];
	}
	return NULL;
}

const char *reason_name(enum reason r)
{
	const struct row *row = find(r);

	return row != NULL ? row->name : "unknown";
}

const char *reason_text(enum reason r, const char *lang)
{
	const struct row *row = find(r);

	if (row == NULL)
		return strcmp(lang, "ja") == 0 ? "不明な理由です。" : "Unknown reason.";
	return strcmp(lang, "ja") == 0 ? row->ja : row->en;
}
