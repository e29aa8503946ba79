// SPDX-License-Identifier: GPL-3.0-or-later
// After a change of one's own, a trial or a lockdown is shown at once.

import { useEffect } from "preact/hooks";

const CHANGED = "sekisho-standing";

export function standingChanged(): void {
	dispatchEvent(new Event(CHANGED));
}

export function useStanding(reload: () => void): void {
	useEffect(() => {
		addEventListener(CHANGED, reload);
		return () => removeEventListener(CHANGED, reload);
	}, [reload]);
}
