import { useEffect, useRef, useState } from 'preact/hooks';
import type { YamlProblem } from '../yaml/text.ts';

interface YamlEditorProperties {
  readonly label: string;
  readonly text: string;
  readonly problems: readonly YamlProblem[];
  readonly changed: (text: string) => void;
}

/** Of the style sheet, in pixels. */
const lineHeight = 20;

/**
 * A text area with numbered lines and what is wrong beside them. No library: browsers' own editing, search, undo and screen readers work in it,
 * on telephones, too.
 */
export function YamlEditor({ label, text, problems, changed }: YamlEditorProperties) {
  const area = useRef<HTMLTextAreaElement>(null);
  const [scrolled, setScrolled] = useState(0);
  const lines = text.split('\n').length;
  const first = problems.find(({ line }) => line > 0)?.line;
  // The first problem comes into sight.
  useEffect(() => {
    if (first !== undefined) area.current?.scrollTo({ top: Math.max(0, (first - 5) * lineHeight) });
  }, [first]);
  return (
    <div class="editor">
      <div class="numbers" aria-hidden="true">
        <div style={{ transform: `translateY(${-scrolled}px)` }}>
          {Array.from({ length: lines }, (_, i) => {
            const problem = problems.find(({ line }) => line === i + 1);
            return (
              // A line is its number
              <div key={i} class={problem ? 'wrong' : ''} title={problem?.message}>
                {i + 1}
              </div>
            );
          })}
        </div>
      </div>
      <textarea
        ref={area}
        aria-label={label}
        aria-invalid={problems.length > 0}
        aria-describedby="problems"
        spellcheck={false}
        autocapitalize="off"
        autocomplete="off"
        wrap="off"
        value={text}
        onInput={({ currentTarget }) => changed(currentTarget.value)}
        onScroll={({ currentTarget }) => setScrolled(currentTarget.scrollTop)}
        onKeyDown={keepIndent}
      />
      <ul id="problems" class="problems" role="alert">
        {problems.map(({ line, message }) => (
          <li key={`${line} ${message}`}>
            {line > 0 ? (
              <button type="button" class="link" onClick={() => selectLine(area.current, line)}>
                Line {line}
              </button>
            ) : null}{' '}
            {message}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** A new line begins where the last one did. Tab leaves the field, as everywhere. */
function keepIndent(event: KeyboardEvent): void {
  const area = event.currentTarget as HTMLTextAreaElement;
  if (event.key !== 'Enter' || event.isComposing) return;
  const before = area.value.slice(0, area.selectionStart);
  const [indent = ''] = /^ */.exec(before.slice(before.lastIndexOf('\n') + 1)) ?? [];
  if (indent === '') return;
  event.preventDefault();
  area.setRangeText(`\n${indent}`, area.selectionStart, area.selectionEnd, 'end');
  area.dispatchEvent(new Event('input', { bubbles: true }));
}

function selectLine(area: HTMLTextAreaElement | null, line: number): void {
  if (!area) return;
  const lines = area.value.split('\n');
  const start = lines.slice(0, line - 1).reduce((sum, { length }) => sum + length + 1, 0);
  area.focus();
  area.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
  area.scrollTo({ top: Math.max(0, (line - 5) * lineHeight) });
}
