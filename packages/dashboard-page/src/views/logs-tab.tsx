import type { Pod } from '@typernetes/api/core/v1';
import type { ApiObject } from '@typernetes/machinery';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { linesOf } from '../api/lines.ts';
import { known, pathOf, queryOf } from '../api/resource.ts';
import { containersOf } from '../facts/container-facts.ts';
import { type LogLine, logLine, withLines } from '../facts/log-lines.ts';
import { failureText } from '../facts/words.ts';
import { Failure } from './marks.tsx';
import { useSurroundings } from './surroundings.ts';

/** How many lines the page keeps, and how many old ones it asks for. */
const mostLines = 5_000;
const tailLines = 1_000;
/** Lines that come within this time, in milliseconds, are shown together. */
const gatherMs = 150;

interface Choice {
  readonly container: string;
  readonly previous: boolean;
  readonly follow: boolean;
}

/** What a container has written. */
export function LogsTab({ pod }: { readonly pod: ApiObject }) {
  const containers = containersOf(pod as Pod);
  const first = containers.find(({ role }) => role === 'container')?.name ?? '';
  const [choice, setChoice] = useState<Choice>({ container: first, previous: false, follow: true });
  const [showsTimes, setShowsTimes] = useState(false);
  const [search, setSearch] = useState('');
  const { lines, state, failure } = useLog(pod, choice);
  const words = search.trim().toLowerCase();
  const shown = useMemo(
    () => (words === '' ? lines : lines.filter(({ text }) => text.toLowerCase().includes(words))),
    [lines, words],
  );
  return (
    <div class="logs">
      <div class="bar">
        <select
          aria-label="Container"
          value={choice.container}
          onChange={({ currentTarget }) => setChoice({ ...choice, container: currentTarget.value, previous: false })}
        >
          {containers.map(({ name, role }) => (
            <option key={name} value={name}>
              {name}
              {role === 'container' ? '' : ` (${role})`}
            </option>
          ))}
        </select>
        <Check label="Follow" isChecked={choice.follow} set={(follow) => setChoice({ ...choice, follow })} />
        <Check
          label="Previous run"
          isChecked={choice.previous}
          set={(previous) => setChoice({ ...choice, previous })}
        />
        <Check label="Times" isChecked={showsTimes} set={setShowsTimes} />
        <input
          type="search"
          placeholder="Search"
          aria-label="Search the log"
          value={search}
          onInput={({ currentTarget }) => setSearch(currentTarget.value)}
        />
        <DownloadButton pod={pod} choice={choice} />
        <output class="dim">
          {shown.length === lines.length ? `${lines.length} lines` : `${shown.length} of ${lines.length} lines`},{' '}
          {state}
        </output>
      </div>
      {failure === '' ? null : <Failure text={failure} />}
      <LogText lines={shown} showsTimes={showsTimes} />
    </div>
  );
}

interface CheckProperties {
  readonly label: string;
  readonly isChecked: boolean;
  readonly set: (isChecked: boolean) => void;
}

const Check = ({ label, isChecked, set }: CheckProperties) => (
  <label class="check">
    <input type="checkbox" checked={isChecked} onChange={({ currentTarget }) => set(currentTarget.checked)} />
    {label}
  </label>
);

/** Stays at the end as long as one is there; whoever scrolls up reads in peace. */
function LogText({ lines, showsTimes }: { readonly lines: readonly LogLine[]; readonly showsTimes: boolean }) {
  const box = useRef<HTMLPreElement>(null);
  const isAtEnd = useRef(true);
  // New lines are what moves the end
  useLayoutEffect(() => {
    if (isAtEnd.current) box.current?.scrollTo({ top: box.current.scrollHeight });
  }, [lines]);
  return (
    <pre
      class="log"
      ref={box}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keys
      tabIndex={0}
      role="log"
      aria-label="Log"
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        isAtEnd.current = scrollTop + clientHeight > scrollHeight - 30;
      }}
    >
      {lines.map(({ time, text }) => `${showsTimes ? `${time} ` : ''}${text}\n`).join('')}
    </pre>
  );
}

interface Log {
  readonly lines: readonly LogLine[];
  readonly state: 'loading' | 'following' | 'ended';
  readonly failure: string;
}

const logPath = (pod: ApiObject, { container, previous }: Choice, rest: Parameters<typeof queryOf>[0]): string =>
  pathOf(known.pods, { ...pod.metadata, subresource: 'log' }) + queryOf({ container, previous, ...rest });

function useLog(pod: ApiObject, choice: Choice): Log {
  const { connection, clock } = useSurroundings();
  const [log, setLog] = useState<Log>({ lines: [], state: 'loading', failure: '' });
  const { container, previous, follow } = choice;
  const { uid } = pod.metadata;
  // The uid and the choice say which log it is
  useEffect(() => {
    const gone = new AbortController();
    const { signal } = gone;
    let more: LogLine[] = [];
    const show = (state: Log['state'], failure = ''): void => {
      const added = more;
      more = [];
      if (!signal.aborted) setLog(({ lines }) => ({ lines: withLines(lines, added, mostLines), state, failure }));
    };
    const read = async (): Promise<void> => {
      setLog({ lines: [], state: 'loading', failure: '' });
      const path = logPath(pod, choice, { follow: follow && !previous, timestamps: true, tailLines });
      const answer = await connection.open(path, { accept: '*/*', signal });
      show('following');
      let isShowing = false;
      for await (const line of linesOf(answer.body as ReadableStream<Uint8Array>)) {
        more.push(logLine(line));
        if (isShowing) continue;
        isShowing = true;
        clock.after(gatherMs, () => {
          isShowing = false;
          if (more.length > 0) show('following');
        });
      }
      show('ended');
    };
    read().catch((error: unknown) => show('ended', failureText(error)));
    return () => gone.abort();
  }, [connection, clock, uid, container, previous, follow]);
  return log;
}

/** The whole log, not only what the page keeps. */
function DownloadButton({ pod, choice }: { readonly pod: ApiObject; readonly choice: Choice }) {
  const { connection, tell } = useSurroundings();
  const download = async (): Promise<void> => {
    try {
      const answer = await connection.open(logPath(pod, choice, { timestamps: true }), { accept: '*/*' });
      const address = URL.createObjectURL(await answer.blob());
      const link = document.createElement('a');
      link.href = address;
      link.download = `${pod.metadata.name}-${choice.container}.log`;
      link.click();
      URL.revokeObjectURL(address);
    } catch (error) {
      tell(failureText(error), 'bad');
    }
  };
  return (
    <button type="button" onClick={() => void download()}>
      Download
    </button>
  );
}
