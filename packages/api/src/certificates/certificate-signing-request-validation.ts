import {
  duplicateValue,
  type FieldProblem,
  forbiddenValue,
  goQuote,
  invalidValue,
  jsonEqual,
  labelNameProblems,
  requiredValue,
  subdomainProblems,
  tooLong,
} from '@typernetes/machinery';
import { oneOf, type Problems } from '../meta/field-checks.ts';
import type { CertificateSigningRequest, CertificateSigningRequestCondition } from './v1.gen.ts';

export function validateCertificateSigningRequest(request: CertificateSigningRequest): FieldProblem[] {
  return [...specProblems(request), ...conditionProblems(request.status?.conditions ?? [])];
}

/** `/approval`: approvals and denials may be added, never removed. */
export function validateCertificateSigningRequestApproval(
  next: CertificateSigningRequest,
  current: CertificateSigningRequest,
): FieldProblem[] {
  return [...changedConditions(next, current), ...keptConditions(next, current)];
}

/** `/status`: the certificate is issued once; approvals and denials are not changed here. */
export function validateCertificateSigningRequestStatus(
  next: CertificateSigningRequest,
  current: CertificateSigningRequest,
): FieldProblem[] {
  const problems = [
    ...changedConditions(next, current),
    ...keptConditions(next, current),
    ...addedVerdicts(next, current),
  ];
  const before = current.status?.certificate;
  const after = next.status?.certificate;
  if (before && before !== after) {
    problems.push(forbiddenValue('status.certificate', 'updates may not modify existing certificate content'));
  } else if (after && pemBlocks(fromBase64(after), 'CERTIFICATE') === 0) {
    problems.push(
      invalidValue('status.certificate', '<certificate data>', 'must contain at least one CERTIFICATE PEM block'),
    );
  }
  return problems;
}

/** Malformed conditions that are already stored do not block an update. */
function changedConditions(next: CertificateSigningRequest, current: CertificateSigningRequest): FieldProblem[] {
  const same = jsonEqual(next.status?.conditions, current.status?.conditions);
  return same ? [] : [...conditionProblems(next.status?.conditions ?? [])];
}

function* keptConditions(next: CertificateSigningRequest, current: CertificateSigningRequest): Problems {
  for (const type of ['Approved', 'Denied', 'Failed']) {
    if (countOf(next, type) < countOf(current, type)) {
      yield forbiddenValue('status.conditions', `updates may not remove a condition of type ${goQuote(type)}`);
    }
  }
}

function* addedVerdicts(next: CertificateSigningRequest, current: CertificateSigningRequest): Problems {
  for (const type of ['Approved', 'Denied']) {
    if (countOf(next, type) > countOf(current, type)) {
      yield forbiddenValue('status.conditions', `updates may not add a condition of type ${goQuote(type)}`);
    }
  }
}

const countOf = ({ status }: CertificateSigningRequest, type: string): number =>
  (status?.conditions ?? []).filter((condition) => condition.type === type).length;

const usages = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
];

const minSeconds = 600;

function* specProblems({ spec }: CertificateSigningRequest): Problems {
  if (pemBlocks(fromBase64(spec.request ?? ''), 'CERTIFICATE REQUEST') === 0) {
    yield invalidValue('spec.request', spec.request ?? null, 'PEM block type must be CERTIFICATE REQUEST');
  }
  if (!spec.usages?.length) yield requiredValue('spec.usages', 'usages must be provided');
  for (const [i, usage] of (spec.usages ?? []).entries()) {
    yield* oneOf(usage, { at: `spec.usages[${i}]`, of: usages });
    if (spec.usages?.indexOf(usage) !== i) yield duplicateValue(`spec.usages[${i}]`, usage);
  }
  if (spec.signerName === 'kubernetes.io/legacy-unknown') {
    const detail = 'the legacy signerName is not allowed via this API version';
    yield invalidValue('spec.signerName', spec.signerName, detail);
  } else yield* signerProblems(spec.signerName ?? '', 'spec.signerName');
  if (spec.expirationSeconds != null && spec.expirationSeconds < minSeconds) {
    const detail = 'may not specify a duration less than 600 seconds (10 minutes)';
    yield invalidValue('spec.expirationSeconds', spec.expirationSeconds, detail);
  }
}

/** The longest signer name: a domain, a slash, and a namespace with a name in it. */
const maxSignerBytes = 253 + 1 + 253 + 1 + 63;

/** A name such as `kubernetes.io/kubelet-serving`. */
export function* signerProblems(name: string, at: string): Problems {
  if (!name) {
    yield requiredValue(at);
    return;
  }
  const [domain = '', path = '', more] = name.split('/');
  if (!name.includes('/') || more !== undefined) {
    const detail = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
    yield invalidValue(at, name, detail);
    return;
  }
  if (domain.length > 253) yield tooLong(at, 253);
  const labels = domain.split('.');
  for (const label of labels) {
    for (const detail of labelNameProblems(label)) {
      yield invalidValue(at, domain, `validating label ${goQuote(label)}: ${detail}`);
    }
  }
  if (labels.length < 2) {
    yield invalidValue(at, domain, 'should be a domain with at least two segments separated by dots');
  }
  for (const label of path.split('.')) {
    for (const detail of subdomainProblems(label)) {
      yield invalidValue(at, path, `validating label ${goQuote(label)}: ${detail}`);
    }
  }
  if (name.length > maxSignerBytes) yield tooLong(at, maxSignerBytes);
}

function* conditionProblems(conditions: readonly CertificateSigningRequestCondition[]): Problems {
  const at = 'status.conditions';
  const types = new Set<string>();
  for (const [i, { type, status }] of conditions.entries()) {
    const path = `${at}[${i}]`;
    const isFinal = type === 'Approved' || type === 'Denied' || type === 'Failed';
    if (!type) yield requiredValue(`${path}.type`);
    yield* oneOf(status, {
      at: `${path}.status`,
      of: isFinal ? ['True'] : ['False', 'True', 'Unknown'],
      required: true,
    });
    if ((type === 'Approved' && types.has('Denied')) || (type === 'Denied' && types.has('Approved'))) {
      yield invalidValue(at, type, 'Approved and Denied conditions are mutually exclusive');
    }
    if (types.has(type)) yield duplicateValue(`${path}.type`, type);
    types.add(type);
  }
}

function pemBlocks(text: string, label: string): number {
  const block = new RegExp(`-----BEGIN ${label}-----[\\sA-Za-z0-9+/=]+-----END ${label}-----`, 'g');
  return text.match(block)?.length ?? 0;
}

/** Invalid base64 counts as empty. */
function fromBase64(text: string): string {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text) ? atob(text) : '';
}
