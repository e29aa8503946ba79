/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "lib/attr.h"

struct words {
	const char *ja;
	const char *en;
};

static const struct {
	const char *name;
	enum event_severity severity;
	struct words text, advice;
} events[EVENT_COUNT] = {
	[EVENT_NEW_DEVICE] = {
		"new-device", EVENT_NOTICE,
		{ "登録されていない端末が接続されました。",
		  "A device that is not in the register was connected." },
		{ "持ち主を確かめ、業務に必要なら接続を申請させてください。心当たりがなければ線を抜いてください。",
		  "Find out whose it is. If work needs it, have it applied for; if nobody "
		  "knows it, unplug it." },
	},
	[EVENT_MOVED_PORT] = {
		"moved-port", EVENT_NOTICE,
		{ "登録された端末が別の接続口に移りました。",
		  "A registered device moved to another port." },
		{ "移設が承認されたものか、使用者に確かめてください。",
		  "Ask its user whether the move was approved." },
	},
	[EVENT_TWO_PORTS] = {
		"two-ports", EVENT_CRITICAL,
		{ "同じMACアドレスが二つの接続口に同時に現れています。",
		  "The same MAC address is seen on two ports at once." },
		{ "一方は偽装のおそれがあります。登録と異なる接続口の端末を切り離してください。",
		  "One of them may be forged. Detach the one on the port that is not in the "
		  "register." },
	},
	[EVENT_ADDRESS_TAKEN] = {
		"address-taken", EVENT_WARNING,
		{ "IPアドレスを別の端末が名乗りました。",
		  "Another device claims an IP address that is in use." },
		{ "設定の重複か、なりすましです。二台の端末の設定を確かめてください。",
		  "It is a duplicate setting or an impersonation. Look at both devices." },
	},
	[EVENT_GATEWAY_TAKEN] = {
		"gateway-taken", EVENT_CRITICAL,
		{ "ゲートウェイのアドレスを別の端末が名乗りました。",
		  "Another device claims the gateway's own address." },
		{ "通信の盗み見のおそれがあります。その端末を直ちに切り離してください。",
		  "Traffic may be read on its way. Detach that device at once." },
	},
	[EVENT_FOREIGN_DHCP] = {
		"foreign-dhcp", EVENT_CRITICAL,
		{ "許可されていないDHCPサーバーが応答しています。",
		  "A DHCP server that is not permitted answers." },
		{ "家庭用ルーターなどが接続されていないか調べ、取り外してください。",
		  "Look for a home router or the like, and remove it." },
	},
	[EVENT_FOREIGN_RA] = {
		"foreign-ra", EVENT_CRITICAL,
		{ "許可されていないIPv6ルーター広告が流れています。",
		  "IPv6 router advertisements come from a device that is not permitted." },
		{ "送信元の端末を切り離し、設定を確かめてください。",
		  "Detach the sender and look at its settings." },
	},
	[EVENT_RETURNED] = {
		"returned", EVENT_NOTICE,
		{ "長く使われていなかった端末が再び接続されました。",
		  "A device is back after a long silence." },
		{ "更新プログラムとウイルス対策が最新か、使用前に確かめてください。",
		  "Check its updates and virus patterns before it is used." },
	},
	[EVENT_FINGERPRINT] = {
		"fingerprint", EVENT_WARNING,
		{ "同じMACアドレスの端末の特徴が変わりました。",
		  "Another kind of system is behind the same MAC address." },
		{ "機器の入替えかMACアドレスの偽装です。現物を確かめてください。",
		  "It was replaced, or its address is forged. Look at the machine itself." },
	},
	[EVENT_MAC_FLOOD] = {
		"mac-flood", EVENT_CRITICAL,
		{ "多数のMACアドレスが短時間に現れています。",
		  "A flood of new MAC addresses is seen." },
		{ "攻撃か機器の故障です。接続口を特定して切り離してください。",
		  "It is an attack or a broken machine. Find the port and detach it." },
	},
	[EVENT_SCAN] = {
		"scan", EVENT_WARNING,
		{ "一台の端末が多数のアドレスを探索しています。",
		  "One device asks for many addresses." },
		{ "ウイルス感染のおそれがあります。使用者に確かめ、必要なら隔離してください。",
		  "It may be infected. Ask its user, and quarantine it if in doubt." },
	},
	[EVENT_HOURS] = {
		"unusual-hours", EVENT_NOTICE,
		{ "許可された端末が普段と異なる時間帯に使われています。",
		  "A permitted device is used at unusual hours." },
		{ "時間外の作業が届け出られているか確かめてください。",
		  "Check whether work at that hour was announced." },
	},
	[EVENT_NO_PERMIT] = {
		"no-permit", EVENT_NOTICE,
		{ "台帳にある端末が、有効な許可のないまま接続されています。",
		  "A device of the register is connected and has no permit in force." },
		{ "許可の期限切れか取消しです。業務に必要なら改めて申請させ、不要なら線を抜いてください。",
		  "Its permit ended or was withdrawn. If work needs it, have it applied for "
		  "again; if not, unplug it." },
	},
};

static bool is_known(enum event_kind k)
{
	return (size_t)k < ARRAY_LEN(events) && events[k].name != NULL;
}

static const char *in(const struct words *w, const char *lang)
{
	return strcmp(lang, "ja") == 0 ? w->ja : w->en;
}

const char *event_name(enum event_kind k)
{
	return is_known(k) ? events[k].name : "unknown";
}

enum event_severity event_severity(enum event_kind k)
{
	return is_known(k) ? events[k].severity : EVENT_NOTICE;
}

const char *event_text(enum event_kind k, const char *lang)
{
	static const struct words none = { "不明な事象です。", "An unknown event." };

	return in(is_known(k) ? &events[k].text : &none, lang);
}

const char *event_advice(enum event_kind k, const char *lang)
{
	static const struct words none = { "システム管理者に知らせてください。",
					   "Tell the administrator." };

	return in(is_known(k) ? &events[k].advice : &none, lang);
}
