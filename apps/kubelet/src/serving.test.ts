import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { systemClock } from '@typernetes/base';
import { silentLogger } from '@typernetes/base/testing';
import { completeConfiguration, type Kubelet } from '@typernetes/kubelet';
import { createMetrics } from '@typernetes/process';
import { serving } from './serving.ts';
import type { Setting } from './setting.ts';

test('the read-only port is served without the server that needs credentials too, as for a kubelet on its own', async () => {
  const readOnlyPort = await freePort();
  const config = {
    ...completeConfiguration({}),
    enableServer: false,
    healthzPort: 0,
    address: '127.0.0.1',
    readOnlyPort,
  };
  const parts = {
    nodeName: 'n',
    flags: { 'root-dir': '/', 'cert-dir': '/' },
    verbosity: {},
    runtime: {},
    certificateMetrics: {},
  };
  const setting = { ...parts, config, metrics: createMetrics(), clock: systemClock, log: silentLogger };
  const kubelet = { workers: { pods: [] }, systemGroups: {} } as unknown as Kubelet;
  const stop = new AbortController();
  const options = { client: undefined, cpus: 1 };
  const running = serving(setting as unknown as Setting, kubelet, options).run(stop.signal);
  try {
    const answer = await answerFrom(`http://127.0.0.1:${readOnlyPort}/pods`);
    assert.equal((JSON.parse(answer) as { kind: string }).kind, 'PodList');
  } finally {
    stop.abort();
    await running;
  }
});

/** The program listens soon after it was started. */
async function answerFrom(url: string): Promise<string> {
  for (;;) {
    try {
      return await (await fetch(url)).text();
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
