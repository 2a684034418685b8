import { hunksOf, lineDiff } from '../yaml/line-diff.ts';

const signs = { same: ' ', added: '+', removed: '-' } as const;

/** What changes, with a little of what does not. */
export function Difference({ before, after }: { readonly before: string; readonly after: string }) {
  const hunks = hunksOf(lineDiff(before, after));
  if (hunks.every((line) => line === undefined)) return <p class="none">Nothing changes.</p>;
  return (
    <pre class="difference">
      {hunks.map((line, i) => (
        // Lines have no other name
        <div key={i} class={line?.kind ?? 'left-out'}>
          {line ? `${signs[line.kind]} ${line.text}` : '…'}
        </div>
      ))}
    </pre>
  );
}
