import type { Case } from '../case.ts';
import { Chance } from '../chance.ts';
import type { Comparison } from '../comparison.ts';
import type { Json } from '../samples.ts';

const authorization = '/apis/authorization.k8s.io/v1';
const users = ['jane', 'system:anonymous', 'system:serviceaccount:default:app', 'system:serviceaccount:x', 'a b', ''];
const groups = ['devs', 'system:masters', 'system:authenticated', 'system:unauthenticated', ''];
const words = ['get', '*', '', 'GET', 'escalate'];
const names = ['pods', 'pods/log', '*', '', 'deployments', '*/scale'];

/** Reviews of all shapes, and requests of impersonated users: who may do what, and what of it is not said as it should be. */
export async function reviews(compare: Comparison, { seed }: Case): Promise<void> {
  const chance = new Chance(seed);
  for (let i = 0; i < 10; i++) {
    const kind = chance.pick([
      'SubjectAccessReview',
      'SelfSubjectAccessReview',
      'LocalSubjectAccessReview',
      'SelfSubjectRulesReview',
      'TokenReview',
    ]);
    await compare.ask({
      method: 'POST',
      path: `${pathOf(kind, chance)}${chance.of(0.1) ? chance.pick(['?dryRun=All', '?fieldManager=x', '?pretty=1']) : ''}`,
      body: {
        kind,
        apiVersion: kind === 'TokenReview' ? 'authentication.k8s.io/v1' : 'authorization.k8s.io/v1',
        ...(chance.of(0.15)
          ? { metadata: chance.pick([{ name: 'x' }, { namespace: 'other' }, { labels: { a: 'b' } }]) }
          : {}),
        ...(chance.of(0.95) ? { spec: specOf(kind, chance) } : {}),
        ...(chance.of(0.1) ? { status: { allowed: true } } : {}),
      },
      ...(chance.of(0.4) ? { headers: impersonation(chance) } : {}),
    });
  }
  for (let i = 0; i < 8; i++) {
    const path = chance.pick([
      '/api/v1/namespaces/default/configmaps',
      '/version',
      '/api/v1/nodes',
      '/healthz/x',
      '/apis',
    ]);
    await compare.ask({ method: 'GET', path, headers: impersonation(chance) }, isTaken);
  }
}

function pathOf(kind: string, chance: Chance): string {
  if (kind === 'TokenReview') return '/apis/authentication.k8s.io/v1/tokenreviews';
  if (kind === 'LocalSubjectAccessReview')
    return `${authorization}/namespaces/${chance.pick(['default', 'default', 'missing'])}/localsubjectaccessreviews`;
  return `${authorization}/${kind.toLowerCase()}s`;
}

function specOf(kind: string, chance: Chance): Json {
  if (kind === 'SelfSubjectRulesReview')
    return chance.pick([{ namespace: 'default' }, { namespace: '' }, {}, { namespace: 'missing' }]);
  if (kind === 'TokenReview')
    return chance.pick([{}, { token: '' }, { token: 'x' }, { token: 'a.b.c', audiences: ['x'] }, { audiences: [''] }]);
  const resourceAttributes = {
    ...(chance.of(0.7) ? { namespace: chance.pick(['default', 'other', '']) } : {}),
    ...(chance.of(0.9) ? { verb: chance.pick(words) } : {}),
    ...(chance.of(0.5) ? { group: chance.pick(['', 'apps', '*']) } : {}),
    ...(chance.of(0.9) ? { resource: chance.pick(names) } : {}),
    ...(chance.of(0.2) ? { subresource: chance.pick(['log', '*', '']) } : {}),
    ...(chance.of(0.2) ? { name: chance.pick(['a', '']) } : {}),
    ...(chance.of(0.2) ? { version: chance.pick(['v1', '*']) } : {}),
  };
  const nonResourceAttributes = { path: chance.pick(['/healthz', '*', '']), verb: chance.pick(words) };
  return {
    ...(chance.of(0.8) ? { resourceAttributes } : {}),
    ...(chance.of(0.25) ? { nonResourceAttributes } : {}),
    ...(kind.startsWith('Self')
      ? {}
      : {
          ...(chance.of(0.8) ? { user: chance.pick(users) } : {}),
          ...(chance.of(0.6) ? { groups: chance.some(groups, 0, 3) } : {}),
          ...(chance.of(0.2) ? { uid: 'u' } : {}),
          ...(chance.of(0.3) ? { extra: chance.pick([{ a: ['b'] }, { 'A/B': [] }, { a: [''] }, {}]) } : {}),
        }),
  };
}

function impersonation(chance: Chance): Record<string, string> {
  return {
    ...(chance.of(0.85) ? { 'impersonate-user': chance.pick(users) } : {}),
    ...(chance.of(0.5) ? { 'impersonate-group': chance.pick(groups) } : {}),
    ...(chance.of(0.3)
      ? { [`impersonate-extra-${chance.pick(['a', 'a%2fb', 'scopes', '%zz'])}`]: chance.pick(['x', '']) }
      : {}),
  };
}

/** Whether it was taken, else why not. */
const isTaken = (form: unknown): unknown => ((form as { kind?: string } | null)?.kind === 'Status' ? form : 'taken');
