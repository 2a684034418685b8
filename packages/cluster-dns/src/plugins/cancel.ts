import type { Clock } from '@typernetes/base';
import { parseDuration } from '@typernetes/process';
import { counted } from '../corefile/arguments.ts';
import type { Line } from '../corefile/server-blocks.ts';
import { CorefileError } from '../corefile/word.ts';
import type { Plugin } from './query.ts';

/** `cancel [TIMEOUT]`: milliseconds; 5001 by default, as most clients have given up after 5 seconds. */
export function parseCancel(lines: readonly Line[]): number {
  return lines.reduce((_, line) => {
    const [text] = counted(line, 0, 1);
    if (text === undefined) return 5001;
    const ms = parseDuration(text);
    if (ms === undefined) throw new CorefileError(`invalid duration: ${JSON.stringify(text)}`);
    if (ms <= 0) throw new CorefileError(`invalid negative duration: ${JSON.stringify(text)}`);
    return ms;
  }, 5001);
}

/** Gives a query up after a while. */
export function cancelPlugin(ms: number, clock: Pick<Clock, 'after'>): Plugin {
  return (next) => async (query) => {
    const late = new AbortController();
    const forget = clock.after(ms, () => late.abort(new Error('context deadline exceeded')));
    try {
      return await next({ ...query, signal: AbortSignal.any([query.signal, late.signal]) });
    } finally {
      forget();
    }
  };
}
