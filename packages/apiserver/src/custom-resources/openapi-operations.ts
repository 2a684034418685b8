import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from '@typernetes/api/apiextensions/v1';
import { type OperationFact, operationsOf } from '@typernetes/api/schema';
import { definitionName } from '../openapi/definitions.ts';
import { groupWord } from '../openapi/operations.ts';

export const statusName = definitionName('meta/v1.Status');
export const deleteOptionsName = definitionName('meta/v1.DeleteOptions');
export const patchName = definitionName('meta/v1.Patch');
export const scaleName = definitionName('autoscaling/v1.Scale');

/** `com.example.stable.v1.CronTab` */
export function modelName(group: string, version: string, kind: string): string {
  return `${group.split('.').reverse().join('.')}.${version}.${kind}`;
}

/**
 * The operations on a version of a definition, as in upstream's documents: those of StatefulSets, without the watch
 * paths.
 */
export function customOperations(
  { spec: { group, names, scope } }: CustomResourceDefinition,
  version: CustomResourceDefinitionVersion,
): OperationFact[] {
  const model = modelName(group, version.name, names.kind);
  const list = modelName(group, version.name, names.listKind ?? `${names.kind}List`);
  const namespaced = scope === 'Namespaced' ? 'Namespaced' : '';
  const root = `/apis/${group}/${version.name}`;
  const word = groupWord(group);
  const owner = `${word.charAt(0).toUpperCase()}${word.slice(1)}${version.name.charAt(0).toUpperCase()}${version.name.slice(1)}`;
  const gvk = `${group}/${version.name}/${names.kind}`;
  const one = (
    action: Action,
    rest: { p: string; of?: string; part?: string; body?: string; r?: string },
  ): OperationFact => {
    const { method, verb, like, codes } = actions[action];
    const { p, of = namespaced, part = '', body, r = model } = rest;
    const id = `${verb}${owner}${action === 'deletecollection' ? 'Collection' : ''}${of}${names.kind}${part}`;
    return {
      m: method,
      p,
      a: action,
      id,
      q: querySetOf(like),
      c: codes,
      gvk,
      r,
      ...(body === undefined ? {} : { body }),
    };
  };
  const place = `${root}${namespaced ? '/namespaces/{namespace}' : ''}/${names.plural}`;
  const single = `${place}/{name}`;
  const found = [
    one('list', { p: place, r: list }),
    one('post', { p: place, body: model }),
    one('deletecollection', { p: place, r: statusName }),
    one('get', { p: single }),
    one('put', { p: single, body: model }),
    one('delete', { p: single, body: deleteOptionsName, r: statusName }),
    one('patch', { p: single, body: patchName }),
  ];
  if (namespaced) {
    const everywhere = one('list', { p: `${root}/${names.plural}`, r: list, of: '' });
    found.push({ ...everywhere, id: `${everywhere.id}ForAllNamespaces` });
  }
  for (const [name, part, shape] of [
    ['status', 'Status', model],
    ['scale', 'Scale', scaleName],
  ] as const) {
    if (!version.subresources?.[name]) continue;
    const at = { p: `${single}/${name}`, part, r: shape };
    found.push(one('get', at), one('put', { ...at, body: shape }), one('patch', { ...at, body: patchName }));
  }
  return found;
}

type Action = keyof typeof actions;

/** `like`: the action that takes the same parameters. */
const actions = {
  list: { method: 'GET', verb: 'list', like: 'list', codes: ['200'] },
  post: { method: 'POST', like: 'post', verb: 'create', codes: ['200', '201', '202'] },
  deletecollection: { method: 'DELETE', verb: 'delete', like: 'list', codes: ['200'] },
  get: { method: 'GET', like: 'get', verb: 'read', codes: ['200'] },
  put: { method: 'PUT', like: 'put', verb: 'replace', codes: ['200', '201'] },
  delete: { method: 'DELETE', like: 'delete', verb: 'delete', codes: ['200', '202'] },
  patch: { method: 'PATCH', like: 'patch', verb: 'patch', codes: ['200'] },
} as const satisfies Record<string, { method: string; verb: string; like: string; codes: readonly string[] }>;

function querySetOf(action: string): number {
  const alike = operationsOf({ group: 'apps', version: 'v1', plural: 'statefulsets' }).find(({ a }) => a === action);
  if (!alike) throw new Error(`Cannot find what "${action}" takes`);
  return alike.q;
}
