import { systemClock } from '@typernetes/base';
import type { Case } from '../case.ts';
import { Chance } from '../chance.ts';
import type { Comparison } from '../comparison.ts';
import type { Json } from '../samples.ts';
import { type Extension, misbehaviours, startExtension } from './extension.ts';

const apiServices = '/apis/apiregistration.k8s.io/v1/apiservices';
const services = '/api/v1/namespaces/default/services';
let extension: Extension | undefined;

/**
 * Groups of API servers behind Services that exist, are missing, or misbehave: compares APIService status, discovery
 * and requests.
 */
export async function aggregation(compare: Comparison, { seed, index }: Case): Promise<void> {
  extension ??= await startExtension(systemClock.now());
  extension.fault = 'none';
  const chance = new Chance(seed);
  const group = `a${index}.example.com`;
  const { port } = extension;
  const trust = chance.pick([
    { caBundle: extension.caBundle },
    { caBundle: extension.caBundle },
    { insecureSkipTLSVerify: true },
    { caBundle: extension.otherBundle },
    {},
  ]);
  const name = `v1.${group}`;
  const own = `${apiServices}/${name}`;
  const service = chance.pick([
    { type: 'ExternalName', externalName: '127.0.0.1' },
    { type: 'ExternalName', externalName: '127.0.0.1' },
    { type: 'ExternalName', externalName: '127.0.0.1' },
    { type: 'ClusterIP', ports: [{ port }] },
    { type: 'ClusterIP', ports: [{ port: 1 }] },
    undefined,
  ]);
  if (service) {
    const body = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'extension' }, spec: service };
    await compare.quietly({ method: 'POST', path: services, body });
  }
  const to = chance.of(0.85) ? port : 1;
  const body = {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name },
    spec: {
      group,
      version: 'v1',
      ...(chance.of(0.95) ? { service: { name: 'extension', namespace: 'default', port: to } } : {}),
      groupPriorityMinimum: 1000,
      versionPriority: 15,
      ...trust,
    },
  };
  await compare.ask({ method: 'POST', path: apiServices, body }, withoutStatus);
  await settled(compare, own);
  const look = async (): Promise<void> => {
    await compare.ask({ method: 'GET', path: own }, newerWords);
    await compare.ask({ method: 'GET', path: `/apis/${group}` });
    await compare.ask({ method: 'GET', path: '/apis' }, groupOf(group));
    await compare.ask({ method: 'GET', path: `/apis/${group}/v1` });
    const path = `/apis/${group}/v1/namespaces/default/flunders`;
    const query = chance.pick(['', '?limit=1', '?labelSelector=a%3Db&x=%20y', '?watch=1']);
    const headers: Record<string, string> = chance.pick<Record<string, string>>([
      {},
      { accept: 'application/yaml' },
      { 'x-remote-user': 'me', 'x-remote-extra-a': 'b' },
      { 'x-own': '1' },
    ]);
    const method = chance.pick(['GET', 'GET', 'POST', 'DELETE', 'PATCH', 'PUT']);
    const sent = method === 'GET' ? {} : { body: chance.pick(['', '{}', { a: 1 }]) };
    await compare.ask({ method, path: `${path}${query}`, headers, ...sent });
  };
  await look();
  extension.fault = chance.pick(misbehaviours);
  // A change triggers another check.
  const labels = { method: 'PATCH', headers: { 'content-type': 'application/merge-patch+json' } };
  await compare.quietly({ ...labels, path: own, body: JSON.stringify({ metadata: { labels: { a: 'b' } } }) });
  await new Promise((resolve) => setTimeout(resolve, 500));
  await settled(compare, own);
  await look();
  extension.fault = 'none';
  // The APIService stays: once one is deleted, the peer registers no others.
  await compare.quietly({ method: 'DELETE', path: `${services}/extension` });
}

const withoutStatus = (form: unknown): unknown =>
  (form as Json).kind === 'Status' ? form : { ...(form as Json), status: undefined };

function conditionsOf(form: unknown): unknown {
  const { status } = form as { status?: { conditions?: Json[] } };
  return (status?.conditions ?? []).map(({ lastTransitionTime: _, ...condition }) => condition);
}

/** EndpointSlices are used since 1.33. */
const newerWords = (form: unknown): unknown =>
  JSON.parse(JSON.stringify(conditionsOf(form)).replaceAll('find endpoints for', 'find endpointslices for')) as unknown;

const groupOf =
  (group: string) =>
  (form: unknown): unknown =>
    (form as { groups: { name: string }[] }).groups.find(({ name }) => name === group) ?? 'none';

/** Resolves once both have set a condition, and it has been stable for a while. */
async function settled(compare: Comparison, path: string): Promise<void> {
  let before = '';
  let same = 0;
  for (let i = 0; i < 60 && same < 4; i++) {
    const { ours, theirs } = await compare.quietly({ method: 'GET', path });
    const now = [ours, theirs].map((one) => JSON.stringify(conditionsOf(JSON.parse(one.text)))).join();
    same = now === before && !now.includes('[]') ? same + 1 : 0;
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
