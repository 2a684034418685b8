import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

interface DialogProperties {
  readonly title: string;
  readonly close: () => void;
  readonly children: ComponentChildren;
}

/** Asks something before anything else: the browser keeps the focus inside, and Escape closes it. */
export function Dialog({ title, close, children }: DialogProperties) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => element.current?.showModal(), []);
  return (
    <dialog ref={element} aria-label={title} onClose={close}>
      <h2>{title}</h2>
      {children}
    </dialog>
  );
}
