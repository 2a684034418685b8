import { setTimeout as sleep } from 'node:timers/promises';
import type { Case } from '../case.ts';
import { Chance } from '../chance.ts';
import type { Comparison } from '../comparison.ts';
import { type Answers, type Question, sides } from '../pair.ts';

const collection = '/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas';
const users = ['jane', 'system:anonymous', 'system:serviceaccount:default:a', 'system:serviceaccount:other:a'];
const groups = ['dev', 'system:authenticated', 'system:masters', 'system:serviceaccounts'];
const verbs = ['get', 'list', 'watch', 'create', 'delete', 'update', 'patch', '*'];
const resources = ['pods', 'configmaps', 'pods/status', 'deployments', 'deployments/scale', '*', 'nodes'];
const paths = ['/version', '/healthz', '/api/*', '/apis', '/apis/*', '*', '/version/'];
const asked = [
  'GET /api/v1/namespaces/default/pods',
  'GET /api/v1/pods',
  'GET /api/v1/nodes',
  'GET /api/v1/namespaces/other/configmaps/a',
  'GET /api/v1/namespaces/default/configmaps?watch=1&timeoutSeconds=0',
  'DELETE /api/v1/namespaces/default/configmaps/none',
  'GET /apis/apps/v1/namespaces/default/deployments/none/scale',
  'GET /api/v1/namespaces/default/pods/none/status',
  'GET /version',
  'GET /healthz',
  'GET /apis',
  'GET /apis/apps',
  'GET /api/v1',
  'HEAD /version',
];

/** Random flow schemas, and which of them requests of impersonated users belong to. */
export async function flows(compare: Comparison, { seed, index }: Case): Promise<void> {
  const chance = new Chance(seed);
  const names = Array.from({ length: 4 }, (_, i) => `w${index}-${i}`);
  for (const name of names) await compare.lightly({ method: 'POST', path: collection, body: schemaOf(name, chance) });
  for (const name of names) await untilKnown(compare, `${collection}/${name}`);
  const known = await namesByUid(compare);
  for (let i = 0; i < 25; i++) {
    const [method = '', path = ''] = chance.pick(asked).split(' ');
    const chosen = chance.some(groups.slice(0, 3), 0, 2);
    const headers = {
      'impersonate-user': chance.pick(users),
      ...(chosen.length > 0 ? { 'impersonate-group': chosen[0] as string } : {}),
    };
    const question: Question = { method, path, headers, ...(path.includes('watch') ? { cutAfterMs: 100 } : {}) };
    const answers = await compare.quietly(question);
    const [ours, theirs] = sides.map((side) => {
      const uid = answers[side].headers['x-kubernetes-pf-flowschema-uid'] ?? '';
      const name = known[side].get(uid) ?? uid;
      return names.includes(name) ? name : 'another';
    });
    compare.differ(question, '/flow', { ours, theirs });
  }
  for (const name of names) await compare.quietly({ method: 'DELETE', path: `${collection}/${name}` });
}

function schemaOf(name: string, chance: Chance): object {
  const subject = (): object => {
    const kind = chance.pick(['User', 'Group', 'ServiceAccount']);
    if (kind === 'User') return { kind, user: { name: chance.pick([...users, '*']) } };
    if (kind === 'Group') return { kind, group: { name: chance.pick([...groups, '*']) } };
    const namespace = chance.pick(['default', 'other']);
    return { kind, serviceAccount: { namespace, name: chance.pick(['a', 'b', '*']) } };
  };
  const scope = (): object =>
    chance.of(0.5)
      ? { namespaces: chance.some(['default', 'other', '*'], 1, 1), ...(chance.of(0.3) ? { clusterScope: true } : {}) }
      : { clusterScope: true, ...(chance.of(0.5) ? { namespaces: ['*'] } : {}) };
  const several = (from: readonly string[]): string[] => {
    const some = chance.some(from, 1, 3);
    return some.includes('*') ? ['*'] : some;
  };
  const rule = (): object => ({
    subjects: Array.from({ length: 1 + chance.below(2) }, subject),
    ...(chance.of(0.7)
      ? {
          resourceRules: [
            { verbs: several(verbs), apiGroups: several(['', 'apps', '*']), resources: several(resources), ...scope() },
          ],
        }
      : { nonResourceRules: [{ verbs: several(verbs), nonResourceURLs: several(paths) }] }),
  });
  return {
    apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
    kind: 'FlowSchema',
    metadata: { name },
    spec: {
      matchingPrecedence: 10 + chance.below(5),
      priorityLevelConfiguration: { name: chance.pick(['global-default', 'workload-low', 'system']) },
      ...(chance.of(0.5) ? { distinguisherMethod: { type: chance.pick(['ByUser', 'ByNamespace']) } } : {}),
      rules: Array.from({ length: 1 + chance.below(2) }, rule),
    },
  };
}

/** Until both servers sort by a schema, or have refused it. */
async function untilKnown(compare: Comparison, path: string): Promise<void> {
  for (let i = 0; i < 100; i++) {
    const answers = await compare.quietly({ method: 'GET', path });
    if (sides.every((side) => answers[side].status === 404 || answers[side].text.includes('"Dangling"'))) return;
    await sleep(20);
  }
}

async function namesByUid(compare: Comparison): Promise<Record<(typeof sides)[number], Map<string, string>>> {
  const answers: Answers = await compare.quietly({ method: 'GET', path: collection });
  const mapOf = (text: string): Map<string, string> =>
    new Map(
      JSON.parse(text).items.map(({ metadata }: { metadata: { uid: string; name: string } }) => [
        metadata.uid,
        metadata.name,
      ]),
    );
  return { ours: mapOf(answers.ours.text), theirs: mapOf(answers.theirs.text) };
}
