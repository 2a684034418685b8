import type { Case } from '../case.ts';
import { Chance } from '../chance.ts';
import type { Comparison } from '../comparison.ts';
import { collectionPath } from '../facts.ts';
import { type Answers, type Side, sides } from '../pair.ts';
import { makeObjects, removeObjects, sendStatus } from './places.ts';
import { printed } from './tables.ts';

const labelSelectors = [
  'a',
  '!a',
  'a=',
  'a==web',
  'a!=web',
  'a in (web,1)',
  'a notin (web)',
  'app,tier',
  ' a , ! b-1 ',
  'a in (,web)',
  'a in ()',
  'a in (',
  'example.com/a=1',
  '-a',
  'a=-',
  'a>1',
  'a<2',
  'a>x',
  'a,,b',
  'a=b,a!=b',
  'A B',
  'in in (in)',
  'exists',
  'a=x.y_z-0',
  `${'k'.repeat(64)}=1`,
  '/a',
  'a/b/c=1',
  'a=b c',
  '(a)',
  'notin',
  'a in (b',
  '==',
];
const fieldSelectors = [
  'metadata.name=NAME',
  'metadata.name!=NAME',
  'metadata.name==NAME',
  'metadata.namespace=default',
  'metadata.namespace!=default',
  'metadata.name',
  'metadata.name=',
  '=a',
  'spec.nodeName=',
  'spec.nodeName=node-1',
  'status.phase=Pending',
  'status.phase!=Running',
  'type=Opaque',
  'type!=Opaque',
  'spec.restartPolicy=Always',
  'spec.schedulerName!=x',
  'spec.serviceAccountName=default',
  'status.podIP=',
  'status.podIPs=',
  'status.nominatedNodeName=',
  'spec.unschedulable=false',
  'involvedObject.kind=Pod',
  'reason=Testing',
  'source=x',
  'reportingComponent=',
  'status.successful=0',
  'status.replicas=0',
  'spec.signerName=example.com/x',
  'metadata.labels.a=1',
  'metadata.name=a\\,b',
  'metadata.name=a\\',
  ',',
  'metadata.name=NAME,metadata.name=x',
  'a=b',
];
const revisions = ['', '0', '1', 'LIST', 'LATER', 'x', '-1', '00', '1.5', '18446744073709551615', '99999999'];
const matches = ['', 'Exact', 'NotOlderThan', 'exact', 'Any', 'Unset'];

/** Lists and watches: selectors, pages, revisions, and invalid parameters. */
export async function lists(compare: Comparison, { seed, index }: Case): Promise<void> {
  const chance = new Chance(seed);
  const resource = chance.pick(
    compare.facts.resources.filter(({ verbs, plural }) => verbs.includes('watch') && plural !== 'apiservices'),
  );
  const made = await makeObjects(compare, resource, { chance, prefix: `l${index}`, count: 4, share: 0.3 });
  const name = made[0]?.path.split('/').at(-1) ?? 'none';
  const collection = chance.of(0.8) ? collectionPath(resource) : collectionPath({ ...resource, namespaced: false });
  const whole = await compare.quietly({ method: 'GET', path: collection });
  const view = (form: unknown): unknown => ownIn(printed(form), `l${index}-`);
  const first = await compare.ask({ method: 'GET', path: `${collection}?limit=2` }, view);
  if (made[0] && chance.of(0.5)) await sendStatus(compare, resource, { chance, path: made[0].path });
  for (let i = 0; i < 12; i++) {
    const parts: ((side: Side) => string)[] = [];
    const say = (text: string): void => void parts.push(() => text);
    if (chance.of(0.4)) say(`labelSelector=${encodeURIComponent(chance.pick(labelSelectors))}`);
    if (chance.of(0.4))
      say(`fieldSelector=${encodeURIComponent(chance.pick(fieldSelectors).replaceAll('NAME', name))}`);
    if (chance.of(0.3)) say(`limit=${chance.pick(['1', '2', '3', '0', '-1', '100', 'x', ''])}`);
    if (chance.of(0.3)) {
      const revision = chance.pick(revisions);
      parts.push(
        (side) =>
          `resourceVersion=${revision === 'LIST' ? revisionOf(whole, side) : revision === 'LATER' ? later(whole, side) : revision}`,
      );
      if (revision === 'LATER' || revision === '99999999' || revision.length > 9) say('timeoutSeconds=1');
    }
    if (chance.of(0.15)) say(`resourceVersionMatch=${chance.pick(matches)}`);
    if (chance.of(0.2)) {
      const isSound = chance.of(0.9);
      parts.push(
        (side) => `continue=${isSound ? encodeURIComponent(tokenOf(first, side)) : 'eyJ2IjoibWV0YS5rOHMuaW8vdjEifQ'}`,
      );
    }
    if (chance.of(0.1)) say(`timeoutSeconds=${chance.pick(['0', '1', '-1'])}`);
    const watch = chance.of(0.3);
    if (watch)
      say(`${chance.pick(['watch=1', 'watch=true', 'watch', 'watch=0', 'watch=false', 'watch=x', 'watch=True'])}`);
    if (watch && chance.of(0.3)) say('allowWatchBookmarks=true');
    const asked = sides.map((side) => parts.map((part) => part(side)).join('&'));
    const path = (side: Side): string => `${collection}?${asked[sides.indexOf(side)]}`;
    await compare.ask((side) => ({ method: 'GET', path: path(side), cutAfterMs: watch ? 100 : 5000 }), view);
  }
  await removeObjects(compare, made);
}

interface Shown {
  readonly items?: readonly { readonly name: string }[];
  readonly type?: string;
  readonly object?: { readonly name?: string };
}

/**
 * The case's own objects, from a list or from the events of a watch. Sorted by name, because the peer's cache has no
 * order; initial events of a watch come first.
 */
function ownIn(form: unknown, prefix: string): unknown {
  const isOwn = (name: string | undefined): boolean => name === undefined || name.startsWith(prefix);
  const byName = (a: { name?: string } | undefined, b: { name?: string } | undefined): number =>
    String(a?.name) < String(b?.name) ? -1 : 1;
  if (Array.isArray(form)) {
    const own = (form as Shown[]).filter(({ object }) => isOwn(object?.name));
    const later = own.findIndex(({ type }) => type !== 'ADDED');
    const at = later < 0 ? own.length : later;
    return [...own.slice(0, at).sort((a, b) => byName(a.object, b.object)), ...own.slice(at)];
  }
  const shown = form as Shown | null;
  if (shown?.type !== undefined && shown.object) return ownIn([shown], prefix);
  if (!shown?.items) return form;
  return { ...shown, items: shown.items.filter(({ name }) => isOwn(name)).sort(byName) };
}

const metadataOf = (answers: Answers, side: Side): { resourceVersion?: string; continue?: string } => {
  try {
    return JSON.parse(answers[side].text).metadata ?? {};
  } catch {
    return {};
  }
};
const revisionOf = (answers: Answers, side: Side): string => metadataOf(answers, side).resourceVersion ?? '0';
const later = (answers: Answers, side: Side): string => String(Number(revisionOf(answers, side)) + 100_000);
const tokenOf = (answers: Answers, side: Side): string => metadataOf(answers, side).continue ?? '';
