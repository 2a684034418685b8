import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MutatingWebhook } from '@typernetes/api/admissionregistration/v1';
import { deployments } from '@typernetes/api/apps/v1';
import { configmaps, type Namespace, namespaces, pods } from '@typernetes/api/core/v1';
import { admissionRequest, runPlugin } from '../../testing/admission-request.ts';
import { literalReads } from '../../testing/object-reads.ts';
import { mutatingWebhooks, type WebhookDeps } from '../plugins/mutating-webhooks.ts';
import { validatingWebhooks } from '../plugins/validating-webhooks.ts';
import { runsAgain } from '../reinvocation.ts';
import { CallError } from './caller.ts';
import { hooksOf } from './hook.ts';
import { Matcher } from './matching.ts';
import { verdictOf } from './review.ts';
import { type RuledWrite, ruleMatches } from './rules.ts';

const noEquivalents = { of: () => [], convert: <T>(object: T) => object };
const known = literalReads<Namespace>([{ metadata: { name: 'default', labels: { team: 'a' } } } as never]);
const anything = { operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'] };

test('rules match operations, groups, versions, resources, subresources and scopes', () => {
  const rule = (over: object) => ({ ...anything, resources: ['*'], ...over });
  const create = { operation: 'CREATE', resource: pods, subresource: '', namespace: 'default', name: 'web' };
  const status = { ...create, operation: 'UPDATE', subresource: 'status' };
  const space = { ...create, resource: namespaces, namespace: 'team', name: 'team' };
  const cases: [object, RuledWrite, boolean][] = [
    [rule({}), create, true],
    [rule({}), status, false],
    [rule({ resources: ['pods/*'] }), status, true],
    [rule({ resources: ['pods/*'] }), create, true],
    [rule({ resources: ['*/status'] }), status, true],
    [rule({ resources: ['pods/exec'] }), status, false],
    [rule({ operations: ['UPDATE', 'DELETE'] }), create, false],
    [rule({ apiGroups: ['apps'] }), create, false],
    [rule({ apiVersions: ['v2'] }), create, false],
    [rule({ scope: 'Cluster' }), create, false],
    [rule({ scope: 'Namespaced' }), create, true],
    [rule({ scope: 'Cluster' }), space, true],
    [rule({ scope: 'Namespaced' }), space, false],
    [rule({ resourceNames: ['other'] }), create, false],
  ];
  for (const [one, write, want] of cases)
    assert.equal(ruleMatches(one as never, write), want, JSON.stringify([one, write]));
});

test('selectors look at the namespace and at either state of the object', async () => {
  const wanted = async (over: object, literal: object) => {
    const criteria = {
      rules: [anything],
      excluded: [],
      namespaceSelector: undefined,
      objectSelector: undefined,
      matchPolicy: undefined,
    };
    const matcher = new Matcher({ ...criteria, ...over } as never);
    const found = await matcher.wanted(admissionRequest(configmaps, literal), {
      namespaces: known,
      equivalents: noEquivalents,
    });
    return found !== undefined;
  };
  const object = { metadata: { name: 'c', labels: { app: 'web' } } };
  const selects = (labels: object) => ({ matchLabels: labels });
  assert.ok(await wanted({ namespaceSelector: selects({ team: 'a' }) }, { object }));
  assert.ok(!(await wanted({ namespaceSelector: selects({ team: 'b' }) }, { object })));
  assert.ok(await wanted({ objectSelector: selects({ app: 'web' }) }, { object }));
  assert.ok(await wanted({ objectSelector: selects({ app: 'web' }) }, { object: { metadata: {} }, oldObject: object }));
  assert.ok(!(await wanted({ objectSelector: selects({ app: 'db' }) }, { object, oldObject: object })));
  await assert.rejects(
    wanted({ namespaceSelector: selects({ team: 'a' }) }, { object, namespace: 'gone' }),
    /namespaces "gone" not found/,
  );
});

test('calls a hook in the version it wants, unless its matchPolicy is Exact', async () => {
  const beta = { ...deployments, version: 'v1beta1' };
  const deps = { namespaces: known, equivalents: { of: () => [beta], convert: <T>(object: T) => object } };
  const rules = [{ ...anything, apiVersions: ['v1beta1'] }];
  const criteria = { rules, excluded: [], namespaceSelector: undefined, objectSelector: undefined };
  const request = admissionRequest(deployments, { object: { metadata: { name: 'd' } } });
  assert.equal(await new Matcher({ ...criteria, matchPolicy: 'Equivalent' }).wanted(request, deps), beta);
  assert.equal(await new Matcher({ ...criteria, matchPolicy: 'Exact' }).wanted(request, deps), undefined);
});

test('rejects responses that do not match the review', () => {
  const v1 = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' };
  const cases: [unknown, boolean, RegExp | undefined][] = [
    [{ ...v1, response: { uid: 'u', allowed: true } }, false, undefined],
    [{ ...v1 }, false, /webhook response was absent/],
    [
      { ...v1, kind: 'Pod', response: { uid: 'u' } },
      false,
      /expected webhook response of admission.k8s.io\/v1, Kind=AdmissionReview, got/,
    ],
    [{ ...v1, response: { uid: 'x' } }, false, /expected response.uid="u", got "x"/],
    [{ ...v1, response: { uid: 'u', patch: 'W10=' } }, false, /validating webhook may not return response.patch/],
    [
      { ...v1, response: { uid: 'u', patch: 'W10=' } },
      true,
      /webhook returned response.patch but not response.patchType/,
    ],
    [
      { ...v1, response: { uid: 'u', patch: 'W10=', patchType: 'X' } },
      true,
      /webhook returned invalid response.patchType of "X"/,
    ],
  ];
  for (const [answer, mutating, problem] of cases) {
    const read = () => verdictOf(answer, { uid: 'u', version: 'v1', mutating });
    if (problem) assert.throws(read, problem);
    else assert.equal(read().allowed, true);
  }
  assert.equal(
    verdictOf({ response: { allowed: true } }, { uid: 'u', version: 'v1beta1', mutating: false }).allowed,
    true,
  );
});

type Reply = (review: { uid: string; object: { metadata: { labels?: Record<string, string> } } }) => object;

test('a hook has no more time than the request that it is asked about', async () => {
  const given: number[] = [];
  const asked = (timeLeftMs: number, failurePolicy: 'Ignore' | 'Fail', answers: boolean) => {
    const { deps } = setUp({ slow: { failurePolicy, timeoutSeconds: 10, reply: () => ({ allowed: true }) } });
    const { post } = deps.caller;
    const caller: typeof deps.caller = {
      post: async (client, body, limits) => {
        given.push(limits.timeoutMs);
        if (!answers) throw new CallError('context deadline exceeded');
        return await post(client, body, limits);
      },
    };
    const request = {
      ...admissionRequest(configmaps, { object: { metadata: { name: 'a' } } }),
      timeLeftMs: () => timeLeftMs,
    };
    return runPlugin(validatingWebhooks({ ...deps, caller }), request);
  };
  await asked(60_000, 'Fail', true);
  await asked(Number.POSITIVE_INFINITY, 'Fail', true);
  await asked(2500, 'Ignore', false);
  // Its time is over: a hook that may be ignored does not let it be written.
  await assert.rejects(asked(-1, 'Ignore', false), {
    reason: 'Timeout',
    message: 'Timeout: request did not complete within requested timeout',
  });
  await assert.rejects(asked(-1, 'Fail', false), { message: /context deadline exceeded$/ });
  assert.deepEqual(given, [10_000, 10_000, 2500, 0, 0]);
});

test('audit annotations of a hook whose keys are no names are left out', async () => {
  const auditAnnotations = { ok: '1', 'a/b': '2', '': '3', 'not a name': '4' };
  const { deps, logged } = setUp({ 'hook.example.com': { reply: () => ({ allowed: true, auditAnnotations }) } });
  const noted: string[] = [];
  const annotate = (key: string, value: string): void => void noted.push(`${key}=${value}`);
  const object = { metadata: { name: 'a' } };
  await runPlugin(validatingWebhooks(deps), admissionRequest(configmaps, { object, annotate }));
  assert.deepEqual([noted, logged.length], [['hook.example.com/ok=1'], 3]);
});

/** Hooks that answer from functions. */
function setUp(hooks: Record<string, Partial<MutatingWebhook> & { reply: Reply }>) {
  const asked: string[] = [];
  const logged: string[] = [];
  const compiled = hooksOf(
    [
      {
        metadata: { name: 'config' },
        webhooks: Object.entries(hooks).map(([name, { reply: _, ...over }]) => ({
          name,
          clientConfig: { url: `https://${name}/` },
          rules: [anything],
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
          ...over,
        })) as unknown as MutatingWebhook[],
      },
    ],
    () => undefined,
  );
  const deps: WebhookDeps = {
    hooks: () => compiled,
    namespaces: known,
    equivalents: noEquivalents,
    metrics: { asked: () => {}, failedOpen: () => {} },
    log: { warn: (message, fields) => logged.push(`${message}: ${fields?.webhook} ${fields?.err}`) },
    now: () => 0,
    caller: {
      post: async ({ url }, body) => {
        const { host } = new URL(url as string);
        asked.push(host);
        const { request, apiVersion } = body as { request: Parameters<Reply>[0]; apiVersion: string };
        const response = hooks[host]?.reply(request) ?? {};
        return { apiVersion, kind: 'AdmissionReview', response: { uid: request.uid, ...response } };
      },
    },
  };
  return { asked, logged, deps };
}

const patchWith = (patch: object[]) => ({
  allowed: true,
  patchType: 'JSONPatch',
  patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
});

test('mutating hooks patch one after the other; with IfNeeded a hook is called again once', async () => {
  const { deps, asked } = setUp({
    first: {
      reinvocationPolicy: 'IfNeeded',
      reply: ({ object }) =>
        patchWith([
          {
            op: 'add',
            path: '/metadata/labels',
            value: { ...object.metadata.labels, seen: String(Object.keys(object.metadata.labels ?? {})) },
          },
        ]),
    },
    second: { reply: () => patchWith([{ op: 'add', path: '/metadata/labels/two', value: 'x' }]) },
  });
  const annotations: string[] = [];
  const request = admissionRequest(configmaps, {
    object: { metadata: { name: 'c', uid: 'u' }, data: { a: 'b' } },
    annotate: (key) => annotations.push(key),
  });
  const before = request.object;
  const plugin = mutatingWebhooks(deps);
  await runPlugin(plugin, request);
  assert.ok(runsAgain(request));
  await runPlugin(plugin, request);
  assert.ok(!runsAgain(request));
  assert.deepEqual(asked, ['first', 'second', 'first']);
  assert.equal(request.object, before);
  assert.deepEqual(request.object?.metadata.labels, { seen: 'seen,two', two: 'x' });
  assert.equal(request.object?.metadata.uid, 'u');
  assert.ok(annotations.includes('patch.webhook.admission.k8s.io/round_0_index_0'));
  assert.ok(annotations.includes('mutation.webhook.admission.k8s.io/round_1_index_0'));
});

test("reports refusals and failures in upstream's words", async () => {
  const cases: [Partial<MutatingWebhook> & { reply: Reply }, object, RegExp | undefined][] = [
    [
      { reply: () => ({ allowed: false, status: { message: 'no' } }) },
      {},
      /^admission webhook "hook" denied the request: no$/,
    ],
    [
      { reply: () => ({ allowed: false, status: { reason: 'Gone' } }) },
      {},
      /^admission webhook "hook" denied the request: Gone$/,
    ],
    [{ reply: () => ({ allowed: false }) }, {}, /^admission webhook "hook" denied the request without explanation$/],
    [
      {
        reply: () => {
          throw new CallError('Post "https://hook/": EOF');
        },
      },
      {},
      /^Internal error occurred: failed calling webhook "hook": failed to call webhook: Post "https:\/\/hook\/": EOF$/,
    ],
    [
      {
        failurePolicy: 'Ignore',
        reply: () => {
          throw new CallError('EOF');
        },
      },
      {},
      undefined,
    ],
    [
      { sideEffects: 'Some', reply: () => ({ allowed: true }) },
      { dryRun: true },
      /^admission webhook "hook" does not support dry run$/,
    ],
    [
      { admissionReviewVersions: ['v2'], reply: () => ({}) },
      {},
      /webhook does not accept known AdmissionReview versions/,
    ],
  ];
  for (const [hook, over, message] of cases) {
    const { deps } = setUp({ hook });
    const request = { ...admissionRequest(configmaps, { object: { metadata: { name: 'c' } } }), ...over };
    for (const plugin of [mutatingWebhooks(deps), validatingWebhooks(deps)]) {
      const running = runPlugin(plugin, request);
      if (message) await assert.rejects(running, { message });
      else await running;
    }
  }
});

test('logs hooks that could not be called, since a client may not learn of it', async () => {
  const reply = () => {
    throw new CallError('EOF');
  };
  const { deps, logged } = setUp({ lax: { failurePolicy: 'Ignore', reply }, strict: { failurePolicy: 'Fail', reply } });
  const request = admissionRequest(configmaps, { object: { metadata: { name: 'c' } } });
  await assert.rejects(runPlugin(mutatingWebhooks(deps), request));
  assert.deepEqual(logged, [
    'Failed calling webhook, failing open: lax failed to call webhook: EOF',
    'Failed calling webhook, failing closed: strict failed to call webhook: EOF',
  ]);
});

test("passes warnings on; hooks do not see admission's own configurations", async () => {
  const { deps, asked } = setUp({ hook: { reply: () => ({ allowed: true, warnings: ['careful'] }) } });
  const warnings: string[] = [];
  const object = { metadata: { name: 'c' } };
  await runPlugin(
    validatingWebhooks(deps),
    admissionRequest(configmaps, { object, warn: (text) => warnings.push(text) }),
  );
  assert.deepEqual(warnings, ['careful']);
  const config = {
    ...configmaps,
    group: 'admissionregistration.k8s.io',
    kind: 'MutatingWebhookConfiguration',
    namespaced: false,
  };
  await runPlugin(validatingWebhooks(deps), admissionRequest(config, { object }));
  assert.deepEqual(asked, ['hook']);
});
