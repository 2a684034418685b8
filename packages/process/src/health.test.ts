import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerHealth, ping } from './health.ts';

const broken = { name: 'etcd', check: () => Promise.reject(new Error('connection refused')) };
const endpoints = { healthz: [ping], livez: [ping], readyz: [ping, broken] };
const member = { name: 'etcd-override-0', group: 'etcd', check: () => Promise.reject(new Error('refused')) };
const ask = (path: string) => answerHealth(new URL(path, 'http://x'), endpoints);

test('answers as upstream does', async () => {
  const cases: [string, { status: number; body: string } | undefined][] = [
    ['/healthz', { status: 200, body: 'ok' }],
    ['/livez?verbose', { status: 200, body: '[+]ping ok\nlivez check passed\n' }],
    ['/readyz', { status: 500, body: '[+]ping ok\n[-]etcd failed: reason withheld\nreadyz check failed\n' }],
    ['/readyz?exclude=etcd', { status: 200, body: 'ok' }],
    ['/readyz?verbose&exclude=etcd', { status: 200, body: '[+]ping ok\n[+]etcd excluded: ok\nreadyz check passed\n' }],
    [
      '/healthz?verbose&exclude=x',
      {
        status: 200,
        body: '[+]ping ok\nwarn: some health checks cannot be excluded: no matches for "x"\nhealthz check passed\n',
      },
    ],
    ['/readyz/ping', { status: 200, body: 'ok' }],
    ['/readyz/etcd', { status: 500, body: 'internal server error: connection refused\n' }],
    ['/readyz/nope', undefined],
    ['/metrics', undefined],
  ];
  for (const [path, answer] of cases) assert.deepEqual(await ask(path), answer, path);
});

test('checks of a group are excluded with it', async () => {
  const ask = (query: string) =>
    answerHealth(new URL(`http://x/livez?${query}`), { healthz: [], livez: [broken, member] });
  const excluded = '[+]etcd excluded: ok\n[+]etcd-override-0 excluded: ok\n';
  assert.deepEqual(await ask('exclude=etcd&verbose'), { status: 200, body: `${excluded}livez check passed\n` });
  const one = '[-]etcd failed: reason withheld\n[+]etcd-override-0 excluded: ok\n';
  assert.deepEqual(await ask('exclude=etcd-override-0'), { status: 500, body: `${one}livez check failed\n` });
});

test('the cause of a failure is logged, but not listed', async () => {
  const seen: unknown[] = [];
  await answerHealth(new URL('http://x/readyz'), endpoints, (...failure) => void seen.push(failure));
  assert.deepEqual(seen, [['readyz', 'etcd', new Error('connection refused')]]);
});
