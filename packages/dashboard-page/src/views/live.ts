import type { ApiObject } from '@typernetes/machinery';
import { useEffect, useState } from 'preact/hooks';
import { type Entry, followObjects, followTable, type Live, type Row, type Wanted } from '../api/live-list.ts';
import { useSurroundings } from './surroundings.ts';

const nothing = { state: 'loading', entries: [], columns: [] } as const;

type Follow<E extends Entry> = (
  wanted: Wanted,
  around: Parameters<typeof followTable>[1],
  show: (live: Live<E>) => void,
) => Promise<void>;

/** Follows a list as long as the view is there; none when nothing is wanted. */
function useLive<E extends Entry>(follow: Follow<E>, wanted: Wanted | undefined): Live<E> {
  const { connection, clock } = useSurroundings();
  const [live, setLive] = useState<Live<E>>(nothing);
  const key = wanted ? JSON.stringify(wanted) : '';
  // What is wanted is compared by what it says
  useEffect(() => {
    setLive(nothing);
    if (!wanted) return;
    const gone = new AbortController();
    void follow(wanted, { connection, clock, signal: gone.signal }, setLive);
    return () => gone.abort();
  }, [connection, clock, key]);
  return live;
}

export const useTable = (wanted: Wanted | undefined): Live<Row> => useLive(followTable, wanted);

export const useObjects = <T extends ApiObject>(wanted: Wanted | undefined): Live<T> =>
  useLive(followObjects<T>, wanted);

/** The time, in milliseconds, anew every few seconds: ages grow. */
export function useNow(everyMs = 5_000): number {
  const { clock } = useSurroundings();
  const [now, setNow] = useState(clock.now());
  useEffect(() => {
    let cancel = clock.after(everyMs, function again() {
      setNow(clock.now());
      cancel = clock.after(everyMs, again);
    });
    return () => cancel();
  }, [clock, everyMs]);
  return now;
}

/** What a request answers, asked again every `everyMs` milliseconds; undefined until it has answered, and when it fails. */
export function usePolled<T>(path: string | undefined, everyMs: number): T | undefined {
  const { connection, clock } = useSurroundings();
  const [value, setValue] = useState<T>();
  useEffect(() => {
    setValue(undefined);
    if (path === undefined) return;
    const gone = new AbortController();
    const ask = async (): Promise<void> => {
      while (!gone.signal.aborted) {
        const answer = await connection.json<T>(path, { signal: gone.signal }).catch(() => undefined);
        if (!gone.signal.aborted) setValue(answer);
        await clock.sleep(everyMs, gone.signal).catch(() => undefined);
      }
    };
    void ask();
    return () => gone.abort();
  }, [connection, clock, path, everyMs]);
  return value;
}
