// SPDX-License-Identifier: GPL-3.0-or-later
// The appliance's time: permits end by its clock, not by the reader's PC.

import { useEffect, useState } from "preact/hooks";

let offsetMs = 0;
const listeners = new Set<() => void>();
let timer = 0;

// The Date header has whole seconds; smaller differences are not the clock's.
export function learnServerTime(date: string | null): void {
	const then = date === null ? NaN : Date.parse(date);
	if (Number.isNaN(then))
		return;
	const offset = then - Date.now();
	offsetMs = Math.abs(offset) < 3000 ? 0 : offset;
}

export function serverNow(): Date {
	return new Date(Date.now() + offsetMs);
}

// The appliance's time, each second; one timer serves every reader.
export function useServerNow(): Date {
	const [now, setNow] = useState(serverNow);
	useEffect(() => {
		const listener = (): void => setNow(serverNow());
		listeners.add(listener);
		if (listeners.size === 1)
			timer = setInterval(() => listeners.forEach((tell) => tell()), 1000);
		return () => {
			listeners.delete(listener);
			if (listeners.size === 0)
				clearInterval(timer);
		};
	}, []);
	return now;
}
