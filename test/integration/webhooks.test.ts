import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AdmissionReview } from '@typernetes/api/admission/v1';
import {
  type MutatingWebhook,
  mutatingwebhookconfigurations,
  type ValidatingWebhook,
  validatingwebhookconfigurations,
} from '@typernetes/api/admissionregistration/v1';
import { configmaps, pods, serviceaccounts, services } from '@typernetes/api/core/v1';
import { endpointslices } from '@typernetes/api/discovery/v1';
import { eventually, withApi } from './api.ts';
import { type TlsHook, withTlsHook } from './tls-hook.ts';

type Asked = NonNullable<AdmissionReview['request']>;

/** Runs a webhook over TLS on loopback; ends it after `run`. `answer` returns the response without its uid. */
async function withHook(
  answer: (request: Asked, path: string) => object,
  run: (hook: TlsHook & { asked: Asked[] }) => Promise<void>,
): Promise<void> {
  const asked: Asked[] = [];
  const reply = (posted: unknown, path: string) => {
    const review = posted as AdmissionReview;
    const request = review.request as Asked;
    asked.push(request);
    const response = { uid: request.uid, ...answer(request, path) };
    return { kind: 'AdmissionReview', apiVersion: review.apiVersion, response };
  };
  await withTlsHook(reply, (hook) => run({ ...hook, asked }));
}

const rule = (operations: string[], resources: string[]) => ({
  operations,
  apiGroups: [''],
  apiVersions: ['v1'],
  resources,
});
const common = { sideEffects: 'None', admissionReviewVersions: ['v1'] };
const namespace = 'default';

test('webhooks change, warn about and reject writes', async () => {
  const answer = ({ object, operation, dryRun }: Asked, path: string) => {
    if (path.startsWith('/mutate'))
      return {
        allowed: true,
        patchType: 'JSONPatch',
        patch: Buffer.from(
          JSON.stringify([{ op: 'add', path: '/data/hooked', value: `${operation} ${dryRun}` }]),
        ).toString('base64'),
      };
    const { data = {} } = object as { data?: Record<string, string> };
    return data.bad
      ? { allowed: false, status: { message: 'bad data', code: 422 } }
      : { allowed: true, warnings: ['looked at'] };
  };
  await withHook(answer, ({ url, caBundle, asked }) =>
    withApi(async (client) => {
      await client.resource(mutatingwebhookconfigurations).create({
        metadata: { name: 'm' },
        webhooks: [
          {
            name: 'mutate.example.com',
            clientConfig: { url: `${url}/mutate`, caBundle },
            rules: [rule(['CREATE'], ['configmaps'])],
            ...common,
          },
        ] as MutatingWebhook[],
      });
      await client.resource(validatingwebhookconfigurations).create({
        metadata: { name: 'v' },
        webhooks: [
          {
            name: 'validate.example.com',
            clientConfig: { url: `${url}/validate`, caBundle },
            rules: [rule(['CREATE', 'UPDATE'], ['configmaps'])],
            matchConditions: [{ name: 'not-skipped', expression: "object.metadata.name != 'skipped'" }],
            ...common,
          },
        ] as ValidatingWebhook[],
      });
      const made = await client.resource(configmaps).create({ metadata: { name: 'a', namespace }, data: { x: '1' } });
      assert.deepEqual(made.data, { x: '1', hooked: 'CREATE false' });
      const [mutated, validated] = asked as [Asked, Asked];
      assert.equal((validated.object as { data: Record<string, string> }).data.hooked, 'CREATE false');
      assert.equal(mutated.userInfo?.username, 'system:apiserver');
      assert.deepEqual(mutated.kind, { group: '', version: 'v1', kind: 'ConfigMap' });
      const bad = client.resource(configmaps).create({ metadata: { name: 'b', namespace }, data: { bad: '1' } });
      await assert.rejects(bad, {
        message: 'admission webhook "validate.example.com" denied the request: bad data',
        code: 422,
      });
      await client.resource(configmaps).create({ metadata: { name: 'skipped', namespace }, data: { bad: '1' } });
      const dry = await client
        .resource(configmaps)
        .create({ metadata: { name: 'c', namespace }, data: { x: '1' } }, { dryRun: true });
      assert.equal(dry.data?.hooked, 'CREATE true');
      await assert.rejects(
        client.resource(configmaps).update({ ...made, data: { bad: '1' } }),
        /admission webhook "validate.example.com" denied the request: bad data/,
      );
    }),
  );
});

test('a webhook behind a Service is found through its endpoints; a missing one fails closed or open', async () => {
  await withHook(
    () => ({ allowed: false }),
    ({ caBundle, port }) =>
      withApi(async (client) => {
        await client
          .resource(services)
          .create({ metadata: { name: 'hook', namespace }, spec: { ports: [{ port: 443 }] } });
        const configuration = await client.resource(validatingwebhookconfigurations).create({
          metadata: { name: 'v' },
          webhooks: [
            {
              name: 'service.example.com',
              clientConfig: { service: { namespace, name: 'hook', path: '/check' }, caBundle },
              rules: [rule(['CREATE'], ['configmaps'])],
              timeoutSeconds: 5,
              ...common,
            },
          ] as ValidatingWebhook[],
        });
        const create = (name: string) => client.resource(configmaps).create({ metadata: { name, namespace } });
        const slice = await client.resource(endpointslices).create({
          metadata: { name: 'hook-1', namespace, labels: { 'kubernetes.io/service-name': 'hook' } },
          addressType: 'IPv4',
          ports: [{ name: '', port, protocol: 'TCP' }],
          endpoints: [],
        });
        await assert.rejects(create('a'), {
          message:
            'Internal error occurred: failed calling webhook "service.example.com": failed to call webhook: Post "https://hook.default.svc:443/check?timeout=5s": no endpoints available for service "hook"',
        });
        // An endpoint may not be on loopback; the test of endpoint selection shows that it would be called.
        await client.resource(endpointslices).delete({ namespace, name: slice.metadata.name });
        const [webhook] = configuration.webhooks ?? [];
        await client.resource(validatingwebhookconfigurations).update({
          ...configuration,
          webhooks: [
            {
              ...(webhook as ValidatingWebhook),
              failurePolicy: 'Ignore',
              clientConfig: { url: 'https://127.0.0.1:1/', caBundle },
            },
          ],
        });
        await create('b');
      }),
  );
});

test('changes of pods by mutating webhooks are validated like everything else', async () => {
  const bad = JSON.stringify([{ op: 'replace', path: '/spec/containers/0/name', value: 'Not A Name' }]);
  await withHook(
    () => ({ allowed: true, patchType: 'JSONPatch', patch: Buffer.from(bad).toString('base64') }),
    ({ url, caBundle }) =>
      withApi(async (client) => {
        await client.resource(serviceaccounts).create({ metadata: { name: 'default', namespace } });
        await client.resource(mutatingwebhookconfigurations).create({
          metadata: { name: 'm' },
          webhooks: [
            {
              name: 'bad.example.com',
              clientConfig: { url, caBundle },
              rules: [rule(['CREATE'], ['pods'])],
              ...common,
            },
          ] as MutatingWebhook[],
        });
        const pod = { metadata: { name: 'p', namespace }, spec: { containers: [{ name: 'web', image: 'nginx' }] } };
        await eventually(async () => {
          const failure = await client
            .resource(pods)
            .create(pod)
            .then(() => 'made', String);
          return /spec.containers\[0\].name: Invalid value: "Not A Name"/.test(failure)
            ? failure
            : assert.fail(failure);
        });
      }),
  );
});

test('webhooks are called for connections to pods', async () => {
  await withHook(
    ({ object }) => ({ allowed: false, status: { message: `not ${(object as { command: string[] }).command}` } }),
    ({ url, caBundle, asked }) =>
      withApi(async (client) => {
        await client.resource(validatingwebhookconfigurations).create({
          metadata: { name: 'v' },
          webhooks: [
            {
              name: 'exec.example.com',
              clientConfig: { url, caBundle },
              rules: [rule(['CONNECT'], ['pods/exec'])],
              ...common,
            },
          ] as ValidatingWebhook[],
        });
        const path = `/api/v1/namespaces/${namespace}/pods/web/exec?command=rm&stdin=true`;
        await assert.rejects(client.json('POST', path), {
          message: 'admission webhook "exec.example.com" denied the request: not rm',
        });
        const request = asked[0] ?? assert.fail();
        assert.equal(request.operation, 'CONNECT');
        assert.equal(request.subResource, 'exec');
        assert.deepEqual(request.kind, { group: '', version: 'v1', kind: 'PodExecOptions' });
        assert.deepEqual((request.object as { command?: string[] }).command, ['rm']);
      }),
  );
});
