import { X509Certificate } from 'node:crypto';
import type { PodCertificateRequest } from '@typernetes/api/certificates/v1beta1';
import { validatePodCertificateRequestConditions } from '@typernetes/api/validation';
import {
  type FieldProblem,
  invalidValue,
  isConditionTrue,
  jsonEqual,
  omittedValue,
  requiredValue,
  tooLong,
} from '@typernetes/machinery';
import { inspectCertificate, readSigningRequest } from '@typernetes/pki';
import { pemBlocks } from './pem-blocks.ts';
import { publicKeyOf } from './pod-certificate-key.ts';

type Status = NonNullable<PodCertificateRequest['status']>;

const chainPath = 'status.certificateChain';
const maxChainBytes = 100 * 1024;
const minutes = 60_000;
const hour = 60 * minutes;

/**
 * Validates the signer's update: it may be made once, with a certificate that fits the request. `now`: milliseconds
 * since the epoch. Upstream: ValidatePodCertificateRequestStatusUpdate, which stops at the first problem.
 */
export function podCertificateStatusProblems(
  next: PodCertificateRequest,
  current: PodCertificateRequest,
  now: number,
): FieldProblem[] {
  const [status, old]: [Status, Status] = [next.status ?? {}, current.status ?? {}];
  const conditions = validatePodCertificateRequestConditions(next);
  if (conditions.length > 0) return conditions;
  const has = ({ conditions: list }: Status, ...types: string[]) => types.some((type) => isConditionTrue(list, type));
  const same = (wanted: Status, detail: string): FieldProblem[] =>
    jsonEqual(status, wanted) ? [] : [invalidValue('status', omittedValue, detail)];
  if (has(old, 'Issued', 'Denied', 'Failed')) {
    return same(old, 'immutable after PodCertificateRequest is issued, denied, or failed');
  }
  if (has(status, 'Denied', 'Failed')) {
    const detail = 'non-condition status fields must be empty when denying or failing the PodCertificateRequest';
    return same(status.conditions ? { conditions: status.conditions } : {}, detail);
  }
  if (has(status, 'Issued')) return issuedProblems(status, current, now);
  return same(old, 'status is immutable unless transitioning to "Issued", "Denied", or "Failed"');
}

function issuedProblems(status: Status, { spec }: PodCertificateRequest, now: number): FieldProblem[] {
  const chain = status.certificateChain ?? '';
  if (Buffer.byteLength(chain) > maxChainBytes) return [tooLong(chainPath, maxChainBytes)];
  const wrong = (detail: string): FieldProblem[] => [invalidValue(chainPath, chain, detail)];
  const [leaf, ...others] = pemBlocks(chain);
  if (!leaf) return wrong('issued certificate chain must contain at least one certificate');
  if (leaf.type !== 'CERTIFICATE') {
    return wrong('issued certificate chain must consist entirely of CERTIFICATE PEM blocks');
  }
  const certificate = certificateOf(leaf.der);
  if (!certificate) return wrong('leaf certificate does not parse as valid X.509');
  const names = nameProblems(certificate);
  if (!isForKey(certificate, spec)) {
    return [...names, ...wrong('leaf certificate was not issued to the requested public key')];
  }
  const times = timeProblems(status, { certificate, maxSeconds: spec.maxExpirationSeconds ?? 0, now });
  if (names.length + times.length > 0) return [...names, ...times];
  for (const { type, der } of others) {
    // Upstream's spelling.
    if (type !== 'CERTIFICATE') {
      return wrong('issued certificate chain must consist entirely of CERTFICATE PEM blocks');
    }
    if (!certificateOf(der)) return wrong('intermediate certificate does not parse as valid X.509');
  }
  return [];
}

function certificateOf(der: Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(der);
  } catch {
    return undefined;
  }
}

function nameProblems(certificate: X509Certificate): FieldProblem[] {
  const names = (certificate.subjectAltName ?? '').split(', ');
  const after = (prefix: string): string[] =>
    names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  const wrong = (value: string, detail: string) => invalidValue(chainPath, value, `leaf certificate${detail}`);
  return [
    ...after('DNS:').flatMap((name) => [
      ...(name === '' ? [wrong(name, ' should not contain empty DNSName')] : []),
      ...(name.includes('..') ? [wrong(name, "'s DNSName should not contain '..'")] : []),
      ...(/^\.|\.$/.test(name) ? [wrong(name, "'s DNSName should not start or end with '.'")] : []),
    ]),
    ...after('email:').flatMap((address) =>
      /^[^\s@<>]+@[^\s@<>]+$/.test(address) ? [] : [wrong(address, ' should not contain invalid EmailAddress')],
    ),
  ];
}

function isForKey(
  certificate: X509Certificate,
  { stubPKCS10Request, pkixPublicKey = '' }: PodCertificateRequest['spec'],
) {
  const wanted = stubPKCS10Request
    ? readSigningRequest(Buffer.from(stubPKCS10Request, 'base64')).publicKey
    : publicKeyOf(Buffer.from(pkixPublicKey, 'base64'));
  return wanted?.equals(certificate.publicKey) ?? false;
}

function timeProblems(
  { notBefore, notAfter, beginRefreshAt }: Status,
  { certificate, maxSeconds, now }: { certificate: X509Certificate; maxSeconds: number; now: number },
): FieldProblem[] {
  const detail = 'must be present and consistent with the issued certificate';
  const window = 'must be present and in the range [notbefore+10min, notafter-10min]';
  const missing = [
    ...(notBefore ? [] : [requiredValue('status.notBefore', detail)]),
    ...(notAfter ? [] : [requiredValue('status.notAfter', detail)]),
    ...(beginRefreshAt ? [] : [requiredValue('status.beginRefreshAt', window)]),
  ];
  if (!notBefore || !notAfter || !beginRefreshAt) return missing;
  const [from, to, refresh] = [Date.parse(notBefore), Date.parse(notAfter), Date.parse(beginRefreshAt)];
  const leaf = inspectCertificate(certificate);
  const wrong = (field: string, value: unknown, why: string) => [invalidValue(`status.${field}`, value, why)];
  if (from !== leaf.notBefore) {
    return wrong('notBefore', notBefore, 'must be set to the NotBefore time encoded in the leaf certificate');
  }
  if (Math.abs(from - now) >= 5 * minutes) {
    return wrong('notBefore', notBefore, "must be set to within 5 minutes of kube-apiserver's current time");
  }
  if (to !== leaf.notAfter) {
    return wrong('notAfter', notAfter, 'must be set to the NotAfter time encoded in the leaf certificate');
  }
  const lifetime = to - from;
  if (lifetime < hour) return wrong('certificateChain', lifetime, 'leaf certificate lifetime must be >= 1 hour');
  if (lifetime > maxSeconds * 1000) {
    const why = `leaf certificate lifetime must be <= spec.maxExpirationSeconds (${maxSeconds})`;
    return wrong('certificateChain', lifetime, why);
  }
  if (refresh < from + 10 * minutes) {
    return wrong('beginRefreshAt', beginRefreshAt, 'must be at least 10 minutes after status.notBefore');
  }
  if (refresh > to - 10 * minutes) {
    return wrong('beginRefreshAt', beginRefreshAt, 'must be at least 10 minutes before status.notAfter');
  }
  return [];
}
