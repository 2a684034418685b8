import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Meter } from './meter.ts';

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/**
 * Profiles each series in the process whose inspector listens at this address: writes `DIR/<series>.cpuprofile`, and
 * prints its heaviest functions.
 */
export async function profiled(
  meter: Meter,
  inspectorPort: number,
  folder: string,
): Promise<Meter & { close(): void }> {
  const [target] = (await (await fetch(`http://127.0.0.1:${inspectorPort}/json/list`)).json()) as {
    webSocketDebuggerUrl: string;
  }[];
  const socket = new WebSocket(target?.webSocketDebuggerUrl ?? '');
  await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }));
  const waiting = new Map<number, (result: unknown) => void>();
  socket.addEventListener('message', ({ data }) => {
    const { id, result } = JSON.parse(String(data)) as { id: number; result: unknown };
    waiting.get(id)?.(result);
  });
  let last = 0;
  const ask = (method: string, params: object = {}): Promise<unknown> =>
    new Promise((resolve) => {
      waiting.set(++last, resolve);
      socket.send(JSON.stringify({ id: last, method, params }));
    });
  await ask('Profiler.enable');
  await ask('Profiler.setSamplingInterval', { interval: 200 });
  mkdirSync(folder, { recursive: true });
  return {
    begin: (series) => {
      void ask('Profiler.start');
      const finish = meter.begin(series);
      return async (took) => {
        const figures = await finish(took);
        const { profile } = (await ask('Profiler.stop')) as { profile: CpuProfile };
        writeFileSync(join(folder, `${series.replace(/[^a-z0-9]+/gi, '-')}.cpuprofile`), JSON.stringify(profile));
        printHeaviest(profile);
        await sleep(10);
        return figures;
      };
    },
    close: () => socket.close(),
  };
}

function printHeaviest({ nodes, samples, timeDeltas }: CpuProfile): void {
  const names = new Map(
    nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => [
      id,
      `${functionName || '(anonymous)'} ${url.replace(/^.*\//, '')}:${lineNumber + 1}`,
    ]),
  );
  const self = new Map<string, number>();
  let total = 0;
  for (const [i, id] of samples.entries()) {
    const name = names.get(id) ?? '';
    if (name.startsWith('(idle)')) continue;
    const spent = timeDeltas[i] ?? 0;
    total += spent;
    self.set(name, (self.get(name) ?? 0) + spent);
  }
  const heaviest = [...self].sort(([, a], [, b]) => b - a).slice(0, 25);
  for (const [name, us] of heaviest) console.log(`    ${((100 * us) / total).toFixed(1).padStart(5)} %  ${name}`);
}
