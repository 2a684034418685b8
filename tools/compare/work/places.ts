import type { Chance } from '../chance.ts';
import type { Comparison } from '../comparison.ts';
import { collectionPath, type SharedResource } from '../facts.ts';
import { type Json, Samples } from '../samples.ts';
import { sendUntilTaken } from './valid-object.ts';

export interface MadeObject {
  readonly path: string;
  readonly object: Json;
}

/** Creates some objects of a resource that both accept, under names that begin with `prefix`. */
export async function makeObjects(
  compare: Comparison,
  resource: SharedResource,
  { chance, prefix, count, share }: { chance: Chance; prefix: string; count: number; share?: number },
): Promise<MadeObject[]> {
  const samples = new Samples(compare.facts, chance, { odd: 0, ...(share === undefined ? {} : { share }) });
  const collection = collectionPath(resource);
  const made: MadeObject[] = [];
  for (let i = 0; i < count; i++) {
    const object = await samples.object(resource, `${prefix}-${i}`);
    const sent = await sendUntilTaken(
      (question) => compare.lightly(question),
      object,
      (body) => ({ method: 'POST', path: collection, body }),
    );
    const { name } = object.metadata as { name: string };
    const path = `${collection}/${name}`;
    if (sent) made.push({ path, object: sent.object });
    else await removeObjects(compare, [{ path, object }]);
  }
  return made;
}

/** Deletes what was created; removes finalizers. */
export async function removeObjects(compare: Comparison, made: readonly MadeObject[]): Promise<void> {
  for (const { path } of made) {
    await compare.quietly({ method: 'DELETE', path: `${path}?gracePeriodSeconds=0` });
    const headers = { 'content-type': 'application/merge-patch+json' };
    await compare.quietly({ method: 'PATCH', path, headers, body: '{"metadata":{"finalizers":null}}' });
  }
}

/** Writes a random status to an object that has one. */
export async function sendStatus(
  compare: Comparison,
  resource: SharedResource,
  { chance, path, odd = 0 }: { chance: Chance; path: string; odd?: number },
): Promise<void> {
  const field = compare.facts.fields(resource.type).status;
  if (!field || !resource.subresources.includes('status')) return;
  const status = new Samples(compare.facts, chance, { share: 0.9, odd }).value('status', field);
  await sendUntilTaken(
    (question) => compare.lightly(question),
    { status },
    // As a whole: of a status that only one has taken nothing is left when the next is sent.
    ({ status: value }) => ({
      method: 'PATCH',
      path: `${path}/status`,
      headers: { 'content-type': 'application/json-patch+json' },
      body: JSON.stringify([{ op: 'add', path: '/status', value: value ?? {} }]),
    }),
  );
}
