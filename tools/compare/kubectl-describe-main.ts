/**
 * Describes random objects of every kind, with statuses, events and related objects, with upstream's kubectl and ours, and reports differences.
 *
 *     node tools/compare/kubectl-describe-main.ts [--seed=TEXT] [--rounds=N] [--kinds=pods,nodes] [--show]
 *
 * A server on loopback serves the objects as generated, valid or not, and forwards everything else to a control plane: discovery, access reviews.
 * Both kubectls use the same server. `--show` prints the complete objects whose descriptions differ. The exit code is 1 if there are differences.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { httpTransport, parseKubeconfig, readBody, resolveContext, transportOptions } from '@typernetes/client';
import { startControlPlane } from 'typernetes';
import { bothKubectls, type Printed } from '../../test/integration/kubectl-beside-upstream.ts';
import { Chance } from './chance.ts';
import { collectionPath, SharedFacts, type SharedResource } from './facts.ts';
import { type Json, Samples } from './samples.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: 'describe' },
    rounds: { type: 'string', default: '5' },
    kinds: { type: 'string', default: '' },
    show: { type: 'boolean', default: false },
  },
});

/** Resources that cannot be read. */
const unread = /review|binding$|^bindings$|evictions|tokenrequests|componentstatuses/;
const facts = new SharedFacts({ definitions: {} }, () => true);
const resources = facts.resources.filter(({ plural, subresources }) => !unread.test(plural) && subresources);

/** Kinds of which the server accepted no object. */
const refused = new Set<string>();

/** The served objects, by the path of their collection. */
const kept = new Map<string, Json[]>();

/** The object as the server would store it, with its defaults, or undefined if it would reject it. */
type Take = (resource: SharedResource, object: Json) => Promise<Json | undefined>;

async function fill(chance: Chance, take: Take): Promise<void> {
  kept.clear();
  for (const resource of resources) {
    const objects: Json[] = [];
    for (const name of chance.pick([['a'], ['a', 'web']])) objects.push(await object(resource, { name, chance, take }));
    kept.set(collectionPath(resource), objects);
  }
  const events = (chance.of(0.8) ? ['e1', 'e2', 'e3', 'e4'] : []).map((name) => event(name, chance));
  kept.set('/api/v1/namespaces/default/events', [event('a', chance), ...events]);
}

/** An event in the form of one or the other library that writes events. */
function event(name: string, chance: Chance): Json {
  const at = (hour: number): string => `2024-03-04T0${hour}:06:07Z`;
  const common = {
    metadata: { name, namespace: 'default', uid: `u-${name}`, resourceVersion: '8', creationTimestamp: at(5) },
    involvedObject: { kind: 'Pod', namespace: 'default', name: 'a', uid: 'u-a', apiVersion: 'v1' },
    reason: chance.pick(['Pulled', 'BackOff', 'FailedScheduling']),
    message: chance.pick(['short', 'with\ntwo lines', 'ends\n', '  around  ', '']),
    type: chance.pick(['Normal', 'Warning']),
  };
  if (chance.of(0.5))
    return {
      ...common,
      source: chance.pick([{ component: 'kubelet', host: 'node-1' }, { component: 'kubelet' }]),
      firstTimestamp: at(1),
      lastTimestamp: at(chance.below(6) + 1),
      count: chance.pick([1, 2, 7]),
      eventTime: null,
      reportingComponent: chance.pick(['', 'kubelet']),
      reportingInstance: '',
    };
  const series = { count: 3, lastObservedTime: '2024-03-04T04:06:07.123456Z' };
  return {
    ...common,
    source: {},
    firstTimestamp: null,
    lastTimestamp: null,
    eventTime: '2024-03-04T03:06:07.123456Z',
    action: 'Binding',
    reportingComponent: 'scheduler',
    reportingInstance: 'scheduler-1',
    ...(chance.of(0.5) ? { series } : {}),
  };
}

async function object(
  resource: SharedResource,
  { name, chance, take }: { name: string; chance: Chance; take: Take },
): Promise<Json> {
  const samples = new Samples(facts, chance, { share: chance.pick([0.3, 0.6, 0.9]), odd: 0 });
  let taken: Json | undefined;
  for (const share of [0.9, 0.6, 0.6, 0.4, 0.4, 0.2, 0.2, 0])
    taken ??= await take(resource, await new Samples(facts, chance, { share, odd: 0 }).object(resource, name));
  const { metadata, ...rest } = taken ?? (await samples.object(resource, name));
  if (!taken) refused.add(resource.plural);
  const field = facts.fields(resource.type).status;
  // A server writes quantities in canonical form.
  const status = field && JSON.parse(JSON.stringify(samples.value('status', field)).replaceAll('"0.5"', '"500m"'));
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'u-web', controller: true };
  return {
    ...rest,
    ...(status && chance.of(0.8) ? { status } : {}),
    metadata: {
      ...(({ labels, annotations }) => ({ labels, annotations }))(metadata as Json),
      name,
      ...(resource.namespaced ? { namespace: 'default' } : {}),
      uid: `u-${name}`,
      creationTimestamp: '2024-03-04T05:06:07Z',
      resourceVersion: '7',
      ...(chance.of(0.3) ? { generation: 3 } : {}),
      ...(chance.of(0.15) ? { deletionTimestamp: '2024-03-04T06:06:07Z', deletionGracePeriodSeconds: 30 } : {}),
      ...(chance.of(0.2) ? { finalizers: ['example.com/x'] } : {}),
      ...(chance.of(0.3) ? { ownerReferences: [owner] } : {}),
    },
  };
}

/** The answer to a read of a generated object, or undefined for any other request. */
function answer(path: string): { status: number; body: object } | undefined {
  for (const resource of resources) {
    const collection = collectionPath(resource);
    const everywhere = collection.replace('/namespaces/default', '');
    const objects = kept.get(collection) ?? [];
    const { apiVersion, kind, plural, group } = resource;
    if (path === collection || path === everywhere)
      return {
        status: 200,
        body: { apiVersion, kind: `${kind}List`, metadata: { resourceVersion: '9' }, items: objects },
      };
    if (!path.startsWith(`${collection}/`)) continue;
    const name = path.slice(collection.length + 1);
    if (name.includes('/')) continue;
    const found = objects.find(({ metadata }) => (metadata as Json).name === name);
    if (found) return { status: 200, body: { ...found, apiVersion, kind } };
    const message = `${plural}${group === '' ? '' : `.${group}`} "${name}" not found`;
    const missing = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', code: 404 };
    return { status: 404, body: { ...missing, message, details: { name, group, kind: plural } } };
  }
  return undefined;
}

/** Removes ages; for a node without capacity, upstream divides by zero. */
const steady = (text: string): string =>
  text
    .replace(/-9223372036854775808%/g, '0%')
    .replace(/\b(\d+[smhdy])+\b/g, 'AGE')
    .replace(/ +/g, ' ')
    .replace(/ $/gm, '');

const folder = mkdtempSync(join(tmpdir(), 'kubectl-describe-'));
const chosen =
  values.kinds === '' ? resources : resources.filter(({ plural }) => values.kinds.split(',').includes(plural));
let told = 0;
let typed = 0;
{
  await using plane = await startControlPlane();
  const behind = httpTransport(transportOptions(resolveContext(parseKubeconfig(plane.kubeconfig), {})));
  const server = createServer(async (request, response) => {
    const { pathname, search } = new URL(request.url ?? '/', 'http://x');
    const own = request.method === 'GET' ? answer(pathname) : undefined;
    if (own) {
      response.writeHead(own.status, { 'content-type': 'application/json' }).end(JSON.stringify(own.body));
      return;
    }
    const body: Uint8Array[] = [];
    for await (const chunk of request) body.push(chunk);
    const headers = Object.fromEntries(
      ['accept', 'content-type'].flatMap((name) => (request.headers[name] ? [[name, `${request.headers[name]}`]] : [])),
    );
    const got = await behind.request({
      method: request.method as 'GET',
      path: `${pathname}${search}`,
      headers,
      ...(body.length > 0 ? { body: Buffer.concat(body) } : {}),
    });
    response.writeHead(got.status, { 'content-type': `${got.headers['content-type'] ?? ''}` });
    response.end(await readBody(got));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const kubeconfig = join(folder, 'kubeconfig');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      clusters: [{ name: 'c', cluster: { server: url } }],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      users: [{ name: 'u', user: { token: 'x' } }],
      'current-context': 'c',
    }),
  );
  using both = bothKubectls({ KUBECONFIG: kubeconfig });
  for (let round = 0; round < Number(values.rounds); round++) {
    await fill(new Chance(`${values.seed}/${round}`), async (resource, object) => {
      const got = await behind.request({
        method: 'POST',
        path: `${collectionPath(resource)}?dryRun=All`,
        headers: { 'content-type': 'application/json' },
        body: Buffer.from(JSON.stringify({ apiVersion: resource.apiVersion, kind: resource.kind, ...object })),
      });
      const text = Buffer.from(await readBody(got)).toString();
      return got.status === 201 ? (JSON.parse(text) as Json) : undefined;
    });
    const described = chosen.map(({ plural, group, version }) => [
      'describe',
      group === '' ? plural : `${plural}.${version}.${group}`,
      ...(round % 3 === 0 ? [] : ['a']),
    ]);
    const events = [
      ['events'],
      ['events', '-A'],
      ['events', '--types=warning', '--no-headers'],
      ['events', '-o', 'yaml'],
    ];
    for (const line of [...described, ...events]) {
      const printed = await Promise.all([both.ours(...line), both.upstream(...line)]);
      // Upstream iterates over the resources of a limit range in random order.
      const [ours, upstream] = printed.map((one) =>
        line.includes('limitranges') ? { ...one, out: one.out.split('\n').sort().join('\n') } : one,
      ) as [Printed, Printed];
      typed++;
      const members = (['code', 'out', 'err'] as const).filter(
        (member) => steady(`${ours[member]}`) !== steady(`${upstream[member]}`),
      );
      if (members.length === 0) continue;
      told++;
      console.log(`#### round ${round}: kubectl ${line.join(' ')}`);
      for (const member of members) {
        const [mine, theirs] = [ours, upstream].map((one) => steady(`${one[member]}`).split('\n')) as [
          string[],
          string[],
        ];
        const at = mine.findIndex((text, i) => text !== theirs[i]);
        const from = Math.max(0, (at < 0 ? mine.length : at) - 2);
        const most = from + 6;
        for (const text of mine.slice(from, most)) console.log(`${member} - ours:     ${text}`);
        for (const text of theirs.slice(from, most)) console.log(`${member} + upstream: ${text}`);
      }
      const shown = chosen.find((one) => line[1]?.split('.')[0] === one.plural);
      if (values.show && shown) console.log(JSON.stringify(kept.get(collectionPath(shown))?.[0]));
    }
  }
  if (refused.size > 0) console.log(`not as a server would have it: ${[...refused].join(', ')}`);
  console.log(`${told} of ${typed} lines differ`);
  server.close();
  server.closeAllConnections();
  behind.close();
}
rmSync(folder, { recursive: true });
process.exit(told === 0 ? 0 : 1);
