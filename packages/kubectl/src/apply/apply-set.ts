import { createHash } from 'node:crypto';
import { messageOf, version } from '@typernetes/base';
import { type ApiObject, apiVersionOf, isConflict, isNotFound } from '@typernetes/machinery';
import { PlainError } from '../io.ts';
import { logged } from '../logged-warning.ts';
import { type ManifestObject, refOf } from '../manifests/read.ts';
import type { AnyResource } from '../resources/any-resource.ts';
import { isUnknownResource } from '../resources/finder.ts';
import { groupKind } from '../resources/group-kind.ts';
import type { Session } from '../session.ts';
import type { Applying } from './applying.ts';

/** Keys of the ApplySet specification, which every tool that prunes by it reads. */
const key = {
  id: 'applyset.kubernetes.io/id',
  partOf: 'applyset.kubernetes.io/part-of',
  parentType: 'applyset.kubernetes.io/is-parent-type',
  tooling: 'applyset.kubernetes.io/tooling',
  kinds: 'applyset.kubernetes.io/contains-group-kinds',
  oldResources: 'applyset.kubernetes.io/contains-group-resources',
  namespaces: 'applyset.kubernetes.io/additional-namespaces',
} as const;

const tool = 'kubectl';
const fieldManager = `${tool}-applyset`;

/** The parent object of an ApplySet: records the kinds and namespaces of its members, which have its ID as a label. */
export interface ApplySetParent {
  readonly type: AnyResource;
  readonly name: string;
  /** From the flag only; the context's namespace is not used. */
  readonly namespace: string | undefined;
  readonly id: string;
}

/** Kinds as `ConfigMap`, `Deployment.apps`. */
interface Scope {
  readonly kinds: ReadonlyMap<string, AnyResource>;
  readonly namespaces: ReadonlySet<string>;
}

const isBuiltIn = ({ group, version: v, plural }: AnyResource): boolean =>
  group === '' && v === 'v1' && (plural === 'secrets' || plural === 'configmaps');

/** As upstream prints it: with the dot even if the group is empty. */
const shown = ({ type, name }: ApplySetParent): string => JSON.stringify(`${type.plural}.${type.group}/${name}`);

/** `NAME` of a Secret, or `RESOURCE[.GROUP]/NAME`. */
export async function applySetParent(ref: string, session: Session): Promise<ApplySetParent> {
  const slash = ref.indexOf('/');
  const name = ref.slice(slash + 1);
  try {
    if (name === '') throw new Error('name cannot be blank');
    const resource = slash < 0 ? 'secrets' : ref.slice(0, slash);
    const type = await session.resources.byName(resource).catch(() => {
      const [plural = '', ...group] = resource.split('.');
      throw new Error(`no matches for ${group.join('.')}/, Resource=${plural}`);
    });
    const namespace = type.namespaced && session.namespaceGiven ? session.namespace : undefined;
    const hash = createHash('sha256').update([name, namespace ?? '', type.kind, type.group].join('.'));
    return { type, name, namespace, id: `applyset-${hash.digest('base64url')}-v1` };
  } catch (error) {
    throw new Error(`invalid parent reference ${JSON.stringify(ref)}: ${messageOf(error)}`);
  }
}

/** Throws unless the object may be a parent: Secrets and ConfigMaps, and custom resources whose definition says so. */
export async function checkParent(parent: ApplySetParent, session: Session): Promise<void> {
  const { type, namespace } = parent;
  const problems: string[] = [];
  if (type.namespaced && !namespace) problems.push('namespace is required to use namespace-scoped ApplySet');
  if (!isBuiltIn(type)) {
    const definitions = await session.resources.byName('customresourcedefinitions.apiextensions.k8s.io');
    const { items } = await session.client.resource(definitions).list({ labelSelector: key.parentType });
    if (!items.some(({ metadata }) => metadata.name === `${type.plural}.${type.group}`)) {
      const resource = `${apiVersionOf(type)}, Resource=${type.plural}`;
      problems.push(
        `resource ${JSON.stringify(type.group === '' ? `/${resource}` : resource)} is not permitted as an ApplySet parent`,
      );
    }
  }
  if (problems.length > 1) throw new PlainError(problems.map((problem) => `${problem}\n`).join(''));
  if (problems[0] !== undefined) throw new Error(problems[0]);
}

/** The objects with the membership label. */
export function asMembers(objects: readonly ManifestObject[], { id }: ApplySetParent): ManifestObject[] {
  return objects.map((manifest) => {
    const { object } = manifest;
    const { labels } = object.metadata;
    if (labels && Object.hasOwn(labels, key.partOf))
      throw new Error(`ApplySet label ${JSON.stringify(key.partOf)} already set in input data`);
    return {
      ...manifest,
      object: { ...object, metadata: { ...object.metadata, labels: { ...labels, [key.partOf]: id } } },
    };
  });
}

/** The set's content as its parent records it, and its content after this apply. */
export interface ApplySetScopes {
  readonly before: Scope;
  readonly after: Scope;
}

/**
 * Reads the parent and, before anything is applied, extends it to cover both its old and its new members: if the command is interrupted, nothing is
 * forgotten.
 */
export async function beforeApply(
  parent: ApplySetParent,
  objects: readonly ManifestObject[],
  applying: Applying,
): Promise<ApplySetScopes> {
  const before = await scopeOf(parent, applying);
  const after = {
    kinds: new Map(objects.map(({ type }) => [groupKind(type), type])),
    namespaces: new Set(objects.flatMap(({ namespace }) => namespace ?? [])),
  };
  const both = {
    kinds: new Map([...before.kinds, ...after.kinds]),
    namespaces: new Set([...before.namespaces, ...after.namespaces]),
  };
  await writeParent(parent, both, applying);
  return { before, after };
}

/** The members that were not applied this time, kind by kind. */
export async function* membersToPrune(
  parent: ApplySetParent,
  { before, kept }: { before: Scope; kept: ReadonlySet<string> },
  { session, signal }: Pick<Applying, 'session' | 'signal'>,
): AsyncGenerator<{ type: AnyResource; object: ApiObject }> {
  const labelSelector = `${key.partOf}=${parent.id}`;
  for (const type of before.kinds.values()) {
    for (const namespace of type.namespaced ? before.namespaces : [undefined]) {
      const client = session.client.resource(type);
      const { items } = await client.list({ labelSelector, signal, ...(namespace ? { namespace } : {}) });
      for (const object of items) if (!kept.has(object.metadata.uid ?? '')) yield { type, object };
    }
  }
}

/** Deletes the members that were not applied, then reduces the parent to those that were. */
export async function pruneApplySet(
  parent: ApplySetParent,
  set: ApplySetScopes & {
    kept: ReadonlySet<string>;
    show: (type: AnyResource, object: ApiObject, verb: string) => void;
  },
  applying: Applying,
): Promise<void> {
  const { options, session, signal } = applying;
  const { propagationPolicy, graceSeconds } = options;
  // All members are listed before the first is deleted.
  const members = [];
  for await (const member of membersToPrune(parent, set, applying)) members.push(member);
  for (const { type, object } of members) {
    const { name, namespace } = object.metadata;
    if (options.dryRun !== 'client') {
      await session.client
        .resource(type)
        .delete(refOf({ name, namespace }), {
          propagationPolicy,
          ...(graceSeconds >= 0 ? { gracePeriodSeconds: graceSeconds } : {}),
          ...(options.dryRun === 'server' ? { dryRun: ['All'] } : {}),
          signal,
        })
        .catch((error: unknown) => {
          const where = namespace === undefined ? name : `${namespace}/${name}`;
          throw new Error(`pruning ${groupKind(type)} ${where}: ${messageOf(error)}`);
        });
    }
    set.show(type, object, 'pruned');
  }
  try {
    await writeParent(parent, set.after, applying);
  } catch (error) {
    throw new Error(`apply and prune succeeded, but ApplySet update failed: ${messageOf(error)}`);
  }
}

async function scopeOf(parent: ApplySetParent, { session, signal }: Applying): Promise<Scope> {
  const { type, id } = parent;
  let object: ApiObject;
  try {
    object = await session.client.resource(type).get(refOf(parent), { signal });
  } catch (error) {
    if (!isNotFound(error))
      throw new Error(`failed to fetch ApplySet parent object ${shown(parent)}: ${messageOf(error)}`);
    if (!isBuiltIn(type)) throw new Error('custom resource ApplySet parents cannot be created automatically');
    return { kinds: new Map(), namespaces: new Set() };
  }
  const { labels = {}, annotations = {} } = object.metadata;
  const tooling = annotations[key.tooling];
  const exists = `ApplySet parent object ${shown(parent)}`;
  if (tooling === undefined)
    throw new Error(`${exists} already exists and is missing required annotation ${JSON.stringify(key.tooling)}`);
  const by = tooling.replace(/\/[^/]*$/, '');
  if (by !== tool)
    throw new Error(
      `${exists} already exists and is managed by tooling ${JSON.stringify(by)} instead of ${JSON.stringify(tool)}`,
    );
  const label = labels[key.id];
  if (label === undefined) throw new Error(`${exists} exists and does not have required label ${key.id}`);
  if (label !== id)
    throw new Error(
      `${exists} exists and has incorrect value for label ${JSON.stringify(key.id)} (got: ${label}, want: ${id})`,
    );
  try {
    const namespaces = (annotations[key.namespaces] ?? '').split(',').filter((name) => name !== '');
    const own = parent.namespace === undefined ? [] : [parent.namespace];
    return { kinds: await kindsOf(annotations, session), namespaces: new Set([...namespaces, ...own]) };
  } catch (error) {
    throw new Error(`parsing ApplySet annotation on ${shown(parent)}: ${messageOf(error)}`);
  }
}

async function kindsOf(
  annotations: Readonly<Record<string, string>>,
  { resources }: Session,
): Promise<Map<string, AnyResource>> {
  const found = new Map<string, AnyResource>();
  const annotation = annotations[key.kinds];
  if (annotation === undefined && !annotations[key.oldResources])
    throw new Error(
      `kubectl requires the ${JSON.stringify(key.kinds)} annotation to be set on all ApplySet parent objects`,
    );
  const names = (annotation ?? annotations[key.oldResources] ?? '').split(',').filter((name) => name !== '');
  for (const name of names) {
    const type = await resources.byName(name).catch((error: unknown) => {
      if (isUnknownResource(error)) return undefined;
      throw error;
    });
    if (annotation === undefined) {
      const [plural = '', ...group] = name.split('.');
      if (!type)
        throw new Error(
          `invalid group resource in ${JSON.stringify(key.oldResources)} annotation: no matches for ${group.join('.')}/, Resource=${plural}`,
        );
      found.set(groupKind(type), type);
      continue;
    }
    const [kind = '', ...group] = name.split('.');
    if (!type || type.kind !== kind)
      throw new Error(
        `could not find mapping for kind in ${JSON.stringify(key.kinds)} annotation: no matches for kind ${JSON.stringify(kind)} in group ${JSON.stringify(group.join('.'))}`,
      );
    found.set(name, type);
  }
  return found;
}

/** Server-side apply removes fields that are not given, so an old annotation is removed too. */
async function writeParent(
  parent: ApplySetParent,
  scope: Scope,
  { options, session, signal }: Applying,
): Promise<void> {
  if (options.dryRun === 'client') return;
  const { type, name, namespace, id } = parent;
  const others = [...scope.namespaces].filter((other) => other !== namespace).sort();
  const object = {
    apiVersion: apiVersionOf(type),
    kind: type.kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      annotations: {
        [key.tooling]: `${tool}/${version}`,
        [key.kinds]: [...scope.kinds.keys()].sort().join(','),
        [key.namespaces]: others.join(','),
      },
      labels: { [key.id]: id },
    },
  };
  const apply = (force: boolean): Promise<ApiObject> =>
    session.client.resource(type).patch(refOf(parent), object as unknown as ApiObject, {
      type: 'apply',
      force,
      fieldManager,
      fieldValidation: options.fieldValidation,
      dryRun: options.dryRun === 'server',
      signal,
    });
  try {
    await apply(false).catch((error: unknown) => {
      if (!isConflict(error)) throw error;
      const warning = `WARNING: failed to update ApplySet: ${messageOf(error)}\nApplySet field manager ${fieldManager} should own these fields. Retrying with conflicts forced.`;
      session.io.err(logged(warning, { session, place: 'applyset.go:445' }));
      return apply(true);
    });
  } catch (error) {
    throw new Error(`failed to update ApplySet: ${messageOf(error)}`);
  }
}
