import type { Transport } from '@typernetes/client';
import type { Io } from '../io.ts';

/** What servers have warned of. */
export interface WarningCount {
  count: number;
}

const colored = (text: string, io: Pick<Io, 'errIsTerminal'>): string =>
  io.errIsTerminal ? `\u001b[33;1mWarning:\u001b[0m ${text}\n` : `Warning: ${text}\n`;

/** A transport that shows the warnings of answers, each text once. */
export function warningTransport(
  transport: Transport,
  { io, seen }: { io: Pick<Io, 'err' | 'errIsTerminal'>; seen: WarningCount },
): Transport {
  const shown = new Set<string>();
  return {
    async request(request) {
      const response = await transport.request(request);
      const header = response.headers.warning;
      if (header !== undefined) {
        for (const text of warningsIn(header)) {
          seen.count++;
          if (shown.has(text)) continue;
          shown.add(text);
          io.err(colored(text, io));
        }
      }
      return response;
    },
    upgrade: (request) => transport.upgrade(request),
    connectAhead: async () => transport.connectAhead?.(),
    close: () => transport.close(),
  };
}

/** The texts of a Warning header, `299 - "text"`, several of them after commas. Other codes are not for the user. */
export function warningsIn(header: string): string[] {
  const found = header.matchAll(/(\d{3}) (?:[^\s"]+) "((?:[^"\\]|\\.)*)"(?: "[^"]*")?/g);
  return [...found].flatMap(([, code, text = '']) => (code === '299' ? [text.replace(/\\(.)/g, '$1')] : []));
}
