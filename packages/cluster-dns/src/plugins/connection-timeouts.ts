import { durationProblem, parseDuration } from '@typernetes/process';
import { counted, single } from '../corefile/arguments.ts';
import type { Line } from '../corefile/server-blocks.ts';
import { CorefileError, problemAt } from '../corefile/word.ts';

/** Of TCP connections, in milliseconds. */
export interface TimeoutsSettings {
  /** For the rest of a query. */
  readonly readMs: number;
  /** For a client to take a response. */
  readonly writeMs: number;
  /** Between two queries. */
  readonly idleMs: number;
}

export const standardTimeouts: TimeoutsSettings = { readMs: 3000, writeMs: 5000, idleMs: 10_000 };

/** `timeouts { read DURATION; write DURATION; idle DURATION }` */
export function parseTimeouts(lines: readonly Line[]): TimeoutsSettings {
  let settings = standardTimeouts;
  for (const line of lines) {
    counted(line, 0);
    if (line.block.length === 0) throw problemAt(line.words[0], 'timeouts block with no timeouts specified');
    for (const option of line.block) {
      const [word] = option.words;
      const name = word.text;
      if (name !== 'read' && name !== 'write' && name !== 'idle') throw problemAt(word, `unknown option: '${name}'`);
      settings = { ...settings, [`${name}Ms`]: timeoutOf(option) };
    }
  }
  return settings;
}

const dayMs = 24 * 3_600_000;

/** A duration; a number alone means seconds. */
function timeoutOf(line: Line): number {
  const text = single(line);
  const whole = /^\d+$/.test(text) ? `${text}s` : text;
  const ms = parseDuration(whole);
  if (ms === undefined) throw new CorefileError(durationProblem(whole) ?? whole);
  if (ms < 1000 || ms > dayMs)
    throw problemAt(line.words[0], `timeout provided '${whole}' needs to be between 1 second and 24 hours`);
  return ms;
}
