import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditEvent } from '../audit-setting.ts';
import type { Case } from '../case.ts';
import { Chance } from '../chance.ts';
import type { Comparison } from '../comparison.ts';
import { objectForm } from '../normal-form.ts';
import { type Question, type Side, sides } from '../pair.ts';

const namespaces = ['a-none', 'a-metadata', 'a-request', 'a-response', 'a-other'];
const json = { 'content-type': 'application/json' };
const patchTypes = [
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
  'application/json-patch+json',
];

/** Requests of all kinds, and what both servers write about them into their audit logs. */
export async function audit(compare: Comparison, { seed, index }: Case): Promise<void> {
  const chance = new Chance(seed);
  if (index === 0)
    for (const name of namespaces)
      await compare.quietly({ method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name } } });
  const sent = new Map<string, Question>();
  for (let i = 0; i < 12; i++) {
    const auditID = randomUUID();
    const made = questionOf(chance, `c-${chance.below(3)}`);
    const question = { ...made, headers: { ...made.headers, ...whoOf(chance), 'audit-id': auditID } };
    sent.set(auditID, question);
    await compare.quietly(question);
  }
  const found = await eventsOf(compare, sent);
  for (const [auditID, question] of sent) {
    const [ours, theirs] = sides.map((side) =>
      Object.fromEntries((found[side].get(auditID) ?? []).map((event) => [event.stage, eventForm(event, compare)])),
    );
    compare.differ(question, '', { ours, theirs });
  }
}

function whoOf(chance: Chance): Record<string, string> {
  if (chance.of(0.7)) return {};
  const groups: Record<string, string> = chance.of(0.5)
    ? { 'impersonate-group': chance.pick(['metered', 'system:masters']) }
    : {};
  return { 'impersonate-user': chance.pick(['nobody', 'jane', 'system:serviceaccount:default:a']), ...groups };
}

function questionOf(chance: Chance, name: string): Question {
  const namespace = chance.pick(namespaces);
  const maps = `/api/v1/namespaces/${namespace}/configmaps`;
  const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: String(chance.below(9)) } };
  const type = chance.pick(patchTypes);
  const patch = type.includes('json-patch') ? [{ op: 'add', path: '/data', value: { b: 'c' } }] : map;
  const dryRun = chance.of(0.2) ? '?dryRun=All' : '';
  return chance.pick<() => Question>([
    () => ({ method: 'POST', path: `${maps}${dryRun}`, body: map }),
    () => ({ method: 'POST', path: maps, body: { ...map, metadata: { generateName: 'gen-' } } }),
    () => ({ method: 'PUT', path: `${maps}/${name}`, body: map }),
    () => ({ method: 'PATCH', path: `${maps}/${name}`, headers: { 'content-type': type }, body: patch }),
    () => ({ method: 'DELETE', path: `${maps}/${name}${dryRun}` }),
    () => ({ method: 'DELETE', path: `${maps}/${name}`, headers: json, body: { propagationPolicy: 'Background' } }),
    () => ({ method: 'DELETE', path: `${maps}?labelSelector=a%3Db` }),
    () => ({ method: 'GET', path: `${maps}/${name}` }),
    () => ({ method: 'GET', path: `${maps}?fieldSelector=metadata.name%3Dnone` }),
    () => ({ method: 'GET', path: `${maps}?watch=1&timeoutSeconds=0`, cutAfterMs: 150 }),
    () => ({ method: 'POST', path: maps, headers: json, body: '{' }),
    () => ({ method: 'POST', path: maps, body: { ...map, metadata: { name: 'A' } } }),
    () => ({ method: 'GET', path: `/api/v1/namespaces/${namespace}/pods/none/status` }),
    () => ({ method: 'GET', path: `/apis/apps/v1/namespaces/${namespace}/deployments/none/scale` }),
    () => ({ method: 'GET', path: `/api/v1/namespaces/${namespace}` }),
    () => ({ method: 'GET', path: chance.pick(['/version', '/healthz', '/healthz/ping', '/apis/apps', '/nothing']) }),
    () => ({ method: 'GET', path: '/apis/rbac.authorization.k8s.io/v1/clusterroles/none' }),
    () => ({ method: 'OPTIONS', path: maps }),
  ])();
}

/** The events of the requests that were sent, once their last ones are written. */
async function eventsOf(
  compare: Comparison,
  sent: ReadonlyMap<string, Question>,
): Promise<Record<Side, Map<string, AuditEvent[]>>> {
  const { audit: setting } = compare;
  if (!setting) throw new Error('Cannot compare audit logs: the servers write none');
  let before = '';
  for (;;) {
    const found = Object.fromEntries(
      sides.map((side) => [
        side,
        Map.groupBy(
          setting.events(side).filter(({ auditID }) => sent.has(auditID)),
          ({ auditID }) => auditID,
        ),
      ]),
    ) as Record<Side, Map<string, AuditEvent[]>>;
    const now = JSON.stringify(sides.map((side) => [...found[side].values()].flat().length));
    if (now === before) return found;
    before = now;
    await sleep(250);
  }
}

function eventForm(event: AuditEvent, compare: Comparison): unknown {
  const { requestReceivedTimestamp, stageTimestamp, requestObject, responseObject, ...rest } = event;
  const form = JSON.parse(
    JSON.stringify(rest, (key, value) => (key === 'resourceVersion' || key === 'uid' ? undefined : value)),
  ) as object;
  return {
    ...form,
    times: [typeof requestReceivedTimestamp, typeof stageTimestamp],
    ...(requestObject === undefined ? {} : { requestObject: objectForm(requestObject, compare.facts) }),
    ...(responseObject === undefined ? {} : { responseObject: objectForm(responseObject, compare.facts) }),
  };
}
