import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { problemText } from '@typernetes/machinery';
import type { MutatingWebhook } from './v1.gen.ts';
import { validateMutatingWebhookConfiguration } from './webhook-validation.ts';

const metadata = { name: 'hooks', uid: '1', resourceVersion: '1', creationTimestamp: '' };
const rule = { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] };
const webhook: MutatingWebhook = {
  name: 'pods.example.com',
  clientConfig: { service: { namespace: 'shop', name: 'hook', port: 443, path: '/mutate' } },
  rules: [rule],
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
  timeoutSeconds: 10,
};

describe('a webhook', () => {
  const cases: readonly { name: string; change: Partial<MutatingWebhook>; wants: readonly string[] }[] = [
    { name: 'complete', change: {}, wants: [] },
    {
      name: 'with a name of too few parts',
      change: { name: 'a.b' },
      wants: ['name: Invalid value: "a.b": should be a domain with at least three segments separated by dots'],
    },
    {
      name: 'with invalid side effects',
      change: { sideEffects: 'Some' },
      wants: ['sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"'],
    },
    {
      name: 'with too long a timeout',
      change: { timeoutSeconds: 31 },
      wants: ['timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds'],
    },
    {
      name: 'without a URL or service',
      change: { clientConfig: {} },
      wants: ['clientConfig: Required value: exactly one of url or service is required'],
    },
    {
      name: 'with a bad URL',
      change: { clientConfig: { url: 'http://u:p@example.com/x?y=1#z' } },
      wants: [
        'clientConfig.url: Invalid value: "http": \'https\' is the only allowed URL scheme; desired format: https://host[/path]',
        'clientConfig.url: Invalid value: "u:p": user information is not permitted in the URL',
        'clientConfig.url: Invalid value: "z": fragments are not permitted in the URL',
        'clientConfig.url: Invalid value: "y=1": query parameters are not permitted in the URL',
      ],
    },
    {
      name: 'with a nameless service and a bad path',
      change: { clientConfig: { service: { namespace: 'shop', name: '', port: 0, path: '/a//b' } } },
      wants: [
        'clientConfig.service.name: Required value: service name is required',
        'clientConfig.service.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive',
        'clientConfig.service.path: Invalid value: "/a//b": segment[1] may not be empty',
      ],
    },
    {
      name: 'with unknown review versions',
      change: { admissionReviewVersions: ['v2', 'v2'] },
      wants: [
        'admissionReviewVersions[1]: Invalid value: "v2": duplicate version',
        'admissionReviewVersions: Invalid value: ["v2","v2"]: must include at least one of v1, v1beta1',
      ],
    },
    {
      name: 'with rules for everything and more',
      change: {
        rules: [
          {
            operations: ['*', 'CREATE'],
            apiGroups: ['*', ''],
            apiVersions: [''],
            resources: ['*', 'pods', 'pods/*', 'pods/log'],
          },
        ],
      },
      wants: [
        'rules[0].operations: Invalid value: ["*","CREATE"]: if \'*\' is present, must not specify other operations',
        'rules[0].apiGroups: Invalid value: ["*",""]: if \'*\' is present, must not specify other API groups',
        'rules[0].apiVersions[0]: Required value',
        'rules[0].resources[3]: Invalid value: "pods/log": if \'pods/*\' is present, must not specify pods/log',
        'rules[0].resources: Invalid value: ["*","pods","pods/*","pods/log"]: if \'*\' is present, must not specify other resources without subresources',
      ],
    },
    {
      name: 'with nameless conditions',
      change: { matchConditions: [{ name: '', expression: ' ' }] },
      wants: ['matchConditions[0].expression: Required value', 'matchConditions[0].name: Required value'],
    },
  ];
  for (const { name, change, wants } of cases) {
    test(name, () => {
      const problems = validateMutatingWebhookConfiguration({ metadata, webhooks: [{ ...webhook, ...change }] });
      assert.deepEqual(
        problems.map(problemText),
        wants.map((text) => `webhooks[0].${text}`),
      );
    });
  }

  test('has a unique name', () => {
    const problems = validateMutatingWebhookConfiguration({ metadata, webhooks: [webhook, webhook] });
    assert.deepEqual(problems.map(problemText), ['webhooks[1].name: Duplicate value: "pods.example.com"']);
  });
});
