import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node } from '@typernetes/api/core/v1';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import type { ApiRequest, ApiResponse, Transport } from '@typernetes/client';
import type { Reading } from './reading.ts';
import { Scraper } from './scraper.ts';

const node = (name: string, address: string): Node =>
  ({
    metadata: { name },
    status: {
      addresses: [
        { type: 'Hostname', address: name },
        { type: 'InternalIP', address },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: 10_251 } },
    },
  }) as unknown as Node;

const metrics = 'node_cpu_usage_seconds_total 5 1000\nnode_memory_working_set_bytes 100 1000\n';

/** Fake kubelets by address, with their responses or errors. */
function withKubelets(nodes: Node[], kubelets: Record<string, () => Promise<ApiResponse>>) {
  const clock = new FakeClock(0);
  const rounds: ReadonlyMap<string, Reading>[] = [];
  const asked: string[] = [];
  const closed: string[] = [];
  const connect = (server: string): Transport =>
    ({
      request: ({ signal }: ApiRequest) =>
        Promise.race([
          kubelets[server]?.() ?? Promise.reject(new Error('connection refused')),
          new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
        ]),
      close: () => void closed.push(server),
    }) as unknown as Transport;
  const scraper = new Scraper({
    nodes: { list: () => nodes },
    history: { replace: (readings) => void rounds.push(readings) },
    resolutionMs: 15_000,
    requestTimeoutMs: 10_000,
    address: { preferred: ['InternalIP', 'Hostname'] },
    connect,
    clock,
    random: { next: () => 0 },
    log: silentLogger,
    onAsked: ({ node, ok }) => void asked.push(`${node} ${ok}`),
  });
  const stop = new AbortController();
  const running = scraper.run(stop.signal);
  const end = async (): Promise<void> => {
    stop.abort();
    await running;
    assert.equal(clock.pending, 0);
  };
  return { clock, rounds, asked, closed, scraper, end };
}

const answer = async (text: string, status = 200): Promise<ApiResponse> => ({
  status,
  headers: {},
  body: (async function* () {
    yield Buffer.from(text);
  })(),
});

test("each round scrapes every kubelet at its node's address and port; a failure does not affect others", async () => {
  const nodes = [node('a', '10.0.0.1'), node('b', 'fd00::2'), node('c', '10.0.0.3')];
  const run = withKubelets(nodes, {
    'https://10.0.0.1:10251': () => answer(metrics),
    'https://[fd00::2]:10251': () => answer('no', 403),
  });
  await run.clock.advance(0);
  assert.deepEqual(
    run.rounds.map((round) => [...round.keys()]),
    [['a']],
  );
  assert.deepEqual(run.asked.sort(), ['a true', 'b false', 'c false']);
  await run.clock.advance(5000);
  assert.equal(run.rounds.length, 2, 'use is known soon');
  await run.clock.advance(14_999);
  assert.equal(run.rounds.length, 2);
  nodes.splice(0, 1);
  await run.clock.advance(1);
  assert.deepEqual(run.closed, ['https://10.0.0.1:10251'], 'what is gone needs no connections');
  await run.end();
});

test('a hanging kubelet loses only its own metrics, and the next round is on time', async () => {
  const run = withKubelets([node('a', '10.0.0.1'), node('b', '10.0.0.2')], {
    'https://10.0.0.1:10251': () => answer(metrics),
    'https://10.0.0.2:10251': () => new Promise(() => {}),
  });
  await run.clock.advance(14_999);
  assert.deepEqual([...(run.rounds[0]?.keys() ?? [])], ['a']);
  run.scraper.checkTimely();
  await run.clock.advance(15_000);
  assert.equal(run.rounds.length, 2);
  await run.end();
  await run.clock.advance(30_000);
  assert.throws(() => run.scraper.checkTimely(), /^Error: metrics were last collected \d+ s ago$/);
});
