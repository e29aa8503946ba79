// SPDX-License-Identifier: GPL-3.0-or-later

// Spreadsheets take a CSV file for UTF-8 only when it begins with a mark.
export const MARK = "\ufeff";

export function save(text: string, name: string, type: string): void {
	const link = document.createElement("a");
	link.href = URL.createObjectURL(new Blob([text], { type }));
	link.download = name;
	link.click();
	URL.revokeObjectURL(link.href);
}
