// SPDX-License-Identifier: GPL-3.0-or-later
// A modal dialog on the browser's own <dialog>: focus stays inside, Esc closes.

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

interface DialogProps {
	title: string;
	onClose: () => void;
	children: ComponentChildren;
	wide?: boolean;
}

export function Dialog({ title, onClose, children, wide }: DialogProps): JSX.Element {
	const ref = useRef<HTMLDialogElement>(null);
	const id = useId();

	useEffect(() => {
		const before = document.activeElement;
		const dialog = ref.current;
		dialog?.showModal();
		return () => {
			dialog?.close();
			if (before instanceof HTMLElement && before.isConnected)
				before.focus();
		};
	}, []);

	return (
		<dialog ref={ref} class={wide === true ? "wide" : undefined} aria-labelledby={id}
			onCancel={(e) => {
				e.preventDefault(); // the owner takes the dialog away, and so closes it
				onClose();
			}}>
			<h2 id={id}>{title}</h2>
			{children}
		</dialog>
	);
}
