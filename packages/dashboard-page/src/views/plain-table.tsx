import type { ComponentChildren } from 'preact';

interface PlainTableProperties {
  readonly columns: readonly string[];
  /** Each row ends with what can be done about it, under a heading that is heard alone. */
  readonly hasDeeds?: boolean;
  /** Its rows. */
  readonly children: ComponentChildren;
}

/** A table of facts, which scrolls by itself where the window is narrower. */
export function PlainTable({ columns, hasDeeds = false, children }: PlainTableProperties) {
  return (
    <div class="scroll">
      <table class="plain">
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
            {hasDeeds ? (
              <th scope="col">
                <span class="unseen">What to do</span>
              </th>
            ) : null}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
