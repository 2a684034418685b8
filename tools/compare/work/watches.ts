import type { Case } from '../case.ts';
import { Chance } from '../chance.ts';
import type { Comparison } from '../comparison.ts';
import { collectionPath } from '../facts.ts';
import type { Answers, Side } from '../pair.ts';
import { makeObjects, removeObjects } from './places.ts';

const watchedMs = 1200;
const merge = { 'content-type': 'application/merge-patch+json' };
const selectors = ['', 'labelSelector=w%3D1', 'labelSelector=w', 'labelSelector=!w', 'labelSelector=w+in+(1,2)'];
const forms = ['application/json', 'application/json;as=Table;v=v1;g=meta.k8s.io'];
const partial = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io';

/**
 * Watches of all sorts from one revision on, while objects are created, relabelled, marked and deleted: compares the
 * events of each, in order.
 */
export async function watches(compare: Comparison, { seed, index }: Case): Promise<void> {
  const chance = new Chance(seed);
  const prefix = `v${index}`;
  const resource = chance.pick(
    compare.facts.resources.filter(
      ({ verbs, plural }) => verbs.includes('watch') && verbs.includes('update') && plural !== 'apiservices',
    ),
  );
  const collection = collectionPath(resource);
  const listed = await compare.quietly({ method: 'GET', path: `${collection}?limit=1` });
  const asked = Array.from({ length: 5 }, () => {
    const field = `fieldSelector=metadata.name${chance.pick(['%3D', '!%3D'])}${prefix}-${chance.below(3)}`;
    const parts = [
      chance.pick(selectors),
      chance.of(0.3) ? field : '',
      chance.of(0.4) ? 'allowWatchBookmarks=true' : '',
    ].filter((part) => part !== '');
    return { query: parts.join('&'), accept: chance.pick([...forms, partial]) };
  });
  const running = asked.map(({ query, accept }) =>
    compare.quietly((side) => ({
      method: 'GET',
      path: `${collection}?watch=1&resourceVersion=${revisionOf(listed, side)}&${query}`,
      headers: { accept },
      cutAfterMs: watchedMs,
    })),
  );
  const made = await makeObjects(compare, resource, { chance, prefix, count: 3, share: 0.2 });
  for (let i = 0; i < 8; i++) {
    const one = chance.pick(made.length > 0 ? made : [undefined]);
    if (!one) break;
    const w = chance.pick(['1', '2', '3', null]);
    const metadata = {
      labels: { w },
      ...(chance.of(0.2) ? { finalizers: chance.pick([['example.com/a'], null]) } : {}),
    };
    if (chance.of(0.15)) await compare.quietly({ method: 'DELETE', path: one.path });
    else await compare.quietly({ method: 'PATCH', path: one.path, headers: merge, body: JSON.stringify({ metadata }) });
  }
  await removeObjects(compare, made);
  for (const [i, answers] of (await Promise.all(running)).entries()) {
    const { query, accept } = asked[i] as (typeof asked)[number];
    const question = { method: 'GET', path: `${collection}?watch=1&${query}`, headers: { accept } };
    compare.compare(question, await answers, (side) => told(answers[side].text, prefix));
  }
}

const revisionOf = (answers: Answers, side: Side): string =>
  (JSON.parse(answers[side].text) as { metadata: { resourceVersion: string } }).metadata.resourceVersion;

interface Seen {
  readonly metadata?: {
    readonly name: string;
    readonly labels?: { readonly w?: string };
    readonly deletionTimestamp?: string;
  };
  readonly rows?: readonly { readonly object: Seen }[];
  readonly kind?: string;
}

/** Events about the case's own objects: type, object, labels, and whether it is being deleted. */
function told(text: string, prefix: string): string[] {
  const events = text
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as { type: string; object: Seen });
  return events.flatMap(({ type, object }, i) => {
    const { metadata } = object.rows?.[0]?.object ?? object;
    if (type === 'BOOKMARK' || !metadata?.name?.startsWith(prefix)) return type === 'ERROR' ? [type] : [];
    const marked = metadata.deletionTimestamp === undefined ? '' : ' marked';
    // Lists of equal strings would be compared as sets: the position makes them different.
    return [`${i} ${type} ${object.kind} ${metadata.name} w=${metadata.labels?.w}${marked}`];
  });
}
