import type { Case } from '../case.ts';
import { Chance } from '../chance.ts';
import type { Comparison } from '../comparison.ts';
import { collectionPath } from '../facts.ts';
import { type Json, Samples } from '../samples.ts';
import { type Ask, sendUntilTaken } from './valid-object.ts';

const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};

/** An object of any kind, changed by several managers in all ways, and deleted. */
export async function writes(compare: Comparison, { seed, index }: Case): Promise<void> {
  const chance = new Chance(seed);
  const samples = new Samples(compare.facts, chance);
  const resources = compare.facts.resources.filter(({ verbs }) => verbs.includes('update'));
  const ask: Ask = (question) => compare.ask(question);
  const resource = chance.pick(resources);
  const collection = collectionPath(resource);
  const object = await samples.object(resource, `w${index}`);
  const { name } = object.metadata as { name: string };
  const path = `${collection}/${name}`;
  const managers = ['alice', 'bob', 'carol'];
  const query = (force = false): string =>
    `fieldManager=${chance.pick(managers)}${force ? '&force=true' : ''}${chance.of(0.1) ? '&dryRun=All' : ''}`;
  const created = await sendUntilTaken(ask, object, (body) => ({
    method: 'POST',
    path: `${collection}?fieldManager=alice`,
    body,
  }));
  if (!created) return;
  let current = created.object;
  const steps = 2 + chance.below(6);
  for (let step = 0; step < steps; step++) {
    const other = await samples.object(resource, name);
    const changed = mixed(current, other, chance);
    const way = chance.pick(['update', 'json', 'merge', 'strategic', 'apply', 'apply', 'get'] as const);
    if (way === 'get') await compare.ask({ method: 'GET', path });
    else if (way === 'update') {
      const sent = await sendUntilTaken(ask, changed, (body) => ({ method: 'PUT', path: `${path}?${query()}`, body }));
      if (sent) current = sent.object;
    } else {
      const patch =
        way === 'json'
          ? operations(current, changed, chance)
          : way === 'apply'
            ? applied(changed)
            : part(changed, chance);
      const taken = await compare.ask({
        method: 'PATCH',
        path: `${path}?${query(way === 'apply' && chance.of(0.7))}`,
        headers: { 'content-type': patchTypes[way] },
        body: JSON.stringify(patch),
      });
      if (taken.ours.status !== taken.theirs.status) break;
    }
  }
  await compare.ask({ method: 'DELETE', path: `${path}?gracePeriodSeconds=0` });
  await compare.quietly({
    method: 'PATCH',
    path,
    headers: { 'content-type': patchTypes.merge },
    body: '{"metadata":{"finalizers":null}}',
  });
}

/** Some members of one, the others of the other. */
function mixed(one: Json, other: Json, chance: Chance): Json {
  const result: Json = { ...one };
  for (const [key, value] of Object.entries(other)) {
    if (key === 'metadata' || key === 'apiVersion' || key === 'kind') continue;
    const own = one[key];
    if (isObject(own) && isObject(value)) result[key] = mixed(own, value, chance);
    else if (chance.of(0.3)) result[key] = value;
  }
  if (isObject(other.metadata) && isObject(one.metadata) && chance.of(0.3))
    result.metadata = {
      ...one.metadata,
      labels: (other.metadata as Json).labels,
      annotations: (other.metadata as Json).annotations,
    };
  return JSON.parse(JSON.stringify(result)) as Json;
}

/** An apply configuration: the object without some of its parts. */
const applied = (object: Json): Json => {
  const { status: _status, ...rest } = object;
  return rest;
};

/** A merge patch: some members, some of them null. */
function part(object: Json, chance: Chance): Json {
  const entries = Object.entries(object).filter(
    ([key]) => key !== 'apiVersion' && key !== 'kind' && key !== 'name' && key !== 'namespace',
  );
  return Object.fromEntries(
    entries
      .filter(() => chance.of(0.6))
      .map(([key, value]) => [key, chance.of(0.05) ? null : isObject(value) ? part(value, chance) : value]),
  );
}

function operations(from: Json, to: Json, chance: Chance): object[] {
  const found: object[] = [];
  const walk = (a: unknown, b: unknown, at: string): void => {
    if (JSON.stringify(a) === JSON.stringify(b)) return;
    if (isObject(a) && isObject(b)) {
      for (const key of new Set([...Object.keys(a), ...Object.keys(b)]))
        walk(a[key], b[key], `${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
    } else if (b === undefined) found.push({ op: 'remove', path: at });
    else found.push({ op: a === undefined || chance.of(0.5) ? 'add' : 'replace', path: at, value: b });
  };
  walk(from, to, '');
  if (chance.of(0.2)) found.push({ op: 'test', path: '/metadata/name', value: (from.metadata as Json).name });
  return found;
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
