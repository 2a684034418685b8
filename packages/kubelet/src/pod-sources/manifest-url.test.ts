import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { systemClock } from '@typernetes/base';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { annotations } from '../pod/identity.ts';
import { ManifestUrl } from './manifest-url.ts';

const pod = (name: string) => ({ metadata: { name }, spec: { containers: [{ name: 'c', image: 'i' }] } });

test('static pods come from a URL, and stay while it returns nothing usable', async () => {
  let answer: [number, string] = [500, 'not now'];
  const asked: unknown[] = [];
  const server = createServer((request, response) => {
    asked.push(request.headers['x-key']);
    response.writeHead(answer[0]).end(answer[1]);
  });
  await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/pods`;
  const seen: string[] = [];
  const clock = new FakeClock();
  const options = { url, headers: { 'X-Key': ['a', 'b'] }, nodeName: 'n', checkMs: 20_000, clock, log: silentLogger };
  const source = new ManifestUrl(options, {
    set: (pods) =>
      void seen.push(
        pods.map(({ metadata }) => `${metadata.name} ${metadata.annotations?.[annotations.source]}`).join(),
      ),
  });
  const stop = new AbortController();
  const running = source.run(stop.signal);
  const until = async (condition: () => boolean): Promise<void> => {
    const deadline = systemClock.monotonic() + 20_000;
    while (!condition()) {
      assert.ok(systemClock.monotonic() < deadline, condition.toString());
      await systemClock.sleep(2);
      if (clock.pending > 0) await clock.advance(20_000);
    }
  };
  try {
    await until(() => asked.length >= 2);
    assert.equal(asked[0], 'a, b');
    assert.deepEqual(seen, []);
    answer = [200, JSON.stringify({ apiVersion: 'v1', kind: 'Pod', ...pod('one') })];
    await until(() => seen.length === 1);
    await source.read;
    answer = [200, JSON.stringify({ apiVersion: 'v1', kind: 'PodList', items: [pod('one'), pod('two')] })];
    await until(() => seen.length === 2);
    answer = [200, ''];
    const before = asked.length;
    await until(() => asked.length >= before + 2);
    assert.deepEqual(seen, ['one-n http', 'one-n http,two-n http']);
  } finally {
    stop.abort();
    await running;
    server.closeAllConnections();
    server.close();
  }
});
