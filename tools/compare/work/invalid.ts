import type { Case } from '../case.ts';
import { Chance } from '../chance.ts';
import type { Comparison } from '../comparison.ts';
import { collectionPath } from '../facts.ts';
import { type Json, Samples } from '../samples.ts';
import { oddQuantities, oddTexts } from '../texts.ts';
import { makeObjects, removeObjects } from './places.ts';

const oddValues: readonly unknown[] = [
  ...oddTexts,
  ...oddQuantities,
  null,
  true,
  false,
  0,
  1,
  -1,
  65536,
  1.5,
  2 ** 31,
  2 ** 63,
  [],
  {},
  [null],
  { a: null },
  [''],
  { '': '' },
];

/** Objects that both accept, made invalid in one place at any depth; as creates and as updates. */
export async function invalid(compare: Comparison, { seed, index }: Case): Promise<void> {
  const chance = new Chance(seed);
  const resource = chance.pick(compare.facts.resources.filter(({ verbs }) => verbs.includes('update')));
  const [made] = await makeObjects(compare, resource, { chance, prefix: `i${index}`, count: 1, share: 0.6 });
  if (!made) return;
  const samples = new Samples(compare.facts, chance, { odd: 0.3, share: 0.6 });
  const read = await compare.quietly({ method: 'GET', path: made.path });
  if (read.ours.status !== 200 || read.theirs.status !== 200) return;
  for (let i = 0; i < 10; i++) {
    const places = placesOf(made.object);
    const place = chance.pick(places);
    const value = chance.of(0.7) ? chance.pick(oddValues) : samples.grown({}, resource.type).spec;
    const odd = replaced(made.object, place, chance.of(0.1) ? undefined : value);
    const metadata = { ...(odd.metadata as Json | undefined) };
    if (chance.of(0.5)) {
      const named =
        typeof metadata.name === 'string' && place[0] !== 'metadata'
          ? { ...odd, metadata: { ...metadata, name: `${metadata.name}-x` } }
          : odd;
      const { ours, theirs } = await compare.ask({
        method: 'POST',
        path: `${collectionPath(resource)}?dryRun=All`,
        body: named,
      });
      if (ours.status < 300 || theirs.status < 300) continue;
    } else await compare.ask({ method: 'PUT', path: `${made.path}?dryRun=All`, body: odd });
  }
  await removeObjects(compare, [made]);
}

type Place = readonly (string | number)[];

function placesOf(value: unknown, at: Place = []): Place[] {
  if (typeof value !== 'object' || value === null) return [at];
  const inner = Array.isArray(value)
    ? value.map((item, i) => placesOf(item, [...at, i]))
    : Object.entries(value).map(([key, item]) => placesOf(item, [...at, key]));
  return at.length === 0 || at.join() === 'metadata' ? inner.flat() : [at, ...inner.flat()];
}

function replaced(object: Json, place: Place, value: unknown): Json {
  const copy = structuredClone(object);
  const inner = place.slice(0, -1).reduce<unknown>((at, step) => (at as Json)[step as string], copy) as Json;
  const last = place.at(-1) as string;
  if (value === undefined) delete inner[last];
  else inner[last] = structuredClone(value);
  return copy;
}
