/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/cli/msg.h"

#include <stdbool.h>
#include <string.h>

#include "lib/attr.h"

static const struct {
	const char *en, *ja;
} texts[] = {
	[TEXT_OK] = { "ok", "正常" },
	[TEXT_NOT_OK] = { "NOT OK", "異常" },
	[TEXT_POLICY_FINE] = { "{1}: ok, {2} zones, {3} flows",
			       "{1}: 問題なし（ゾーン {2}、フロー {3}）" },
	[TEXT_APPLIED] = { "revision {1} is in force", "リビジョン {1} を適用しました" },
	[TEXT_ON_TRIAL] = { "revision {1} is on trial until {2}",
			    "リビジョン {1} を試行中です（{2} まで）" },
	[TEXT_CONFIRM_HINT] = { "it goes back by itself; \"sekisho policy confirm\" "
				"keeps "
				"it",
				"期限までに「sekisho policy confirm」で確定しないと、"
				"自動的に元へ戻ります" },
	[TEXT_ROLLED_BACK] = { "revision {1} is rolled back; revision {2} is in force",
			       "リビジョン {1} を取り消し、リビジョン {2} に戻しました" },
	[TEXT_SAME] = { "no difference", "差異はありません" },
	[TEXT_WARNING] = { "note: {1}", "注意: {1}" },
	[TEXT_PROVED] = { "PROVED: the kernel lets pass exactly what the policy "
			  "(revision "
			  "{1}) permits ({2} rules, {3} ms)",
			  "証明済み: カーネルが通す通信は、ポリシー（リビジョン {1}）が"
			  "許可するものと完全に一致します（規則 {2} 件、{3} ms）" },
	[TEXT_BROKEN] = { "BROKEN: what the kernel lets pass is not what the policy "
			  "(revision {1}) permits ({2} rules, {3} ms)",
			  "違反あり: カーネルが通す通信が、ポリシー（リビジョン {1}）の"
			  "許可と一致しません（規則 {2} 件、{3} ms）" },
	[TEXT_NOT_PROVED] = { "NOT PROVED: it could not be decided whether the kernel's "
			      "rules are the policy's (revision {1}; {2} rules, {3} ms)",
			      "未証明: カーネルの規則がポリシー（リビジョン "
			      "{1}）のとおりか"
			      "判定できません（規則 {2} 件、{3} ms）" },
	[TEXT_PROBES_GOOD] = { "GOOD: {2} probes passed and {3} were blocked, each as "
			       "revision {1} says",
			       "良好: 検査パケットはすべてリビジョン {1} "
			       "のとおりでした（通過 {2} 件、遮断 {3} 件）" },
	[TEXT_PROBES_BAD] = { "BAD: {2} probes contradict revision {1}",
			      "異常: 検査パケット {2} 件がリビジョン {1} "
			      "と食い違いました" },
	[TEXT_PROBES_NONE] = { "NOT TESTED: no probe of revision {1} could be tested",
			       "未検査: リビジョン {1} の検査は1件も行えませんでした" },
	[TEXT_PROBES_REFUSED] = { "the kernel did not take probes: {1}",
				  "カーネルが検査パケットを受け付けません: {1}" },
	[TEXT_PROBES_LEFT_OUT] = { "{1} more were left out: there is room for 1024",
				   "上限（1024件）のため {1} 件を省きました" },
	[TEXT_PROBE_BLOCKED] = { "  {1}: {2} -> {3}: was blocked, and is to pass",
				 "  {1}: {2} → {3}: 通るはずが遮断されました" },
	[TEXT_PROBE_PASSED] = { "  {1}: {2} -> {3}: passed, and is to be blocked",
				"  {1}: {2} → {3}: 遮断されるはずが通りました" },
	[TEXT_PROBES_LAST] = { "last probes: {1}, {2}; contradictions: {3}",
			       "直近の検査パケット: {1}、{2}（食い違い {3} 件）" },
	[TEXT_OTHER_REVISION] = { "this is about revision {1}; revision {2} is the one "
				  "approved",
				  "これはリビジョン {1} の結果です。承認済みはリビジョン "
				  "{2} です" },
	[TEXT_REASONS] = { "why:", "理由:" },
	[TEXT_ASSERTIONS] = { "assertions:", "禁止条件:" },
	[TEXT_DIFFERENCES] = { "differences:", "相違:" },
	[TEXT_MATRIX] = { "what may pass, from row to column:",
			  "通信できる組合せ（行から列へ）:" },
	[TEXT_FOREIGN] = { "tables of others in the kernel: {1}",
			   "Sekisho 以外のテーブル: {1}" },
	[TEXT_HOLDS] = { "  never {1} -> {2}: holds",
			 "  {1} → {2} は禁止: 守られています" },
	[TEXT_DOES_NOT_HOLD] = { "  never {1} -> {2}: DOES NOT HOLD",
				 "  {1} → {2} は禁止: 守られていません" },
	[TEXT_MORE_THAN] = { "  {1} -> {2}: passes, though the policy does not permit it",
			     "  {1} → {2}: ポリシーにないのに通ります" },
	[TEXT_LESS_THAN] = { "  {1} -> {2}: does not pass, though the policy permits it",
			     "  {1} → {2}: ポリシーで許可されているのに通りません" },
	[TEXT_EXAMPLE] = { "    for example: {1}", "    例: {1}" },
	[TEXT_BY_RULE] = { "    rule: {1}", "    規則: {1}" },
	[TEXT_FIREWALL] = { "firewall: {1} ({2} -> {3})",
			    "ファイアウォール: {1}（{2} → {3}）" },
	[TEXT_ACCEPT] = { "passes", "通過" },
	[TEXT_DROP] = { "is dropped", "遮断" },
	[TEXT_UNKNOWN] = { "cannot be decided", "判定不能" },
	[TEXT_PROXY_ALLOWS] = { "proxy: allowed: {1}", "プロキシ: 許可（{1}）" },
	[TEXT_PROXY_REFUSES] = { "proxy: refused: {1}", "プロキシ: 拒否（{1}）" },
	[TEXT_PROXY_SILENT] = { "proxy: does not answer", "プロキシ: 応答がありません" },
	[TEXT_APPROVED] = { "{1}: approved by {2} since {3}",
			    "{1}: {2} が承認（{3} から）" },
	[TEXT_LOCKDOWN_ON] = { "LOCKDOWN: everything but management is cut",
			       "全面遮断を開始しました。管理用の通信だけが可能です" },
	[TEXT_LOCKDOWN_OFF] = { "the lockdown is over; the last revision is in force "
				"again",
				"全面遮断を解除し、直前のリビジョンに戻しました" },
	[TEXT_LOCKDOWN_STATE] = { "LOCKDOWN since {1} by {2}: {3}",
				  "全面遮断中（{1} から、{2}）: {3}" },
	[TEXT_LOCKDOWN_DIRECT] = { "the management daemon does not answer; gated and "
				   "proxyd are asked directly, and the ledger does not "
				   "know",
				   "管理デーモンが応答しないため、gated と proxyd に直接"
				   "指示します（台帳には残りません）" },
	[TEXT_LOCKDOWN_PART] = { "{1}: done", "{1}: 完了" },
	[TEXT_LOCKDOWN_PART_NOT] = { "{1}: NOT DONE: {2}", "{1}: できませんでした: {2}" },
	[TEXT_LOCKDOWN_PART_BUT] = { "{1}: {2}", "{1}: {2}" },
	[TEXT_TRIAL_STATE] = { "revision {1} of {2} is on trial until {3}",
			       "リビジョン {1}（{2}）を試行中です（{3} まで）" },
	[TEXT_REVIEWED] = { "the review of {1} is written down; the next is due {2}",
			    "{1} の点検を記録しました。次回: {2}" },
	[TEXT_OVERDUE] = { "OVERDUE", "期限超過" },
	[TEXT_CUT] = { "{1} connections were cut", "{1} 件の接続を切断しました" },
	[TEXT_CUT_SOON] = { "connections of {1} are cut; how many is on record",
			    "{1} の接続を切断しました。件数は記録に残ります" },
	[TEXT_ENTRY_ACTIVE] = { "{1} {2} is allowed", "{1} {2} を許可しました" },
	[TEXT_ENTRY_REQUESTED] = { "{1} {2} is requested; somebody else must approve it",
				   "{1} {2} を申請しました。別の人の承認が必要です" },
	[TEXT_ENTRY_REMOVED] = { "{1} is removed", "{1} を削除しました" },
	[TEXT_LIST_ACTIVE] = { "{1} {2} is in force", "{1} {2} を適用しました" },
	[TEXT_LIST_REQUESTED] = { "{1} {2} is requested; somebody else must approve it",
				  "{1} {2} を申請しました。別の人の承認が必要です" },
	[TEXT_IMPORTED] = { "{1} entries were imported", "{1} 件を取り込みました" },
	[TEXT_WOULD_IMPORT] = { "{1} entries could be imported; nothing was changed",
				"{1} 件を取り込めます（変更はしていません）" },
	[TEXT_UNCHECKED] = { "the use of {1} entries could not be looked up",
			     "{1} 件は利用の有無を確認できませんでした" },
	[TEXT_CYCLE] = { "records were there on {1} of the last {2} days",
			 "直近 {2} 日のうち {1} 日分の記録があります" },
	[TEXT_SUGGEST_CUT] = { "there was more than could be looked at; ask for fewer "
			       "days",
			       "量が多いため一部だけを調べました。--days "
			       "を減らしてください" },
	[TEXT_DEVICE_GROUP] = { "{1} is in group \"{2}\"",
				"{1} のグループを「{2}」にしました" },
	[TEXT_OBSERVED] = { "let through by observing list \"{1}\"; it would be refused "
			    "({2})",
			    "観察中のリスト「{1}」により通過（本来は拒否: {2}）" },
	[TEXT_ALLOWED] = { "allowed by {1}: {2}", "許可（{1}）: {2}" },
	[TEXT_REFUSED] = { "refused ({1}): {2}", "拒否（{1}）: {2}" },
	[TEXT_DEVICE_APPROVED] = { "{1} is admitted until {2}",
				   "{1} を承認しました。期限: {2}" },
	[TEXT_DEVICE_REVOKED] = { "the permit of {1} is withdrawn",
				  "{1} の許可を取り消しました" },
	[TEXT_DEVICE_STATE] = { "{1}: {2}", "{1}: {2}" },
	[TEXT_ASSETS_IMPORTED] = { "{1} added, {2} changed",
				   "{1} 件を登録し、{2} 件を更新しました" },
	[TEXT_ASSETS_WOULD] = { "nothing is wrong: {1} would be added, {2} changed",
				"問題ありません。登録 {1} 件、更新 {2} 件になります" },
	[TEXT_ALARMS_WAIT] = { "{1} alarms wait for somebody to look at them",
			       "未対応の警報が {1} 件あります" },
	[TEXT_REVIEWS_OVERDUE] = { "{1} flows are overdue for review: sekisho flow list",
				   "点検期限を過ぎた通信許可が {1} 件あります: sekisho "
				   "flow list" },
	[TEXT_CONTAINMENT] = { "containment works on {1} of {2} interfaces; {3} devices "
			       "are kept from their neighbours (weaker than a port under "
			       "our control; it stops when the sensor stops)",
			       "封じ込めは {2} 個中 {1} "
			       "個のインターフェースで動作中、対象の端末 {3} "
			       "台("
			       "本装置のポートで管理する方式より弱く、センサーが止まると"
			       "効かなくなります)" },
	[TEXT_CONTAINMENT_BROKEN] = { "CONTAINMENT DOES NOT WORK: {1} of {2} interfaces; "
				      "devices without a permit can talk to their "
				      "neighbours",
				      "封じ込めが動いていません({2} 個中 {1} "
				      "個のインターフェースのみ)"
				      "。許可のない端末が隣の端末と通信できます" },
	[TEXT_UNADMITTED] = { "Devices without a permit that opened connections in the "
			      "last {2} days where admission only detects: {1}",
			      "検知のみのゾーンで、直近{2}日間に許可なく通信を始めた端末:"
			      " {1}台" },
	[TEXT_UNADMITTED_NONE] = { "Where admission only detects, no device without a "
				   "permit opened a connection in the last {2} days.",
				   "検知のみのゾーンで、直近{2}"
				   "日間に許可なく通信を始めた端末はありません。" },
	[TEXT_UNADMITTED_MORE] = { "Further records that are not told device by device: "
				   "{1}",
				   "端末ごとに分けられない記録: {1}件" },
	[TEXT_UNADMITTED_CUT] = { "there are more records than were looked at; ask for "
				  "fewer days or one zone",
				  "記録が多いため、一部だけを調べました。日数を減らすか、"
				  "ゾーンを指定してください" },
	[TEXT_ALARM_ACKED] = { "alarm {1} is acknowledged",
			       "警報 {1} を確認済みにしました" },
	[TEXT_WORK_CONFIRMED] = { "the work of {1} is written down",
				  "{1} の作業を記録しました" },
	[TEXT_WORK_UNCHECKED] = { "{1} days could not be looked up yet; ask again later",
				  "{1} "
				  "日分の記録をまだ調べきれていません。後でもう一度実行し"
				  "て"
				  "ください" },
	[TEXT_NO_END] = { "further notice", "なし" },
	[TEXT_CHAIN_WHOLE] = { "the chain of {1} records is whole (gaps are records in "
			       "it); its head is {2}",
			       "記録 {1} "
			       "件の連鎖に途切れはありません（記録の欠落はその中に含まれ"
			       "ます）。末尾のハッシュ: {2}" },
	[TEXT_CHAIN_BROKEN] = { "THE CHAIN IS BROKEN after {1} records: {2}",
				"記録 {1} 件目の後で連鎖が壊れています: {2}" },
	[TEXT_MORE] = { "there is more; raise --limit or narrow the search",
			"続きがあります。--limit を増やすか条件を絞ってください" },
	[TEXT_BEHIND] = { "NOT COMPLETE: records from {1} on may be missing here; they "
			  "are "
			  "still being stored. Ask again in a while",
			  "この結果は完全ではありません。{1} "
			  "以降の記録は取り込みの途中です。"
			  "しばらくしてから検索し直してください" },
	[TEXT_BEHIND_UNKNOWN] = { "NOT COMPLETE: there are records that cannot be stored "
				  "now "
				  "and are missing here; see sekisho status",
				  "この結果は完全ではありません。取り込めない記録がありま"
				  "す。"
				  "sekisho status を確認してください" },
	[TEXT_USER_ADDED] = { "{1} is added", "{1} を追加しました" },
	[TEXT_USER_DISABLED] = { "{1} is disabled", "{1} を無効にしました" },
	[TEXT_PASSWORD] = { "initial password, shown this once: {1}",
			    "初期パスワード（表示は一度だけ）: {1}" },
	[TEXT_NOT_FOUND] = { "there is no {1}", "{1} はありません" },
	[TEXT_AMBIGUOUS] = { "{1} has several entries; name one by its id",
			     "{1} のエントリは複数あります。ID で指定してください" },
	[TEXT_NO_ANSWER] = { "the management daemon does not answer: {1}",
			     "管理デーモンが応答しません: {1}" },
	[TEXT_BAD_ANSWER] = { "the management daemon's answer cannot be read (status "
			      "{1})",
			      "管理デーモンの応答を解釈できません（状態 {1}）" },
};

static const struct {
	const char *en, *ja;
} heads[] = {
	{ "PART", "部分" },
	{ "STATE", "状態" },
	{ "REVISION", "リビジョン" },
	{ "STARTED", "起動" },
	{ "RECORDS", "記録" },
	{ "LOST", "欠落" },
	{ "NOTE", "備考" },
	{ "ID", "ID" },
	{ "HOST", "ホスト" },
	{ "PORTS", "ポート" },
	{ "ZONES", "ゾーン" },
	{ "REQUESTED BY", "申請者" },
	{ "APPROVED BY", "承認者" },
	{ "REASON", "理由" },
	{ "PURPOSE", "目的" },
	{ "SCHEME", "方式" },
	{ "LIST", "リスト" },
	{ "MODE", "モード" },
	{ "GROUPS", "グループ" },
	{ "USERS", "利用者" },
	{ "HOURS", "時間割" },
	{ "ENTRIES", "件数" },
	{ "FINDING", "指摘" },
	{ "BECAUSE OF", "原因" },
	{ "DOMAIN", "ドメイン" },
	{ "COUNT", "回数" },
	{ "DEVICES", "端末" },
	{ "FIRST", "初回" },
	{ "LAST", "最終" },
	{ "NAME", "名前" },
	{ "INTERFACE", "IF" },
	{ "ZONE", "ゾーン" },
	{ "ADDRESS", "アドレス" },
	{ "KIND", "種類" },
	{ "OWNER", "所有者" },
	{ "UNTIL", "期限" },
	{ "LAST SEEN", "最終確認" },
	{ "TIME", "日時" },
	{ "FROM", "発" },
	{ "TO", "宛先" },
	{ "USER", "利用者" },
	{ "RULE", "規則" },
	{ "DETAIL", "詳細" },
	{ "LOGIN", "ログイン" },
	{ "ROLE", "役割" },
	{ "CREATED", "作成" },
	{ "OPENED", "開始" },
	{ "UP", "上り" },
	{ "DOWN", "下り" },
	{ "QUIET", "無通信" },
	{ "APPLIED", "適用" },
	{ "BY", "適用者" },
	{ "ENDED", "終了" },
	{ "ENDED BY", "終了者" },
	{ "SERVICES", "サービス" },
	{ "PARTNER", "相手先" },
	{ "BASIS", "根拠" },
	{ "DUE", "点検期限" },
	{ "REVIEWED", "点検日" },
	{ "NUMBER", "資産番号" },
	{ "ORGANISATION", "所属" },
	{ "CARDS", "カード数" },
	{ "WHAT", "内容" },
	{ "RAISED", "発生" },
	{ "OVER", "終息" },
	{ "SEVERITY", "重要度" },
	{ "ISOLATED", "隔離" },
	{ "DAY", "日" },
	{ "PERMIT", "許可" },
	{ "DEVICE", "端末" },
	{ "COMPANY", "会社" },
	{ "TICKET", "案件番号" },
	{ "CONFIRMED BY", "確認者" },
	{ "WORK", "作業" },
	{ "SINCE", "開始" },
	{ "SEEN", "観測" },
	{ "REGISTERED", "台帳登録" },
	{ "PERMITTED", "許可" },
	{ "PORTS", "ポート" },
	{ "CONTAINED", "封じ込め" },
	{ "MANUFACTURER", "メーカー" },
	{ "ASSET", "台帳" },
};

static const struct {
	const char *value, *en, *ja;
} words[] = {
	{ "in-force", "in force", "適用中" },
	{ "replaced", "replaced", "旧版" },
	{ "trial", "on trial", "試行中" },
	{ "rolled-back", "rolled back", "取消し" },
	{ "unconfirmed", "never confirmed", "期限内に確定せず" },
	{ "flow", "flow", "通信許可" },
	{ "permit", "permit", "端末の許可" },
	{ "entry", "entry", "許可リスト" },
	{ "off", "off", "しない" },
	{ "detect", "detect", "検知のみ" },
	{ "enforce", "enforce", "強制" },
	{ "ending", "permit ends", "許可の終了" },
	{ "dormant", "not seen", "長期未使用" },
	{ "recertify", "look again", "再確認" },
};

const char *msg(const char *lang, enum msg m)
{
	return strcmp(lang, "ja") == 0 ? texts[m].ja : texts[m].en;
}

static void append(char *dst, size_t size, size_t *len, const char *src, size_t n)
{
	size_t room = size - 1 - *len;

	n = n < room ? n : room;
	memcpy(dst + *len, src, n);
	*len += n;
}

void msg_format(char *dst, size_t size, const char *lang, enum msg m,
		const struct msg_args *args)
{
	const char *at = msg(lang, m);
	size_t len = 0;

	while (*at != '\0') {
		bool hole = at[0] == '{' && at[1] >= '1' && at[1] < '1' + TEXT_ARGS &&
			    at[2] == '}';
		const char *value = hole ? args->text[at[1] - '1'] : NULL;

		if (value != NULL)
			append(dst, size, &len, value, strlen(value));
		else
			append(dst, size, &len, at, 1);
		at += value != NULL ? 3 : 1;
	}
	dst[len] = '\0';
}

const char *msg_head(const char *lang, const char *english)
{
	for (size_t i = 0; strcmp(lang, "ja") == 0 && i < ARRAY_LEN(heads); i++) {
		if (strcmp(heads[i].en, english) == 0)
			return heads[i].ja;
	}
	return english;
}

const char *msg_word(const char *lang, const char *value)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (strcmp(words[i].value, value) == 0)
			return strcmp(lang, "ja") == 0 ? words[i].ja : words[i].en;
	}
	return value;
}
