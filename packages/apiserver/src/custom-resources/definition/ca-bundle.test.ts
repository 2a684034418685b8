import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CustomResourceDefinition } from '@typernetes/api/apiextensions/v1';
import { problemText } from '@typernetes/machinery';
import { createAuthority } from '@typernetes/pki';
import { caBundleProblem } from '../../webhook/ca-bundle.ts';
import { definitionProblems } from './definition-problems.ts';
import { planStatus } from './names-plan.ts';

const { certificate } = await createAuthority({
  commonName: 'hooks',
  notBefore: Date.UTC(2026, 0, 1),
  notAfter: Date.UTC(2036, 0, 1),
});
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const pem = (type: string): string => base64(`-----BEGIN ${type}-----\nAAAA\n-----END ${type}-----\n`);
const [right, wrong] = [base64(certificate), base64('\n')];

const definition = (caBundle: string | undefined): CustomResourceDefinition =>
  ({
    metadata: { name: 'hooked.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'hooked', singular: 'hooked', kind: 'Hooked', listKind: 'HookedList' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
      conversion: {
        strategy: 'Webhook',
        webhook: { conversionReviewVersions: ['v1'], clientConfig: { url: 'https://hook.example.com', caBundle } },
      },
    },
    status: { storedVersions: ['v1'] },
  }) as unknown as CustomResourceDefinition;

test('a bundle has an authority in it', () => {
  assert.equal(caBundleProblem(right), undefined);
  const why = (bundle: string) => caBundleProblem(bundle)?.replace('unable to load root certificates: ', '');
  assert.equal(why(wrong), 'unable to parse bytes as PEM block');
  assert.equal(why(pem('CERTIFICATE')), 'failed to parse certificate: x509: malformed certificate');
  assert.equal(why(pem('PUBLIC KEY')), 'no valid certificate authority data seen');
});

test('an existing definition must keep its CA bundle; one that never had any may stay without', () => {
  const problems = (next: string | undefined, current?: string) =>
    [...definitionProblems(definition(next), current === undefined ? undefined : definition(current))].map(problemText);
  assert.deepEqual(
    [problems(wrong), problems(wrong, wrong), problems(right, wrong), problems(undefined, right)],
    [[], [], [], []],
  );
  assert.deepEqual(problems(wrong, right), [
    'spec.conversion.webhookClientConfig.caBundle: Invalid value: "Cg==": unable to load root certificates: unable to parse bytes as PEM block',
  ]);
});

test('a definition with an invalid CA bundle is not established', () => {
  const established = (caBundle: string, status: object = {}) => {
    const next = { ...definition(caBundle), status } as CustomResourceDefinition;
    const plan = planStatus(next, [], '2026-01-01T00:00:00Z');
    const { status: is, reason } = plan.conditions?.find(({ type }) => type === 'Established') ?? {};
    return `${is} ${reason}`;
  };
  assert.equal(established(wrong), 'False InvalidCABundle');
  assert.equal(established(right), 'True InitialNamesAccepted');
  const conditions = [{ type: 'Established', status: 'True', reason: 'InitialNamesAccepted' }];
  assert.equal(established(wrong, { conditions }), 'True InitialNamesAccepted');
});
