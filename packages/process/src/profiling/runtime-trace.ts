import type { NodeTracing } from 'node:inspector';
import { BusyError, inspect, type Patience, pause } from './inspection.ts';

/** Phases of the event loop, what V8 does beside the program, the network, files and the thread pool; not each promise and callback, which would be far too many. */
const categories = ['v8', 'node.environment', 'node.perf', 'node.http', 'node.net.native', 'node.dns.native'].concat([
  'node.fs.sync',
  'node.fs.async',
  'node.threadpoolwork',
]);

/** Events that are kept; those after them are left out. */
const mostEvents = 500_000;

let isTaken = false;

/**
 * What happened in the process in so many seconds, in the format of Chrome's traces (JSON), which Perfetto and Chrome's own viewer read; `go tool
 * trace` does not. Throws a BusyError while another one is taken.
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
