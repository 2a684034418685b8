import type { Transport } from '@typernetes/client';
import type { Io } from '../io.ts';
import { type Warned, warningText } from './warning-text.ts';

/** The warnings from servers. */
export interface WarningCount {
  count: number;
}

/** A transport that prints the warnings of responses, each text once. */
export function warningTransport(
  transport: Transport,
  { session, seen }: { session: Warned & { readonly io: Pick<Io, 'err'> }; seen: WarningCount },
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
          session.io.err(warningText(text, session));
        }
      }
      return response;
    },
    upgrade: (request) => transport.upgrade(request),
    connectAhead: async () => transport.connectAhead?.(),
    close: () => transport.close(),
  };
}

/** The texts of a Warning header, `299 - "text"`, several separated by commas. Other codes are ignored. */
export function warningsIn(header: string): string[] {
  const found = header.matchAll(/(\d{3}) (?:[^\s"]+) "((?:[^"\\]|\\.)*)"(?: "[^"]*")?/g);
  return [...found].flatMap(([, code, text = '']) => (code === '299' ? [text.replace(/\\(.)/g, '$1')] : []));
}
