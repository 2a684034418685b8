import type { Case } from '../case.ts';
import { Chance } from '../chance.ts';
import type { Comparison } from '../comparison.ts';
import { collectionPath } from '../facts.ts';
import { makeObjects, removeObjects } from './places.ts';

const merge = { 'content-type': 'application/merge-patch+json' };

/** Objects deleted one by one and by selectors, as dry runs and for real, with all options; compares what is left. */
export async function deletions(compare: Comparison, { seed, index }: Case): Promise<void> {
  const chance = new Chance(seed);
  const prefix = `d${index}`;
  const resource = chance.pick(
    compare.facts.resources.filter(({ verbs }) => verbs.includes('deletecollection') && verbs.includes('update')),
  );
  const collection = collectionPath(resource);
  const made = await makeObjects(compare, resource, { chance, prefix, count: 4, share: 0.2 });
  for (const { path } of made) {
    const metadata = {
      labels: { d: prefix, w: chance.pick(['1', '2']) },
      ...(chance.of(0.3)
        ? { finalizers: chance.some(['example.com/a', 'foregroundDeletion', 'orphan', 'example.com/b'], 1, 2) }
        : {}),
    };
    await compare.quietly({ method: 'PATCH', path, headers: merge, body: JSON.stringify({ metadata }) });
  }
  const own = `labelSelector=d%3D${prefix}`;
  for (let i = 0; i < 6; i++) {
    const query = [
      chance.of(0.3) ? 'dryRun=All' : '',
      chance.of(0.2) ? `gracePeriodSeconds=${chance.pick(['0', '1', '30'])}` : '',
      chance.of(0.3) ? `propagationPolicy=${chance.pick(['Foreground', 'Background', 'Orphan'])}` : '',
      chance.of(0.1) ? `orphanDependents=${chance.pick(['true', 'false'])}` : '',
    ].filter((part) => part !== '');
    const body = chance.of(0.3)
      ? {
          kind: 'DeleteOptions',
          apiVersion: 'v1',
          ...chance.pick<object>([
            {},
            { gracePeriodSeconds: 0 },
            { propagationPolicy: 'Foreground' },
            { orphanDependents: true },
            { dryRun: ['All'] },
            { preconditions: { uid: 'other' } },
            { preconditions: { resourceVersion: '1' } },
          ]),
        }
      : undefined;
    const some = chance.pick(['', ',w%3D1', ',w%3D2', ',w+in+(1,3)']);
    const which = `${own}${some}${chance.of(0.2) ? `&fieldSelector=metadata.name%3D${prefix}-1` : ''}`;
    const one = chance.pick(made.length > 0 ? made : [undefined]);
    if (!one) break;
    const path = chance.of(0.5)
      ? `${collection}?${[which, ...query].join('&')}`
      : `${one.path}${query.length > 0 ? `?${query.join('&')}` : ''}`;
    await compare.ask({ method: 'DELETE', path, ...(body ? { body } : {}) });
    await compare.ask({ method: 'GET', path: `${collection}?${own}` });
  }
  await removeObjects(compare, made);
}
