import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { problemText } from '@typernetes/machinery';
import {
  validateCertificateSigningRequest,
  validateCertificateSigningRequestApproval,
  validateCertificateSigningRequestStatus,
} from './certificate-signing-request-validation.ts';
import type {
  CertificateSigningRequest,
  CertificateSigningRequestSpec,
  CertificateSigningRequestStatus,
} from './v1.gen.ts';

const pem = (label: string): string => btoa(`-----BEGIN ${label}-----\nMA==\n-----END ${label}-----\n`);
const metadata = { name: 'csr', uid: '1', resourceVersion: '1', creationTimestamp: '' };
const spec: CertificateSigningRequestSpec = {
  request: pem('CERTIFICATE REQUEST'),
  signerName: 'example.com/serving',
  usages: ['digital signature', 'server auth'],
};
const of = (status: CertificateSigningRequestStatus): CertificateSigningRequest => ({ metadata, spec, status });
const approved = { type: 'Approved', status: 'True' };

describe('a request', () => {
  const cases: readonly { name: string; change: Partial<CertificateSigningRequestSpec>; wants: readonly string[] }[] = [
    { name: 'complete', change: {}, wants: [] },
    {
      name: 'that is none',
      change: { request: btoa('hello') },
      wants: ['spec.request: Invalid value: "aGVsbG8=": PEM block type must be CERTIFICATE REQUEST'],
    },
    { name: 'for nothing', change: { usages: [] }, wants: ['spec.usages: Required value: usages must be provided'] },
    {
      name: 'for the same twice',
      change: { usages: ['any', 'any'] },
      wants: ['spec.usages[1]: Duplicate value: "any"'],
    },
    {
      name: 'to the signer of old',
      change: { signerName: 'kubernetes.io/legacy-unknown' },
      wants: [
        'spec.signerName: Invalid value: "kubernetes.io/legacy-unknown": the legacy signerName is not allowed via this API version',
      ],
    },
    {
      name: 'for a signer without a domain',
      change: { signerName: 'serving' },
      wants: [
        'spec.signerName: Invalid value: "serving": must be a fully qualified domain and path of the form \'example.com/signer-name\'',
      ],
    },
    {
      name: 'for a signer with too short a domain',
      change: { signerName: 'example/serving' },
      wants: [
        'spec.signerName: Invalid value: "example": should be a domain with at least two segments separated by dots',
      ],
    },
    {
      name: 'for a moment',
      change: { expirationSeconds: 60 },
      wants: [
        'spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 600 seconds (10 minutes)',
      ],
    },
  ];
  for (const { name, change, wants } of cases) {
    test(name, () => {
      const problems = validateCertificateSigningRequest({ metadata, spec: { ...spec, ...change } });
      assert.deepEqual(problems.map(problemText), wants);
    });
  }
});

test('an approval or denial is final', () => {
  const both = of({ conditions: [approved, { type: 'Denied', status: 'True' }] });
  assert.deepEqual(validateCertificateSigningRequestApproval(both, of({})).map(problemText), [
    'status.conditions: Invalid value: "Denied": Approved and Denied conditions are mutually exclusive',
  ]);
  assert.deepEqual(validateCertificateSigningRequestApproval(of({}), of({ conditions: [approved] })).map(problemText), [
    'status.conditions: Forbidden: updates may not remove a condition of type "Approved"',
  ]);
  const doubtful = of({ conditions: [{ type: 'Approved', status: 'False' }] });
  assert.deepEqual(validateCertificateSigningRequestApproval(doubtful, of({})).map(problemText), [
    'status.conditions[0].status: Unsupported value: "False": supported values: "True"',
  ]);
});

test('signers neither add nor remove approvals and denials', () => {
  const none = of({});
  const approval = of({ conditions: [approved] });
  assert.deepEqual(validateCertificateSigningRequestStatus(approval, none).map(problemText), [
    'status.conditions: Forbidden: updates may not add a condition of type "Approved"',
  ]);
  assert.deepEqual(validateCertificateSigningRequestStatus(none, approval).map(problemText), [
    'status.conditions: Forbidden: updates may not remove a condition of type "Approved"',
  ]);
});

test('a certificate is issued only once', () => {
  const issued = of({ conditions: [approved], certificate: pem('CERTIFICATE') });
  const before = of({ conditions: [approved] });
  assert.deepEqual(validateCertificateSigningRequestStatus(issued, before), []);
  assert.deepEqual(validateCertificateSigningRequestStatus(before, issued).map(problemText), [
    'status.certificate: Forbidden: updates may not modify existing certificate content',
  ]);
});
