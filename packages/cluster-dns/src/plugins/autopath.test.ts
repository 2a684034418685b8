import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerOf, linesOf, makeHandler, makeQuery, texts } from '../testing/queries.ts';
import type { ClusterView } from '../zone/zone.ts';
import { autopathPlugin, parseAutopath, podSearch, searchDomains } from './autopath.ts';
import type { Handler } from './query.ts';

const settings = parseAutopath(linesOf('autopath @kubernetes'), ['.']);
const view = { namespaceOfPod: (ip: string) => (ip === '10.244.0.7' ? 'shop' : undefined) } as ClusterView;
const search = podSearch(['cluster.local'], view, ['lab.example']);

/** Knows one name only. */
function knowing(name: string): Handler & { readonly asked: string[] } {
  const asked: string[] = [];
  const found = makeHandler({ answers: [{ type: 'A', name, ttl: 30, data: '192.0.2.7' }] });
  const denied = makeHandler({ code: 3 });
  const handler: Handler = (query) => {
    asked.push(query.name);
    return query.name === name ? found(query) : denied(query);
  };
  return Object.assign(handler, { asked });
}

test('what a client would ask next is asked for it, and answered by an alias', async () => {
  const next = knowing('www.example.com');
  // As a socket of both families has it.
  const client = { address: '::ffff:10.244.0.7', port: 4711 };
  const query = { ...makeQuery('WWW.example.com.shop.svc.cluster.local'), client };
  const answer = await answerOf(autopathPlugin(settings, search)(next), query);
  assert.deepEqual(texts(answer), [
    'CNAME WWW.example.com.shop.svc.cluster.local "www.example.com"',
    'A www.example.com "192.0.2.7"',
  ]);
  assert.equal(answer.questions?.[0]?.name, 'WWW.example.com.shop.svc.cluster.local');
  assert.deepEqual(next.asked, [
    'www.example.com.shop.svc.cluster.local',
    'www.example.com.svc.cluster.local',
    'www.example.com.cluster.local',
    'www.example.com.lab.example',
    'www.example.com',
  ]);
});

test('a name that is there is answered as it is; one that is nowhere is denied once', async () => {
  const there = knowing('web.shop.svc.cluster.local');
  const answer = await answerOf(autopathPlugin(settings, search)(there), makeQuery('web.shop.svc.cluster.local'));
  assert.deepEqual([texts(answer), there.asked.length], [['A web.shop.svc.cluster.local "192.0.2.7"'], 1]);
  const nowhere = await answerOf(autopathPlugin(settings, search)(there), makeQuery('no.shop.svc.cluster.local'));
  assert.deepEqual([nowhere.code, nowhere.questions?.[0]?.name], [3, 'no.shop.svc.cluster.local']);
});

test('nothing is looked for in the place of others, nor below the second domain', async () => {
  const next = knowing('www.example.com');
  const plugin = autopathPlugin(settings, search)(next);
  await plugin(makeQuery('www.example.com.svc.cluster.local'));
  await plugin({ ...makeQuery('a.shop.svc.cluster.local'), client: { address: '10.244.0.8', port: 1 } });
  await autopathPlugin({ ...settings, zones: ['lab.example'] }, search)(next)(makeQuery('b.shop.svc.cluster.local'));
  assert.deepEqual(next.asked, [
    'www.example.com.svc.cluster.local',
    'a.shop.svc.cluster.local',
    'b.shop.svc.cluster.local',
  ]);
});

test('the path may stand in a file', () => {
  assert.deepEqual(searchDomains('domain a.example\nsearch Lab.example. corp.example\nnameserver 192.0.2.1\n'), [
    'lab.example',
    'corp.example',
  ]);
  assert.throws(
    () => parseAutopath(linesOf('autopath /no/such/file'), ['.']),
    /failed to parse "\/no\/such\/file": open \/no\/such\/file: no such file or directory/,
  );
  assert.throws(() => parseAutopath(linesOf('autopath'), ['.']), /no resolv-conf specified/);
  assert.deepEqual(parseAutopath(linesOf('autopath cluster.local @kubernetes'), ['.']).zones, ['cluster.local']);
});
