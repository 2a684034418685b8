import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Pod } from '@typernetes/api/core/v1';
import type { ApiObject } from '@typernetes/machinery';
import { takeAppArmorAnnotations } from './core/app-armor.ts';
import { strategyOf } from './testing/strategy-of.ts';

const objectOf = (parts: object, metadata: object = {}): ApiObject =>
  ({ metadata: { name: 'web.1', generation: 1, ...metadata }, ...parts }) as ApiObject;
const onCreate = (plural: string, object: ApiObject): string[] => [
  ...(strategyOf(plural).warningsOnCreate?.(object) ?? []),
];
const onUpdate = (plural: string, next: ApiObject, current: ApiObject, part?: string): string[] => [
  ...(strategyOf(plural, part).warningsOnUpdate?.(next, current) ?? []),
];

/** A template that causes a warning. */
const template = { spec: { containers: [], nodeSelector: { 'beta.kubernetes.io/os': 'linux' } } };
const templateText = (at: string): string =>
  `${at}.spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead`;
const nameText =
  'metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]';

describe('kinds with pod templates', () => {
  const kinds: [string, object, string, boolean][] = [
    ['deployments', { spec: { template } }, 'spec.template', true],
    ['replicasets', { spec: { template } }, 'spec.template', true],
    ['replicationcontrollers', { spec: { template } }, 'spec.template', true],
    ['jobs', { spec: { template } }, 'spec.template', true],
    [
      'cronjobs',
      { spec: { schedule: '@daily', jobTemplate: { spec: { template } } } },
      'spec.jobTemplate.spec.template',
      true,
    ],
    ['daemonsets', { spec: { template } }, 'spec.template', false],
    ['statefulsets', { spec: { template } }, 'spec.template', false],
  ];
  for (const [plural, parts, at, named] of kinds)
    test(plural, () => {
      const object = objectOf(parts);
      assert.deepEqual(onCreate(plural, object), [...(named ? [nameText] : []), templateText(at)]);
      assert.deepEqual(onUpdate(plural, objectOf(parts, { generation: 2 }), object), [templateText(at)]);
      // Whoever changes a label or the status has not written the template.
      assert.deepEqual(onUpdate(plural, objectOf(parts), object), []);
      assert.deepEqual(onUpdate(plural, objectOf(parts), object, 'status'), []);
    });

  test('pods cause warnings only on creation', () => {
    const pod = objectOf(template, { name: 'web' });
    assert.deepEqual(onCreate('pods', pod), [templateText('').slice(1)]);
    assert.deepEqual(onUpdate('pods', pod, pod), []);
    assert.deepEqual(onCreate('podtemplates', objectOf({ template })), [templateText('template')]);
  });

  test('stateful sets also for claims and history limits', () => {
    const claims = [{ spec: { resources: { requests: { storage: '1m' } } } }];
    const object = objectOf({ spec: { template: {}, volumeClaimTemplates: claims, revisionHistoryLimit: -1 } });
    const fraction = 'fractional byte value "1m" is invalid, must be an integer';
    const history =
      'spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended';
    assert.deepEqual(onCreate('statefulsets', object), [
      `spec.volumeClaimTemplates[0].resources.requests[storage]: ${fraction}`,
      history,
    ]);
    assert.deepEqual(onUpdate('statefulsets', object, object), [
      `spec.volumeClaimTemplates[0].Spec.resources.requests[storage]: ${fraction}`,
      history,
    ]);
  });

  test('cron jobs should set their time zone in the field', () => {
    const object = objectOf({ spec: { schedule: 'TZ=UTC @daily', jobTemplate: {} } });
    assert.match(onUpdate('cronjobs', object, object).join(), /^cannot use TZ or CRON_TZ in spec\.spec\.schedule/);
  });
});

test('ingress classes, service account secrets, node fields', () => {
  const ingress = (spec: object): ApiObject =>
    objectOf({ spec }, { annotations: { 'kubernetes.io/ingress.class': 'nginx' } });
  assert.deepEqual(onCreate('ingresses', ingress({})), [
    `annotation "kubernetes.io/ingress.class" is deprecated, please use 'spec.ingressClassName' instead`,
  ]);
  assert.deepEqual(onCreate('ingresses', ingress({ ingressClassName: 'nginx' })), []);

  const limited = objectOf({}, { annotations: { 'kubernetes.io/enforce-mountable-secrets': 'true' } });
  const limitedText =
    'metadata.annotations[kubernetes.io/enforce-mountable-secrets]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets';
  assert.deepEqual(onCreate('serviceaccounts', limited), [limitedText]);
  assert.deepEqual(onUpdate('serviceaccounts', limited, objectOf({})), [limitedText]);
  assert.deepEqual(onUpdate('serviceaccounts', limited, limited), []);

  assert.deepEqual(onCreate('nodes', objectOf({ spec: { externalID: '7' } })), [
    'spec.externalID: this field is deprecated, and is unused by Kubernetes',
  ]);
});

test('a secret for TLS holds a pair', () => {
  assert.deepEqual(
    onCreate('secrets', objectOf({ type: 'kubernetes.io/tls', data: { 'tls.crt': '', 'tls.key': '' } })),
    ['tls: failed to find any PEM data in certificate input'],
  );
  assert.deepEqual(onCreate('secrets', objectOf({ type: 'Opaque', data: { 'tls.crt': '' } })), []);
});

test('names reserved for file-based policies and webhooks', () => {
  const kinds = ['policies', 'policybindings'].flatMap((kind) => [
    `validatingadmission${kind}`,
    `mutatingadmission${kind}`,
  ]);
  for (const plural of [...kinds, 'validatingwebhookconfigurations', 'mutatingwebhookconfigurations']) {
    const object = objectOf({}, { name: 'deny.static.k8s.io' });
    const text =
      'metadata.name: names ending with ".static.k8s.io" are reserved for static manifest-based configurations and cannot be managed via the API';
    assert.deepEqual(onCreate(plural, object), [text], plural);
    assert.deepEqual(onUpdate(plural, object, object), [text], plural);
    assert.deepEqual(onCreate(plural, objectOf({}, { name: 'static.k8s.io' })), [], plural);
  }
});

test('endpoint slice addresses, on creation', () => {
  const slice = objectOf({ addressType: 'FQDN', endpoints: [] });
  assert.deepEqual(onCreate('endpointslices', slice), ['spec.addressType: FQDN endpoints are deprecated']);
  assert.deepEqual(onUpdate('endpointslices', slice, slice), []);
});

describe('AppArmor by annotation', () => {
  const key = 'container.apparmor.security.beta.kubernetes.io/c';
  const text = `metadata.annotations[${key}]: deprecated since v1.30; use the "appArmorProfile" field instead`;

  function taken(annotation: string, ofPod?: object): { profile: unknown; warnings: string[] } {
    const warnings: string[] = [];
    const pod = objectOf(
      { spec: { containers: [{ name: 'c' }], ...(ofPod ? { securityContext: { appArmorProfile: ofPod } } : {}) } },
      { annotations: { [key]: annotation } },
    ) as unknown as Pod;
    takeAppArmorAnnotations(pod, (warning) => warnings.push(warning));
    return { profile: pod.spec.containers[0]?.securityContext?.appArmorProfile, warnings };
  }

  test('an annotation is copied to the field, with a warning', () => {
    const localhostProfile = 'k8s-apparmor-example-deny-write';
    assert.deepEqual(taken(`localhost/${localhostProfile}`), {
      profile: { type: 'Localhost', localhostProfile },
      warnings: [text],
    });
    assert.deepEqual(taken('runtime/default'), { profile: { type: 'RuntimeDefault' }, warnings: [text] });
    assert.deepEqual(taken('unconfined'), { profile: { type: 'Unconfined' }, warnings: [text] });
  });

  test('stays alone where it names no profile', () => {
    for (const annotation of ['localhost/', 'localhost/ a', 'other'])
      assert.deepEqual(taken(annotation), { profile: undefined, warnings: [text] }, annotation);
  });

  test('no warning if the pod has the same value', () => {
    assert.deepEqual(taken('runtime/default', { type: 'RuntimeDefault' }), { profile: undefined, warnings: [] });
  });
});
