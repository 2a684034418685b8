import type { Case } from '../case.ts';
import { Chance } from '../chance.ts';
import type { Comparison } from '../comparison.ts';
import { collectionPath } from '../facts.ts';
import type { Question } from '../pair.ts';
import type { Json } from '../samples.ts';
import { makeObjects, removeObjects } from './places.ts';
import { printed } from './tables.ts';

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE'];
const contentTypes = [
  'application/json',
  'application/json; charset=utf-8',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/json-patch+json',
  'application/apply-patch+yaml',
  'text/plain',
  'application/json;as=Table',
  'APPLICATION/JSON',
  'x',
  '',
];
const parameters = [
  'dryRun=All',
  'dryRun=all',
  'dryRun=',
  'dryRun=All&dryRun=All',
  'dryRun=All&dryRun=None',
  'fieldManager=',
  `fieldManager=${'m'.repeat(129)}`,
  'fieldManager=%00',
  'fieldManager=a%20b',
  'fieldManager=%C3%A9',
  'force=true',
  'force=x',
  'pretty=true',
  'pretty=0',
  'gracePeriodSeconds=0',
  'gracePeriodSeconds=-1',
  'gracePeriodSeconds=x',
  'propagationPolicy=Foreground',
  'propagationPolicy=Background',
  'propagationPolicy=Orphan',
  'propagationPolicy=Other',
  'orphanDependents=true',
  'orphanDependents=false&propagationPolicy=Orphan',
  'orphanDependents=x',
  'unknown=1',
  'resourceVersion=1',
  'limit=1',
  'labelSelector=a',
  'labelSelector=((',
  'fieldSelector=metadata.name=none',
  'fieldSelector=spec.x=1',
  'timeout=1s',
  'timeout=x',
  'timeout=-1s',
  'timeoutSeconds=5',
  'export=true',
  'exact=1',
];

/** Requests that are invalid or nearly so: methods, paths, parameters, media types, bodies, delete options. */
export async function requests(compare: Comparison, { seed, index }: Case): Promise<void> {
  const chance = new Chance(seed);
  const resource = chance.pick(compare.facts.resources.filter(({ verbs }) => verbs.includes('update')));
  const made = await makeObjects(compare, resource, { chance, prefix: `r${index}`, count: 2, share: 0.2 });
  const collection = collectionPath(resource);
  const path = made[0]?.path ?? `${collection}/none`;
  const object = made[0]?.object ?? {
    apiVersion: resource.apiVersion,
    kind: resource.kind,
    metadata: { name: 'none' },
  };
  const places = [
    path,
    path,
    path,
    collection,
    collection,
    `${collection}/none`,
    `${path}/status`,
    `${path}/scale`,
    `${path}/nothing`,
    `${path}/`,
    `${path}/status/more`,
    collectionPath(resource, 'missing'),
    collectionPath({ ...resource, namespaced: !resource.namespaced }),
    `${collectionPath({ ...resource, namespaced: !resource.namespaced })}/${path.split('/').at(-1)}`,
    collection.replace('/v1', '/v9'),
  ];
  for (let i = 0; i < 12; i++) {
    const method = chance.pick(methods);
    const query = chance.some(parameters, 0, 2).join('&');
    const place = chance.pick(places);
    // Deleting a whole collection would remove objects that other cases rely on.
    if (method === 'DELETE' && place === collection && resource.plural === 'namespaces') continue;
    const question: Question = { method, path: query ? `${place}?${query}` : place, cutAfterMs: 3000 };
    const body = method === 'GET' || method === 'HEAD' ? undefined : bodyFor(method, object, chance);
    const type = chance.of(0.6) ? undefined : chance.pick(contentTypes);
    const patch = method === 'PATCH' && type === undefined ? chance.pick(contentTypes.slice(4, 8)) : type;
    const clearing =
      method === 'DELETE' && place === collection
        ? `${question.path}${query ? '&' : '?'}fieldSelector=metadata.name=${path.split('/').at(-1)}`
        : question.path;
    const ask = {
      ...question,
      path: clearing,
      ...(body === undefined ? {} : { body }),
      ...(patch === undefined ? {} : { headers: { 'content-type': patch } }),
    };
    await compare.ask(ask, printed);
  }
  await removeObjects(compare, made);
}

function bodyFor(method: string, object: Json, chance: Chance): string | undefined {
  if (method === 'DELETE') return chance.of(0.4) ? undefined : JSON.stringify(deletion(chance));
  const copy = structuredClone(object) as Json & { metadata: Json };
  const odd = chance.below(16);
  if (odd === 0) delete copy.kind;
  else if (odd === 1) copy.apiVersion = chance.pick(['v1', 'apps/v1', 'example.com/v1', 'a/b/c', '']);
  else if (odd === 2) copy.kind = chance.pick(['Pod', 'ConfigMap', 'Status', 'DeleteOptions', 'List', 'pod']);
  else if (odd === 3) copy.metadata = {};
  else if (odd === 4) copy.metadata.namespace = chance.pick(['other', '', 'default']);
  else if (odd === 5) copy.metadata.name = chance.pick(['other', '', 'A', 'a/b']);
  else if (odd === 6) copy.metadata.resourceVersion = chance.pick(['1', '0', 'x', '']);
  else if (odd === 7) copy.metadata.uid = 'other';
  else if (odd === 8) copy.metadata.deletionTimestamp = '2020-01-01T00:00:00Z';
  else if (odd === 9) copy.metadata.generateName = chance.pick(['gen-', 'A', '']);
  else if (odd === 10)
    copy.metadata.managedFields = chance.pick<unknown>([
      [],
      [{}],
      [{ manager: 'x', operation: 'Update', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: { 'f:x': {} } }],
    ]);
  else if (odd === 11) copy.metadata.finalizers = ['example.com/one'];
  else if (odd === 12) copy.spec = chance.pick<unknown>([null, [], 'x', 1, { unknownField: 1 }]);
  else if (odd === 13)
    return chance.pick([
      '',
      '{',
      'null',
      '[]',
      '"x"',
      '{}',
      '1',
      '{"kind":1}',
      'a: b',
      '{"metadata":null}',
      '\u0000',
      '{"metadata":{"name":1}}',
    ]);
  else if (odd === 14) return JSON.stringify(copy).slice(0, -1);
  return JSON.stringify(copy);
}

function deletion(chance: Chance): Json {
  const options: Json = {};
  if (chance.of(0.6))
    Object.assign(options, {
      apiVersion: chance.pick(['v1', 'meta.k8s.io/v1', 'apps/v1', 'x']),
      kind: chance.pick(['DeleteOptions', 'DeleteOptions', 'Pod']),
    });
  if (chance.of(0.3)) options.gracePeriodSeconds = chance.pick<unknown>([0, 1, -1, 'x']);
  if (chance.of(0.3)) options.propagationPolicy = chance.pick(['Foreground', 'Background', 'Orphan', 'Other', '']);
  if (chance.of(0.2)) options.orphanDependents = chance.pick<unknown>([true, false, 'x']);
  if (chance.of(0.3))
    options.preconditions = chance.pick<unknown>([{}, { uid: 'other' }, { resourceVersion: '1' }, { uid: '' }, 'x']);
  if (chance.of(0.2)) options.dryRun = chance.pick<unknown>([['All'], ['None'], 'All', [], ['All', 'All']]);
  if (chance.of(0.1)) options.unknownField = 1;
  return options;
}
