import assert from 'node:assert/strict';
import { test } from 'node:test';
import { certificatesigningrequests } from '@typernetes/api/certificates/v1';
import { createSigningRequest, newPrivateKey, privateKeyPem } from '@typernetes/pki';
import { admissionRequest, runPlugin } from '../testing/admission-request.ts';
import { literalReads } from '../testing/object-reads.ts';
import { choosePlugins, pluginChoiceProblems } from './default-plugins.ts';
import { type AdmissionDeps, knownPlugins } from './plugin-table.ts';
import {
  certificateApproval,
  certificateSigning,
  certificateSubjectRestriction,
} from './plugins/certificate-requests.ts';

const deps = {
  read: () => literalReads([]),
  events: () => ({ event: () => {} }),
  informer: () => ({ lister: literalReads([]), onEvent: () => () => {} }),
  asking: {},
  policyTimes: {},
  configurationOf: () => undefined,
  tolerationSeconds: { notReady: 300, unreachable: 300 },
} as unknown as AdmissionDeps;
const names = (enabled: string[], disabled: string[]): string[] =>
  choosePlugins({ enabled, disabled }, deps).plugins.map((plugin) => plugin.name);

test('flags choose plugins, the table orders them', () => {
  assert.deepEqual(names([], []).slice(0, 4), [
    'NamespaceLifecycle',
    'LimitRanger',
    'ServiceAccount',
    'TaintNodesByCondition',
  ]);
  const everything = knownPlugins.map(({ name }) => name).filter((name) => name !== 'ImagePolicyWebhook');
  assert.ok(names(everything, []).includes('AlwaysDeny'));
  assert.deepEqual(names(['NodeRestriction'], ['LimitRanger']).slice(0, 3), [
    'NamespaceLifecycle',
    'ServiceAccount',
    'NodeRestriction',
  ]);
  assert.deepEqual(choosePlugins({ enabled: ['JobValidation'], disabled: [] }, deps).missing, []);
  const workloads = (gate: string): boolean => gate === 'GenericWorkload';
  assert.deepEqual(choosePlugins({ enabled: [], disabled: ['PodGroupProtection'] }, deps, workloads).missing, [
    'PodGroupWorkloadExists',
    'JobValidation',
  ]);
});

test("refuses invalid plugin flags in upstream's words", () => {
  const cases: [string[], string[], string[]][] = [
    [['NodeRestriction'], ['ResourceQuota'], []],
    [['Nope'], [], ['enable-admission-plugins plugin "Nope" is unknown']],
    [[], ['Nope'], ['disable-admission-plugins plugin "Nope" is unknown']],
    [['Priority'], ['Priority'], ['[Priority] in enable-admission-plugins and disable-admission-plugins overlapped']],
  ];
  for (const [enabled, disabled, problems] of cases)
    assert.deepEqual(pluginChoiceProblems({ enabled, disabled }), problems);
});

test('approving, signing and requesting certificates takes the right permissions', async () => {
  const request = { metadata: { name: 'csr' }, spec: { signerName: 'example.com/web' } };
  const update = (subresource: string, object: object = request) =>
    admissionRequest(certificatesigningrequests, { operation: 'UPDATE', subresource, object, oldObject: request });
  const authorize = async ({ verb, name }: { verb: string; name: string }) =>
    ({ verdict: verb === 'approve' && name === 'example.com/*' ? 'allow' : 'no-opinion', reason: '' }) as const;
  await runPlugin(certificateApproval({ authorize }), update('approval'));
  await runPlugin(certificateSigning({ authorize }), update('status'));
  const signed = { ...request, status: { certificate: 'x' } };
  await assert.rejects(
    runPlugin(certificateSigning({ authorize }), update('status', signed)),
    /user not permitted to sign requests with signerName "example.com\/web"/,
  );
  const key = privateKeyPem(await newPrivateKey());
  const asking = async (organizations: string[]) => {
    const pem = await createSigningRequest(key, { commonName: 'u', organizations });
    const spec = { signerName: 'kubernetes.io/kube-apiserver-client', request: Buffer.from(pem).toString('base64') };
    return runPlugin(
      certificateSubjectRestriction,
      admissionRequest(certificatesigningrequests, { object: { metadata: { name: 'c' }, spec } }),
    );
  };
  await asking(['dev']);
  await assert.rejects(
    asking(['system:masters']),
    /use of kubernetes.io\/kube-apiserver-client signer with system:masters group is not allowed/,
  );
});
