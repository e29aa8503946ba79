// SPDX-License-Identifier: GPL-3.0-or-later
// Watches whether somebody is there; warns, then signs out. Windows of one browser
// share the moment of last use, because they share the session.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { useApp } from "../context";
import { judgeIdle } from "../idle";
import { Dialog } from "./dialog";

const SHARED = "sekisho.active";
const signs = ["pointerdown", "keydown", "wheel", "touchstart"] as const;

function sharedActive(): number {
	try {
		return Number(localStorage.getItem(SHARED) ?? 0) || 0;
	} catch {
		return 0;
	}
}

function shareActive(now: number): void {
	try {
		localStorage.setItem(SHARED, String(now));
	} catch {
		// then each window counts for itself
	}
}

interface IdleGuardProps {
	touchedAt: () => number; // when the server last heard the user
	onOver: () => void;
}

export function IdleGuard({ touchedAt, onOver }: IdleGuardProps): JSX.Element | null {
	const { api, t } = useApp();
	const [left, setLeft] = useState<number | null>(null);
	const active = useRef(Date.now());
	const warned = useRef(false);
	const tried = useRef(0);
	const over = useRef(onOver);
	over.current = onOver;

	const use = (now: number): void => {
		if (now - active.current >= 1000)
			shareActive(now);
		active.current = now;
	};

	useEffect(() => {
		shareActive(active.current);
		const seen = (): void => {
			if (!warned.current) // then only the button counts: it says what it does
				use(Date.now());
		};
		const tick = (): void => {
			const now = Date.now();
			active.current = Math.max(active.current, Math.min(sharedActive(), now));
			const touched = Math.max(touchedAt(), tried.current);
			const verdict = judgeIdle(now, { active: active.current, touched });
			warned.current = verdict.state === "warn";
			setLeft(verdict.state === "warn" ? verdict.left : null);
			if (verdict.state === "over")
				over.current();
			else if (verdict.touch) {
				tried.current = now; // a server that is down is not asked every second
				api.session().catch(() => undefined); // a 401 is told by the api itself
			}
		};
		for (const sign of signs)
			addEventListener(sign, seen, { passive: true, capture: true });
		const timer = setInterval(tick, 1000);
		return () => {
			clearInterval(timer);
			for (const sign of signs)
				removeEventListener(sign, seen, { capture: true });
		};
	}, []);

	const stay = (): void => {
		use(Date.now());
		warned.current = false;
		setLeft(null);
		api.session().catch(() => undefined);
	};
	if (left === null)
		return null;
	return (
		<Dialog title={t("idle.title")} onClose={stay}>
			<p role="timer">{t("idle.text", { seconds: left })}</p>
			<div class="buttons">
				<button type="button" class="primary" onClick={stay}>{t("idle.stay")}</button>
			</div>
		</Dialog>
	);
}
