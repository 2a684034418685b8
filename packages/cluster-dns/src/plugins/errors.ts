import type { Clock } from '@typernetes/base';
import { counted, milliseconds, once, pattern, unknownProperty } from '../corefile/arguments.ts';
import type { Line } from '../corefile/server-blocks.ts';
import { CorefileError } from '../corefile/word.ts';
import { absolute } from '../corefile/zone-name.ts';
import { codeOf } from '../wire/message.ts';
import type { DnsLog, Level } from './dns-log.ts';
import type { Plugin } from './query.ts';

/** Matching errors are reported as one at intervals. */
interface Consolidated {
  readonly ms: number;
  readonly pattern: RegExp;
  readonly source: string;
  readonly level: Level;
}

export type ErrorsSettings = readonly Consolidated[];

/** `errors { consolidate DURATION REGEXP [LEVEL] … }` */
export function parseErrors(lines: readonly Line[]): ErrorsSettings {
  const line = once(lines);
  counted(line, 0);
  return line.block.flatMap((option) => {
    switch (option.words[0].text) {
      case 'stacktrace':
        counted(option, 0);
        return [];
      case 'consolidate': {
        const [duration = '', source = '', level = 'error'] = counted(option, 2, 3);
        const known = ({ warning: 'WARNING', error: 'ERROR', info: 'INFO', debug: 'DEBUG' } as const)[level];
        if (!known) throw new CorefileError(`unknown log level argument in consolidate: ${level}`);
        return [{ ms: milliseconds(duration), pattern: pattern(source), source, level: known }];
      }
      default:
        throw unknownProperty(option);
    }
  });
}

/** Reports failed queries in CoreDNS's format: code, name, type, reason. */
export function errorsPlugin(
  settings: ErrorsSettings,
  { log, clock }: { readonly log: DnsLog; readonly clock: Pick<Clock, 'after'> },
): Plugin {
  const waiting = new Map<Consolidated, number>();
  const report = (error: string, line: string): void => {
    const rule = settings.find((one) => one.pattern.test(error));
    if (!rule) {
      log('ERROR', `plugin/errors: ${line}`);
      return;
    }
    const count = waiting.get(rule) ?? 0;
    waiting.set(rule, count + 1);
    if (count > 0) return;
    clock.after(rule.ms, () => {
      log(
        rule.level,
        `plugin/errors: ${waiting.get(rule)} errors like '${rule.source}' occurred in last ${rule.ms / 1000}s`,
      );
      waiting.delete(rule);
    });
  };
  return (next) => async (query) => {
    const reply = await next(query);
    if (reply.error !== undefined)
      report(reply.error, `${codeOf(reply.message)} ${absolute(query.name)} ${query.type}: ${reply.error}`);
    return reply;
  };
}
