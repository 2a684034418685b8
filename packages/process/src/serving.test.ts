import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { systemClock } from '@typernetes/base';
import { componentHandler } from './component-endpoints.ts';
import { ping } from './health.ts';
import { createMetrics } from './metrics.ts';
import { listen } from './serving.ts';

test('a component serves health, metrics and its configuration until it is stopped', async () => {
  const metrics = createMetrics();
  metrics.gauge('up', { help: 'Up.' }).set(1);
  const verbosity = { level: 2 };
  let mayRead = true;
  let openPaths = ['/healthz'];
  const handle = componentHandler({
    health: { healthz: [ping] },
    metrics,
    json: { '/configz': () => ({ a: 1 }) },
    facts: { name: 'component', flags: { list: ['a', 'b'], none: undefined, on: true }, clock: systemClock },
    profiling: { verbosity, clock: systemClock },
    isOpen: (path) => openPaths.includes(path),
    mayRead: async () => (mayRead ? { status: 200, message: '' } : { status: 403, message: 'forbidden: no' }),
  });
  const serving = await listen({ name: 'component', address: '127.0.0.1', port: 0, handle });
  const stop = new AbortController();
  const running = serving.run(stop.signal);
  const get = async (path: string): Promise<[number, string]> => {
    const response = await fetch(`http://127.0.0.1:${serving.port}${path}`);
    return [response.status, await response.text()];
  };
  assert.deepEqual(await get('/healthz'), [200, 'ok']);
  assert.deepEqual(await get('/metrics'), [200, '# HELP up [ALPHA] Up.\n# TYPE up gauge\nup 1\n']);
  assert.deepEqual(await get('/configz'), [200, '{"a":1}']);
  assert.deepEqual(
    (await get('/metrics/slis'))[1].split('\n').filter((line) => line.startsWith('kubernetes')),
    [
      'kubernetes_healthcheck{name="ping",type="healthz"} 1',
      'kubernetes_healthchecks_total{name="ping",status="success",type="healthz"} 1',
    ],
  );
  const [status, flags] = await get('/flagz');
  assert.deepEqual([status, flags.split('\n').slice(-4)], [200, ['', 'list=[a,b]', 'on=true', '']]);
  const headers = { accept: 'application/json;as=Flagz;v=v1alpha1;g=config.k8s.io' };
  const object = await (await fetch(`http://127.0.0.1:${serving.port}/flagz`, { headers })).text();
  assert.match(object, /^\{"apiVersion":"config\.k8s\.io\/v1alpha1","kind":"Flagz"/);
  const started = (await get('/statusz'))[1];
  assert.match(started, /^\ncomponent statusz\n/);
  assert.match(started, /^Paths: \/configz \/debug\/flags\/v \/flagz \/healthz \/metrics \/metrics\/slis \/statusz$/m);
  const put = await fetch(`http://127.0.0.1:${serving.port}/debug/flags/v`, { method: 'PUT', body: '5' });
  assert.equal(await put.text(), 'successfully set klog.logging.verbosity to 5\n');
  assert.equal(verbosity.level, 5);
  assert.match((await get('/debug/flags/'))[1], /full flags configurable/);
  assert.match((await get('/debug/pprof/goroutine?debug=1'))[1], /^goroutine profile: total [1-9]/);
  assert.equal((await get('/debug/pprof/x'))[0], 404);
  assert.deepEqual(await get('/nope'), [404, '404 page not found\n']);
  mayRead = false;
  const [refused, body] = await get('/metrics');
  assert.deepEqual([refused, JSON.parse(String(body)).message], [403, 'forbidden: no']);
  assert.deepEqual(await get('/healthz'), [200, 'ok']);
  await assert.rejects(
    listen({ name: 'second', address: '127.0.0.1', port: serving.port, handle }),
    new RegExp(`failed to listen on 127.0.0.1:${serving.port}: .* bind: address already in use`),
  );
  openPaths = ['/metrics'];
  assert.equal((await get('/metrics'))[0], 200);
  assert.equal((await get('/healthz'))[0], 403);
  stop.abort();
  await running;
  await assert.rejects(get('/healthz'));
});

test('a stopped server waits for no connection, not even one upgraded to another protocol', async () => {
  const serving = await listen({ name: 'streams', address: '127.0.0.1', port: 0, handle: () => {} });
  serving.server.on('upgrade', (_request, socket) => {
    socket.on('error', () => {});
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: own\r\n\r\n');
  });
  const stop = new AbortController();
  const running = serving.run(stop.signal);
  const client = connect(serving.port, '127.0.0.1');
  client.on('error', () => {});
  client.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: own\r\n\r\n');
  await once(client, 'data');
  const gone = once(client.resume(), 'close');
  stop.abort();
  await running;
  await gone;
});
