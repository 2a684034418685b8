import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AdmissionReview } from '@typernetes/api/admission/v1';
import { eventually } from '../api.ts';
import { type TlsHook, withTlsHook } from '../tls-hook.ts';
import { conformance } from './checks.ts';
import { at, type Conversation, itemsOf, nameOf, type Wire } from './conversation.ts';
import { condition, until } from './workload.ts';

/** Webhooks that reject, change and fail, and their configurations. */

type Asked = NonNullable<AdmissionReview['request']>;
const admission = '/apis/admissionregistration.k8s.io/v1';
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

const allowed = { allowed: true };
const refused = (message: string) => ({ allowed: false, status: { message, reason: message, code: 403 } });
const patched = (...changes: object[]) => ({
  allowed: true,
  patchType: 'JSONPatch',
  patch: Buffer.from(JSON.stringify(changes)).toString('base64'),
});

/** A webhook on loopback that responds with `answer`. */
const withHook = (answer: (request: Asked) => object, run: (hook: TlsHook) => Promise<void>): Promise<void> =>
  withTlsHook((posted) => {
    const { request, apiVersion } = posted as AdmissionReview;
    assert.ok(request);
    return { kind: 'AdmissionReview', apiVersion, response: { uid: request.uid, ...answer(request) } };
  }, run);

const rule = (operations: string[], resources: string[], [apiGroup, apiVersion] = ['', 'v1']) => ({
  operations,
  apiGroups: [apiGroup],
  apiVersions: [apiVersion],
  resources,
  scope: '*',
});

const hook = (talk: Conversation, { url, caBundle }: TlsHook, rules: object[], more: object = {}) => ({
  name: 'hook.example.com',
  rules,
  clientConfig: { url, caBundle },
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': talk.namespace } },
  ...more,
});

type Kind = 'validating' | 'mutating';

async function register(talk: Conversation, kind: Kind, webhooks: object[]): Promise<string> {
  const path = `${admission}/${kind}webhookconfigurations`;
  const made = await talk.create(path, {
    metadata: { name: `${talk.namespace}-${kind}`, labels: { hooks: talk.namespace } },
    webhooks,
  });
  return `${path}/${nameOf(made)}`;
}

const map = (name: string, data: object = {}) => ({ metadata: { name }, data });
const pod = (name: string, container: object = {}) => ({
  metadata: { name },
  spec: { containers: [{ name: 'c', image: 'pause', ...container }] },
});

async function sent(talk: Conversation, method: string, path: string, body?: object): Promise<number> {
  const answer = await talk.send(method, path, body);
  for await (const _ of answer.body);
  return answer.status;
}

/** Waits until the webhook is called for writes. */
const inForce = (talk: Conversation, body: object, status: number): Promise<true> =>
  eventually(async () => {
    const got = await sent(talk, 'POST', `${talk.here('configmaps')}?dryRun=All`, body);
    return got === status || undefined;
  });

const refusesBad = ({ object, operation }: Asked) => {
  const data = (object as { data?: Record<string, string> } | null)?.data ?? {};
  return data['webhook-e2e-test'] === 'webhook-disallow' ? refused(`no ${operation}`) : allowed;
};

interface Custom {
  readonly path: string;
  readonly apiVersion: string;
  readonly definition: string;
}

const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

async function define(talk: Conversation, schema: object = open, versions = ['v1']): Promise<Custom> {
  const group = `${talk.namespace}.example.com`;
  await talk.create(definitions, {
    metadata: { name: `customs.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: 'customs', singular: 'custom', kind: 'Custom', listKind: 'CustomList' },
      versions: versions.map((name, i) => ({
        name,
        served: true,
        storage: i === 0,
        schema: { openAPIV3Schema: schema },
      })),
    },
  });
  const definition = `${definitions}/customs.${group}`;
  await until(talk, definition, (one) => condition(one, 'Established')?.status === 'True');
  const path = `/apis/${group}/v1/namespaces/${talk.namespace}/customs`;
  await eventually(async () => (await sent(talk, 'GET', path)) === 200 || undefined);
  return { path, apiVersion: `${group}/v1`, definition };
}

const custom = ({ apiVersion }: Custom, name: string, data: object) => ({
  apiVersion,
  kind: 'Custom',
  metadata: { name },
  data,
});

const disallow = { 'webhook-e2e-test': 'webhook-disallow' };
const stage = (from: string, to: string) => (request: Asked) => {
  const data = (request.object as { data?: Record<string, string> }).data ?? {};
  return data[from] === undefined ? allowed : patched({ op: 'add', path: `/data/${to}`, value: 'yes' });
};

/** Two webhooks in a row: the second sees the change of the first. */
async function mutatesTwice(talk: Conversation, crd: Custom, expected: object): Promise<void> {
  const group = crd.apiVersion.split('/')[0] ?? '';
  const rules = [rule(['CREATE'], ['customs'], [group, 'v1'])];
  await withHook(stage('mutation-start', 'mutation-stage-1'), (one) =>
    withHook(stage('mutation-stage-1', 'mutation-stage-2'), async (two) => {
      await register(talk, 'mutating', [
        hook(talk, one, rules, { name: 'one.example.com' }),
        hook(talk, two, rules, { name: 'two.example.com' }),
      ]);
      const made = await eventually(async () => {
        const answer = await talk.ask('POST', `${crd.path}?dryRun=All`, custom(crd, 'cr', { 'mutation-start': 'yes' }));
        return at(answer, 'data/mutation-stage-1') ? answer : undefined;
      });
      assert.deepEqual(made.data, expected);
      const stored = await talk.create(crd.path, custom(crd, 'cr', { 'mutation-start': 'yes' }));
      assert.deepEqual(stored.data, expected);
    }),
  );
}

const all = { 'mutation-start': 'yes', 'mutation-stage-1': 'yes', 'mutation-stage-2': 'yes' };

/** Removes the webhook's rule and restores it, by an update and by a patch. */
async function changes(talk: Conversation, kind: Kind): Promise<void> {
  const answer = kind === 'validating' ? refusesBad : stage('start', 'added');
  await withHook(answer, async (where) => {
    const path = await register(talk, kind, [hook(talk, where, [rule(['CREATE'], ['configmaps'])])]);
    const takesPart = async (expected: boolean): Promise<void> => {
      await eventually(async () => {
        const body = map('asked', kind === 'validating' ? disallow : { start: 'yes' });
        const got = await talk.send('POST', `${talk.here('configmaps')}?dryRun=All`, body);
        const text = Buffer.concat(await Array.fromAsync(got.body)).toString();
        const asked = kind === 'validating' ? got.status === 403 : text.includes('"added":"yes"');
        return asked === expected || undefined;
      });
    };
    await takesPart(true);
    const found = await talk.get(path);
    const [one] = at<Wire[]>(found, 'webhooks') ?? [];
    await talk.replace(path, { ...found, webhooks: [{ ...one, rules: [rule(['UPDATE'], ['configmaps'])] }] });
    await takesPart(false);
    await talk.patch(path, [{ op: 'replace', path: '/webhooks/0/rules/0/operations/0', value: 'CREATE' }], 'json');
    await takesPart(true);
  });
}

async function lists(talk: Conversation, kind: Kind): Promise<void> {
  const answer = kind === 'validating' ? refusesBad : stage('start', 'added');
  await withHook(answer, async (where) => {
    const path = `${admission}/${kind}webhookconfigurations`;
    const label = { list: talk.namespace };
    for (const name of ['a', 'b', 'c'])
      await talk.create(path, {
        metadata: { name: `${talk.namespace}-${name}`, labels: label },
        webhooks: [hook(talk, where, [rule(['CREATE'], ['configmaps'])], { name: `${name}.example.com` })],
      });
    const selected = `${path}?labelSelector=list%3D${talk.namespace}`;
    assert.equal(itemsOf(await talk.get(selected)).length, 3);
    const body = map('asked', kind === 'validating' ? disallow : { start: 'yes' });
    const asked = async (): Promise<boolean> => {
      const got = await talk.send('POST', `${talk.here('configmaps')}?dryRun=All`, body);
      const text = Buffer.concat(await Array.fromAsync(got.body)).toString();
      return kind === 'validating' ? got.status === 403 : text.includes('"added":"yes"');
    };
    await eventually(async () => (await asked()) || undefined);
    await talk.delete(selected);
    await eventually(async () => !(await asked()) || undefined);
    assert.equal(itemsOf(await talk.get(selected)).length, 0);
  });
}

async function matchConditions(talk: Conversation, kind: Kind): Promise<void> {
  const conditions = [{ name: 'expression-1', expression: "object.metadata.namespace == 'production'" }];
  const where = { url: 'https://127.0.0.1:1', caBundle: '', port: 1 };
  const { caBundle: _, ...target } = where;
  const one = {
    ...hook(talk, where, [rule(['CREATE'], ['pods'])], { matchConditions: conditions, failurePolicy: 'Ignore' }),
    clientConfig: { url: target.url },
  };
  const path = await register(talk, kind, [one]);
  const found = await talk.get(path);
  assert.deepEqual(at(found, 'webhooks/0/matchConditions'), conditions);
  const more = [...conditions, { name: 'expression-2', expression: 'true' }];
  const updated = await talk.replace(path, {
    ...found,
    webhooks: (at<Wire[]>(found, 'webhooks') ?? []).map((each) => ({ ...each, matchConditions: more })),
  });
  assert.deepEqual(at(updated, 'webhooks/0/matchConditions'), more);
}

conformance('admission hooks', {
  'AdmissionWebhook should be able to deny pod and configmap creation': async (talk) => {
    const answer = (request: Asked) =>
      request.resource?.resource === 'pods' ? refused('the pod contains unwanted container name') : refusesBad(request);
    await withHook(answer, async (where) => {
      await register(talk, 'validating', [hook(talk, where, [rule(['CREATE', 'UPDATE'], ['configmaps', 'pods'])])]);
      await inForce(talk, map('marker', disallow), 403);
      const refusal = await talk.refused(403, 'POST', talk.here('pods'), pod('unwanted'));
      assert.match(
        String(refusal.message),
        /^admission webhook "hook\.example\.com" denied the request: the pod contains unwanted container name$/,
      );
      await talk.create(talk.here('configmaps'), map('allowed'));
      const merge = { type: 'application/merge-patch+json' };
      await talk.refused(403, 'PATCH', talk.here('configmaps', 'allowed'), { data: disallow }, merge);
      const found = await talk.get(talk.here('configmaps', 'allowed'));
      await talk.refused(403, 'PUT', talk.here('configmaps', 'allowed'), { ...found, data: disallow });
      // A namespace that the selector excludes.
      await talk.create('/api/v1/namespaces/default/configmaps', map(`${talk.namespace}-skipped`, disallow));
    });
  },
  'AdmissionWebhook should be able to deny attaching pod': async (talk) => {
    await withHook(
      () => refused("attaching to pod 'to-be-attached-pod' is not allowed"),
      async (where) => {
        await register(talk, 'validating', [hook(talk, where, [rule(['CONNECT'], ['pods/attach'])])]);
        await talk.create(talk.here('pods'), pod('to-be-attached-pod'));
        await until(talk, talk.here('pods', 'to-be-attached-pod'), (one) => at(one, 'status/phase') === 'Running');
        await eventually(async () => {
          const got = await talk.send(
            'POST',
            `${talk.here('pods', 'to-be-attached-pod')}/attach?stdin=true&container=c`,
          );
          const text = Buffer.concat(await Array.fromAsync(got.body)).toString();
          return (
            (got.status === 403 && text.includes("attaching to pod 'to-be-attached-pod' is not allowed")) || undefined
          );
        });
      },
    );
  },
  'AdmissionWebhook should be able to deny custom resource creation, update and deletion': async (talk) => {
    const crd = await define(talk);
    const [group = ''] = crd.apiVersion.split('/');
    const answer = ({ operation, object, oldObject }: Asked) => {
      const data = ((operation === 'DELETE' ? oldObject : object) as { data?: Record<string, string> }).data ?? {};
      return data['webhook-e2e-test'] === 'webhook-disallow'
        ? refused('the custom resource contains unwanted data')
        : allowed;
    };
    await withHook(answer, async (where) => {
      const rules = [rule(['CREATE', 'UPDATE', 'DELETE'], ['customs'], [group, 'v1'])];
      const path = await register(talk, 'validating', [hook(talk, where, rules)]);
      await eventually(
        async () =>
          (await sent(talk, 'POST', `${crd.path}?dryRun=All`, custom(crd, 'x', disallow))) === 403 || undefined,
      );
      const refusal = await talk.refused(403, 'POST', crd.path, custom(crd, 'x', disallow));
      assert.match(String(refusal.message), /the custom resource contains unwanted data/);
      await talk.create(crd.path, custom(crd, 'x', { 'webhook-e2e-test': 'webhook-allow' }));
      const merge = { type: 'application/merge-patch+json' };
      await talk.refused(403, 'PATCH', `${crd.path}/x`, { data: disallow }, merge);
      await talk.delete(path);
      await eventually(async () => (await sent(talk, 'PATCH', `${crd.path}/x`)) !== 403 || undefined);
      await eventually(async () => {
        const got = await talk.send('PATCH', `${crd.path}/x`, { data: disallow }, merge);
        for await (const _ of got.body);
        return got.status === 200 || undefined;
      });
      await register(talk, 'validating', [hook(talk, where, rules)]);
      await eventually(async () => (await sent(talk, 'DELETE', `${crd.path}/x?dryRun=All`)) === 403 || undefined);
      await talk.refused(403, 'DELETE', `${crd.path}/x`);
      await talk.delete(path);
      await eventually(async () => {
        const got = await talk.send('PATCH', `${crd.path}/x`, { data: { 'webhook-e2e-test': 'ok' } }, merge);
        for await (const _ of got.body);
        return got.status === 200 || undefined;
      });
      await talk.delete(`${crd.path}/x`);
    });
  },
  'AdmissionWebhook should unconditionally reject operations on fail closed webhook': async (talk) => {
    const nowhere = { name: 'closed.example.com', clientConfig: { url: 'https://127.0.0.1:1' }, failurePolicy: 'Fail' };
    const where = { url: '', caBundle: '', port: 1 };
    await register(talk, 'validating', [{ ...hook(talk, where, [rule(['CREATE'], ['configmaps'])]), ...nowhere }]);
    await inForce(talk, map('foo'), 500);
    const refusal = await talk.refused(500, 'POST', talk.here('configmaps'), map('foo'));
    assert.match(String(refusal.message), /^Internal error occurred: failed calling webhook "closed\.example\.com": /);
  },
  'AdmissionWebhook should mutate configmap': async (talk) => {
    const rules = [rule(['CREATE'], ['configmaps'])];
    await withHook(stage('mutation-start', 'mutation-stage-1'), (one) =>
      withHook(stage('mutation-stage-1', 'mutation-stage-2'), async (two) => {
        await register(talk, 'mutating', [
          hook(talk, one, rules, { name: 'one.example.com' }),
          hook(talk, two, rules, { name: 'two.example.com' }),
        ]);
        await eventually(async () => {
          const got = await talk.ask(
            'POST',
            `${talk.here('configmaps')}?dryRun=All`,
            map('m', { 'mutation-start': 'yes' }),
          );
          return at(got, 'data/mutation-stage-1') ? true : undefined;
        });
        const made = await talk.create(talk.here('configmaps'), map('m', { 'mutation-start': 'yes' }));
        assert.deepEqual(made.data, all);
      }),
    );
  },
  'AdmissionWebhook should mutate pod and apply defaults after mutation': async (talk) => {
    const answer = () =>
      patched({
        op: 'add',
        path: '/spec/initContainers',
        value: [{ image: 'webhook-added-image', name: 'webhook-added-init-container', resources: {} }],
      });
    await withHook(answer, async (where) => {
      await register(talk, 'mutating', [hook(talk, where, [rule(['CREATE'], ['pods'])])]);
      const made = await eventually(async () => {
        const got = await talk.ask('POST', `${talk.here('pods')}?dryRun=All`, pod('to-be-mutated'));
        return at<Wire[]>(got, 'spec/initContainers') ? got : undefined;
      });
      const [added, ...others] = at<Wire[]>(made, 'spec/initContainers') ?? [];
      assert.equal(others.length, 0);
      assert.deepEqual(
        [added?.name, added?.terminationMessagePolicy, added?.imagePullPolicy],
        ['webhook-added-init-container', 'File', 'Always'],
      );
    });
  },
  'AdmissionWebhook should not be able to mutate or prevent deletion of webhook configuration objects': async (
    talk,
  ) => {
    const answer = ({ operation }: Asked) =>
      operation === 'DELETE'
        ? refused('no')
        : patched({ op: 'add', path: '/metadata/labels', value: { added: 'yes' } });
    await withHook(answer, async (where) => {
      const resources = ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'];
      const rules = [rule(['*'], resources, ['admissionregistration.k8s.io', '*'])];
      const everywhere = { namespaceSelector: {}, failurePolicy: 'Ignore' };
      const own = [
        await register(talk, 'validating', [hook(talk, where, rules, everywhere)]),
        await register(talk, 'mutating', [hook(talk, where, rules, everywhere)]),
      ];
      for (const kind of ['validating', 'mutating'] as const) {
        const path = `${admission}/${kind}webhookconfigurations`;
        const dummy = { ...hook(talk, where, [rule(['CREATE'], ['invalid'])]), failurePolicy: 'Ignore' };
        const made = await talk.create(path, {
          metadata: { name: `${talk.namespace}-${kind}-dummy` },
          webhooks: [dummy],
        });
        assert.equal(at(made, 'metadata/labels'), undefined);
        await talk.delete(`${path}/${nameOf(made)}`);
      }
      for (const path of own) await talk.delete(path);
    });
  },
  'AdmissionWebhook should mutate custom resource': async (talk) => mutatesTwice(talk, await define(talk), all),
  'AdmissionWebhook should mutate custom resource with different stored version': async (talk) => {
    const crd = await define(talk, open, ['v1', 'v2']);
    await mutatesTwice(talk, crd, all);
    const found = await talk.get(crd.definition);
    const versions = at<Wire[]>(found, 'spec/versions')?.map((one) => ({ ...one, storage: one.name === 'v2' }));
    await talk.patch(crd.definition, { spec: { versions } });
    await until(talk, crd.definition, (one) => at<string[]>(one, 'status/storedVersions')?.includes('v2') ?? false);
    const merge = { type: 'application/merge-patch+json' };
    const got = await talk.ask('PATCH', `${crd.path}/cr`, { data: { other: 'yes' } }, merge);
    assert.deepEqual(got.data, { ...all, other: 'yes' });
  },
  'AdmissionWebhook should mutate custom resource with pruning': async (talk) => {
    const text = { type: 'string' };
    const properties = { 'mutation-start': text, 'mutation-stage-1': text };
    const crd = await define(talk, { type: 'object', properties: { data: { type: 'object', properties } } });
    const { 'mutation-stage-2': _pruned, ...kept } = all;
    await mutatesTwice(talk, crd, kept);
  },
  'AdmissionWebhook should deny crd creation': async (talk) => {
    const answer = ({ object }: Asked) =>
      (object as { metadata: { labels?: Record<string, string> } }).metadata.labels?.['e2e-test'] === talk.namespace
        ? refused('the crd contains unwanted label')
        : allowed;
    await withHook(answer, async (where) => {
      const rules = [rule(['CREATE'], ['customresourcedefinitions'], ['apiextensions.k8s.io', '*'])];
      const objectSelector = { matchLabels: { 'e2e-test': talk.namespace } };
      await register(talk, 'validating', [hook(talk, where, rules, { namespaceSelector: {}, objectSelector })]);
      const group = `${talk.namespace}.example.com`;
      const definition = {
        metadata: { name: `unwanteds.${group}`, labels: { 'e2e-test': talk.namespace } },
        spec: {
          group,
          scope: 'Namespaced',
          names: { plural: 'unwanteds', singular: 'unwanted', kind: 'Unwanted', listKind: 'UnwantedList' },
          versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: open } }],
        },
      };
      await eventually(
        async () => (await sent(talk, 'POST', `${definitions}?dryRun=All`, definition)) === 403 || undefined,
      );
      const refusal = await talk.refused(403, 'POST', definitions, definition);
      assert.match(String(refusal.message), /denied the request: the crd contains unwanted label/);
    });
  },
  'AdmissionWebhook should honor timeout': async (talk) => {
    const slow = async (posted: unknown): Promise<unknown> => {
      const { request, apiVersion } = posted as AdmissionReview;
      await sleep(2000);
      const response = { uid: request?.uid, allowed: true, warnings: ['waited for'] };
      return { kind: 'AdmissionReview', apiVersion, response };
    };
    await withTlsHook(slow, async (where) => {
      const rules = [rule(['CREATE'], ['configmaps'])];
      const path = await register(talk, 'validating', [hook(talk, where, rules, { timeoutSeconds: 1 })]);
      await inForce(talk, map('late'), 500);
      const refusal = await talk.refused(500, 'POST', talk.here('configmaps'), map('late'));
      assert.match(String(refusal.message), /failed calling webhook .*context deadline exceeded/);
      await talk.patch(path, [{ op: 'add', path: '/webhooks/0/failurePolicy', value: 'Ignore' }], 'json');
      await inForce(talk, map('late'), 201);
      // Longer than the webhook takes; ten seconds is also the default.
      for (const timeoutSeconds of [10, undefined]) {
        const webhooks = [hook(talk, where, rules, { failurePolicy: 'Fail', timeoutSeconds })];
        const changed = await talk.replace(path, { ...(await talk.get(path)), webhooks });
        assert.equal(at(changed, 'webhooks/0/timeoutSeconds'), 10);
        await eventually(async () => {
          const answer = await talk.send('POST', `${talk.here('configmaps')}?dryRun=All`, map('late'));
          for await (const _ of answer.body);
          assert.equal(answer.status, 201);
          return String(answer.headers.warning).includes('waited for') || undefined;
        });
      }
    });
  },
  'AdmissionWebhook patching/updating a validating webhook should work': (talk) => changes(talk, 'validating'),
  'AdmissionWebhook patching/updating a mutating webhook should work': (talk) => changes(talk, 'mutating'),
  'AdmissionWebhook listing validating webhooks should work': (talk) => lists(talk, 'validating'),
  'AdmissionWebhook listing mutating webhooks should work': (talk) => lists(talk, 'mutating'),
  'AdmissionWebhook should be able to create and update validating webhook configurations with match conditions': (
    talk,
  ) => matchConditions(talk, 'validating'),
  'AdmissionWebhook should be able to create and update mutating webhook configurations with match conditions': (
    talk,
  ) => matchConditions(talk, 'mutating'),
  "AdmissionWebhook should mutate everything except 'skip-me' configmaps": (talk) =>
    withHook(stage('mutation-start', 'mutation-stage-1'), async (where) => {
      const matchConditions = [{ name: 'skip-me', expression: "object.metadata.name != 'skip-me'" }];
      await register(talk, 'mutating', [hook(talk, where, [rule(['CREATE'], ['configmaps'])], { matchConditions })]);
      const start = { 'mutation-start': 'yes' };
      const changed = { ...start, 'mutation-stage-1': 'yes' };
      await eventually(async () => {
        const { data } = await talk.create(`${talk.here('configmaps')}?dryRun=All`, map('marker', start));
        return 'mutation-stage-1' in (data as Wire) || undefined;
      });
      assert.deepEqual((await talk.create(talk.here('configmaps'), map('skip-me', start))).data, start);
      assert.deepEqual((await talk.create(talk.here('configmaps'), map('other', start))).data, changed);
    }),
  'AdmissionWebhook should reject validating webhook configurations with invalid match conditions': async (talk) => {
    const where = { url: 'https://127.0.0.1:1', caBundle: '', port: 1 };
    const bad = { matchConditions: [{ name: 'invalid-expression-1', expression: '... [] bad expression' }] };
    const one = { ...hook(talk, where, [rule(['CREATE'], ['pods'])], bad), clientConfig: { url: where.url } };
    const refusal = await talk.refused(422, 'POST', `${admission}/validatingwebhookconfigurations`, {
      metadata: { name: `${talk.namespace}-bad` },
      webhooks: [one],
    });
    assert.match(
      String(refusal.message),
      /webhooks\[0\]\.matchConditions\[0\]\.expression: Invalid value: .*compilation failed/s,
    );
  },
});
