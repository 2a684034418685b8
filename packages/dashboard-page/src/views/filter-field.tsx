import { useEffect, useRef } from 'preact/hooks';

interface FilterFieldProperties {
  /** For screen readers. */
  readonly label: string;
  readonly value: string;
  readonly changed: (value: string) => void;
}

/** Where one types what rows are to have; `/` leads there. */
export function FilterField({ label, value, changed }: FilterFieldProperties) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const focus = (event: KeyboardEvent): void => {
      const isTyping = event.target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
      if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      field.current?.focus();
    };
    document.addEventListener('keydown', focus);
    return () => document.removeEventListener('keydown', focus);
  }, []);
  return (
    <input
      ref={field}
      type="search"
      placeholder="Filter ( / )"
      aria-label={label}
      value={value}
      onInput={({ currentTarget }) => changed(currentTarget.value)}
    />
  );
}
