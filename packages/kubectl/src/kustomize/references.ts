import { isJsonObject, type JsonObject } from '@typernetes/machinery';
import type { NameReference } from './field-spec.ts';
import { atField, FieldError, fits, type Slot } from './field-spec.ts';
import {
  groupOf,
  idOf,
  idText,
  isClusterWide,
  originalId,
  type Resource,
  sameNamespace,
  versionOf,
} from './resource.ts';

/** Updates references to renamed objects. Throws upstream's error if a reference is ambiguous. */
export function followNames(resources: readonly Resource[], references: readonly NameReference[]): void {
  for (const referrer of resources) {
    let within: Resource[] | undefined;
    const id = originalId(referrer);
    for (const target of references)
      for (const spec of target.fieldSpecs) {
        if (!fits(spec, id)) continue;
        within ??= reachable(referrer, resources);
        const following = { referrer, target, path: spec.path, candidates: within };
        try {
          // Upstream uses the current kind of the referrer.
          const { object } = referrer;
          const kind = { group: groupOf(object), version: versionOf(object), kind: object.kind };
          atField(referrer, { ...spec, ...kind }, { change: (slot) => followIn(slot, following) });
        } catch (error) {
          const where = `updating name reference in '${spec.path}' field of '${idText(referrer.object)}'`;
          throw new Error(where, { cause: error });
        }
      }
  }
}

interface Following {
  readonly referrer: Resource;
  readonly target: NameReference;
  readonly path: string;
  readonly candidates: readonly Resource[];
}

/** The possible targets of a resource's references: objects in its namespace, cluster-scoped ones, and subjects with an explicit namespace. */
function reachable(referrer: Resource, resources: readonly Resource[]): Resource[] {
  if (isClusterWide(referrer)) return [...resources];
  const { namespace } = idOf(referrer);
  const { kind, subjects } = referrer.object;
  const others = new Set(
    kind === 'RoleBinding' && Array.isArray(subjects)
      ? subjects
          .filter(isJsonObject)
          .filter((subject) => subject.kind === 'ServiceAccount' && subject.namespace)
          .map((subject) => String(subject.namespace))
      : [],
  );
  return resources.filter(
    (one) => isClusterWide(one) || sameNamespace(idOf(one).namespace, namespace) || others.has(idOf(one).namespace),
  );
}

function followIn(slot: Slot, following: Following): void {
  const value = slot.holder[slot.member];
  if (value === null || value === undefined) return;
  if (Array.isArray(value))
    for (const [i] of value.entries()) followOne({ holder: value as never, member: String(i) }, following);
  else followOne(slot, following);
}

function followOne({ holder, member }: Slot, following: Following): void {
  const value = holder[member];
  if (isJsonObject(value)) followMap(value, following);
  if (typeof value === 'object') return;
  const found = meant(String(value), following.candidates, { following, same: sameNames });
  if (found && idOf(found).name !== String(value)) holder[member] = idOf(found).name;
}

/** A map's `namespace` gives the namespace of the referenced object. */
function followMap(map: JsonObject, following: Following): void {
  if (!Object.hasOwn(map, 'name')) throw new FieldError("path config error; no 'name' field in node");
  const { candidates } = following;
  let within = candidates;
  if (Object.hasOwn(map, 'namespace')) {
    const namespace = String(map.namespace);
    const placed = (placeOf: (one: Resource) => string): Resource[] =>
      candidates.filter((one) => !isClusterWide(one) && (placeOf(one) || 'default') === namespace);
    within = placed((one) => originalId(one).namespace);
    if (within.length === 0) within = placed((one) => idOf(one).namespace);
  }
  const name = String(map.name);
  const found = meant(name, within, {
    following,
    same: (a, b) => sameNames(a, b) && idOf(a).namespace === idOf(b).namespace,
  });
  if (!found) return;
  const id = idOf(found);
  if (id.name === name && id.namespace === '') return;
  map.name = id.name;
  if (id.namespace !== '') map.namespace = id.namespace;
}

const sameNames = (a: Resource, b: Resource): boolean => idOf(a).name === idOf(b).name;

/** The one that a name means: of those that were called so, of the kind, where the referrer looks, with the affixes that it has itself. */
function meant(
  name: string,
  candidates: readonly Resource[],
  { following, same }: { following: Following; same: (a: Resource, b: Resource) => boolean },
): Resource | undefined {
  const { referrer, target, path } = following;
  const roleRef = path.endsWith('roleRef/name') ? referrer.object.roleRef : undefined;
  const { namespace } = idOf(referrer);
  let found = candidates.filter(
    (one) =>
      one.formerly.some((id) => id.name === name) &&
      wasOf(one, target) &&
      (!isJsonObject(roleRef) ||
        !roleRef.apiGroup ||
        !roleRef.kind ||
        wasOf(one, { group: String(roleRef.apiGroup), kind: String(roleRef.kind) })) &&
      (isClusterWide(referrer) ||
        isClusterWide(one) ||
        one.object.kind === 'ServiceAccount' ||
        sameNamespace(idOf(one).namespace, namespace)),
  );
  for (const orNone of [true, false]) {
    if (found.length <= 1) return found[0];
    found = found.filter((one) => sameAffixes(one, referrer, orNone));
  }
  const [first] = found;
  if (!first || found.every((one) => same(one, first))) return first;
  throw new FieldError(`found multiple possible referrals: ${found.map((one) => idText(one.object)).join(', ')}`);
}

const wasOf = ({ object, formerly }: Resource, pattern: { group?: string; version?: string; kind?: string }): boolean =>
  formerly.some(({ kind }) => fits(pattern, { group: groupOf(object), version: versionOf(object), kind }));

function sameAffixes(a: Resource, b: Resource, orNone: boolean): boolean {
  const same = (one: readonly string[], other: readonly string[]): boolean => {
    const either = one.length === 0 || other.length === 0;
    if (either) return orNone || one.length === other.length;
    const shorter = Math.min(one.length, other.length);
    return one.slice(-shorter).join('\n') === other.slice(-shorter).join('\n');
  };
  return same(a.prefixes, b.prefixes) && same(a.suffixes, b.suffixes);
}
