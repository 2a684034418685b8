import type { NodeTracing } from 'node:inspector';
import { BusyError, inspect, type Patience, pause } from './inspection.ts';

/**
 * Phases of the event loop, V8's own work, the network, files and the thread pool; not each promise and callback, which
 * would be far too many.
 */
const categories = ['v8', 'node.environment', 'node.perf', 'node.http', 'node.net.native', 'node.dns.native'].concat([
  'node.fs.sync',
  'node.fs.async',
  'node.threadpoolwork',
]);

/** The maximum number of events; later ones are dropped. */
const mostEvents = 500_000;

let isTaken = false;

/**
 * The events of the process during so many seconds, as a Chrome trace (JSON), which Perfetto and Chrome's own viewer
 * can read; `go tool trace` cannot. Throws a BusyError while another one is being taken.
 */
export async function runtimeTrace(seconds: number, patience: Patience): Promise<Uint8Array> {
  if (isTaken) throw new BusyError('tracing is already enabled');
  isTaken = true;
  try {
    const events: object[] = [];
    let lost = 0;
    await inspect(async (session) => {
      session.on('NodeTracing.dataCollected', ({ params }: { params: NodeTracing.DataCollectedEventDataType }) => {
        for (const event of params.value as object[])
          if (events.length < mostEvents) events.push(event);
          else lost++;
      });
      const complete = new Promise((resolve) => void session.once('NodeTracing.tracingComplete', resolve));
      await session.post('NodeTracing.start', { traceConfig: { includedCategories: categories } });
      await pause(seconds * 1000, patience);
      await session.post('NodeTracing.stop');
      await complete;
    });
    return Buffer.from(JSON.stringify({ traceEvents: events, otherData: { lostEvents: lost } }));
  } finally {
    isTaken = false;
  }
}
