// SPDX-License-Identifier: GPL-3.0-or-later
// A table as a file of an office's spreadsheet: its bytes, and what they are in. Pure.

import type { AssetFile } from "./types-admission";

function isUtf8(bytes: Uint8Array): boolean {
	try {
		new TextDecoder("utf-8", { fatal: true }).decode(bytes);
		return true;
	} catch {
		return false;
	}
}

export function toBase64(bytes: Uint8Array): string {
	let text = "";
	for (let i = 0; i < bytes.length; i += 8192) // one call takes only so many arguments
		text += String.fromCharCode(...bytes.subarray(i, i + 8192));
	return btoa(text);
}

// What is not UTF-8 is what Japanese spreadsheets write by themselves.
export function assetFile(bytes: Uint8Array): AssetFile {
	return { base64: toBase64(bytes), encoding: isUtf8(bytes) ? "utf-8" : "shift_jis" };
}
