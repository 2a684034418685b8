import type { Random } from '@typernetes/base';
import { encode } from 'dns-packet';
import { counted, once } from '../corefile/arguments.ts';
import type { Line } from '../corefile/server-blocks.ts';
import { absolute } from '../corefile/zone-name.ts';
import { type Handler, type Plugin, readQuery } from './query.ts';

/** `loop` */
export function parseLoop(lines: readonly Line[]): true {
  counted(once(lines), 0);
  return true;
}

/** Detects whether forwarded queries come back. */
interface LoopCheck {
  readonly plugin: Plugin;
  /** Sends a query that nobody else has, by way of the servers that others are handed on to. */
  start(handler: Handler, signal: AbortSignal): Promise<void>;
}

/** How often the query may arrive: once from here, and once more if somebody repeats it. */
const mostSeen = 2;

/** `onLoop` is called once when a loop is found. */
export function loopCheck(zone: string, options: { readonly random: Random; onLoop(text: string): void }): LoopCheck {
  const number = (): string => String(Math.floor(options.random.next() * Number.MAX_SAFE_INTEGER));
  const name = `${number()}.${number()}${zone === '.' ? '' : `.${zone}`}`;
  let seen = 0;
  return {
    plugin: (next) => async (query) => {
      if (query.type === 'HINFO' && query.name === name && ++seen === mostSeen + 1) {
        const { address, port } = query.client;
        options.onLoop(
          `plugin/loop: Loop (${address}:${port} -> :53) detected for zone "${absolute(zone)}", see https://coredns.io/plugins/loop#troubleshooting. Query: "HINFO ${name}."`,
        );
      }
      return next(query);
    },
    async start(handler, signal) {
      const message = encode({
        type: 'query',
        id: 1,
        flags: 0x0100,
        questions: [{ type: 'HINFO', name, class: 'IN' }],
      });
      const query = readQuery(message, { protocol: 'udp', client: { address: '127.0.0.1', port: 0 }, signal });
      if (typeof query === 'object') await handler(query);
    },
  };
}
