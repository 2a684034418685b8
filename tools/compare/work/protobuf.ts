import { decodeProtobuf } from '@typernetes/api/protobuf';
import type { Case } from '../case.ts';
import { Chance } from '../chance.ts';
import type { Comparison } from '../comparison.ts';
import { collectionPath } from '../facts.ts';
import { objectForm } from '../normal-form.ts';
import { olderVersion } from '../older-versions.ts';
import { sides } from '../pair.ts';
import { makeObjects, removeObjects, sendStatus } from './places.ts';

const type = 'application/vnd.kubernetes.protobuf';

/**
 * Reads the same objects as protobuf from both, decodes them with one decoder, compares them with their JSON field by
 * field, and sends them back unchanged.
 */
export async function protobuf(compare: Comparison, { seed, index }: Case): Promise<void> {
  const chance = new Chance(seed);
  // We have no messages of older versions.
  const resources = compare.facts.resources.filter(
    ({ verbs, plural, apiVersion, group }) =>
      verbs.includes('update') &&
      olderVersion(plural, apiVersion) === undefined &&
      group !== 'apiextensions.k8s.io' &&
      group !== 'apiregistration.k8s.io',
  );
  const resource = resources[index % resources.length] ?? chance.pick(resources);
  const made = await makeObjects(compare, resource, { chance, prefix: `b${index}`, count: 2, share: 0.7 });
  for (const { path } of made) {
    await sendStatus(compare, resource, { chance, path });
    const question = { method: 'GET', path, headers: { accept: type } };
    const answers = await compare.quietly(question);
    const [ours, theirs] = sides.map((side) => objectForm(decodeProtobuf(answers[side].bytes), compare.facts));
    compare.differ(question, '', { ours, theirs });
    const json = await compare.quietly({ method: 'GET', path });
    compare.differ(question, '/against JSON', { ours, theirs: objectForm(JSON.parse(json.ours.text), compare.facts) });
    // We read what the peer has written, and the other way round.
    const bytes = answers[chance.pick(sides)].bytes;
    const copy = `${collectionPath(resource)}?dryRun=All`;
    await compare.ask({ method: 'POST', path: copy, headers: { 'content-type': type }, body: bytes });
  }
  const list = {
    method: 'GET',
    path: `${collectionPath(resource)}?fieldSelector=metadata.name=${made[0]?.path.split('/').at(-1) ?? 'none'}`,
    headers: { accept: type },
  };
  const listed = await compare.quietly(list);
  const [ours, theirs] = sides.map((side) => objectForm(decodeProtobuf(listed[side].bytes), compare.facts));
  compare.differ(list, '', { ours, theirs });
  await removeObjects(compare, made);
}
