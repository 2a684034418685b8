import {
  type Condition,
  type FieldProblem,
  invalidValue,
  jsonEqual,
  requiredValue,
  subdomainProblems,
  tooLong,
  unsupportedValue,
} from '@typernetes/machinery';
import { conditionsProblems } from '../meta/conditions-validation.ts';
import { immutableDetail, type Problems } from '../meta/field-checks.ts';
import { signerProblems } from './certificate-signing-request-validation.ts';
import type { ClusterTrustBundle, PodCertificateRequest } from './v1beta1.gen.ts';

const maxBundleBytes = 1024 * 1024;

/** Upstream: ValidateClusterTrustBundle. Does not parse the certificates: the API server does. */
export function validateClusterTrustBundle(next: ClusterTrustBundle): FieldProblem[] {
  return [...clusterTrustBundleProblems(next)];
}

function* clusterTrustBundleProblems({ metadata, spec }: ClusterTrustBundle): Problems {
  const { signerName = '', trustBundle = '' } = spec;
  const { name } = metadata;
  const prefix = signerName === '' ? '' : `${signerName.replaceAll('/', ':')}:`;
  if (signerName === '' && name.includes(':')) {
    yield invalidValue('metadata.name', name, 'ClusterTrustBundle without signer name must not have ":" in its name');
  } else if (!name.startsWith(prefix)) {
    const detail = `ClusterTrustBundle for signerName ${signerName} must be named with prefix ${prefix}`;
    yield invalidValue('metadata.name', name, detail);
  } else {
    const own = name.slice(prefix.length);
    for (const detail of subdomainProblems(own)) yield invalidValue('metadata.name', name, detail);
  }
  if (signerName !== '') yield* signerProblems(signerName, 'spec.signerName');
  if (trustBundle.length > maxBundleBytes) yield tooLong('spec.trustBundle', maxBundleBytes);
}

export function validateClusterTrustBundleUpdate(
  next: ClusterTrustBundle,
  current: ClusterTrustBundle,
): FieldProblem[] {
  return [...clusterTrustBundleUpdateProblems(next, current)];
}

function* clusterTrustBundleUpdateProblems(next: ClusterTrustBundle, current: ClusterTrustBundle): Problems {
  // A stored bundle stays valid as long as nobody changes it.
  if (next.spec.trustBundle !== current.spec.trustBundle) yield* clusterTrustBundleProblems(next);
  if ((next.spec.signerName ?? '') !== (current.spec.signerName ?? '')) {
    yield invalidValue('spec.signerName', next.spec.signerName ?? '', immutableDetail);
  }
}

const maxUidBytes = 128;
const minSeconds = 3600;
const maxSeconds = 7_862_400;
/** The maximum for Kubernetes' own signers. */
const maxSecondsOfOwn = 86_400;

/** Upstream: ValidatePodCertificateRequestCreate. Does not parse the keys: the API server does. */
export function validatePodCertificateRequest(next: PodCertificateRequest): FieldProblem[] {
  return [...podCertificateRequestProblems(next)];
}

function* podCertificateRequestProblems({ spec }: PodCertificateRequest): Problems {
  yield* signerProblems(spec.signerName ?? '', 'spec.signerName');
  for (const name of ['podName', 'serviceAccountName', 'nodeName'] as const) {
    for (const detail of subdomainProblems(spec[name] ?? ''))
      yield invalidValue(`spec.${name}`, spec[name] ?? '', detail);
  }
  for (const name of ['podUID', 'serviceAccountUID', 'nodeUID'] as const)
    yield* uidProblems(spec[name], `spec.${name}`);
  const seconds = spec.maxExpirationSeconds;
  const most = spec.signerName?.startsWith('kubernetes.io/') ? maxSecondsOfOwn : maxSeconds;
  if (seconds == null) yield requiredValue('spec.maxExpirationSeconds', 'must be set');
  else if (seconds < minSeconds || seconds > most) {
    yield invalidValue('spec.maxExpirationSeconds', seconds, `must be in the range [${minSeconds}, ${most}]`);
  }
  const { stubPKCS10Request, pkixPublicKey, proofOfPossession } = spec;
  const [whole, parts] = [Boolean(stubPKCS10Request), Boolean(pkixPublicKey && proofOfPossession)];
  if (whole === parts) {
    const detail = 'exactly one of (stubPKCS10Request) or (pkixPublicKey, proofOfPossession) must be set';
    yield invalidValue('spec', spec, detail);
  }
}

export function validatePodCertificateRequestUpdate(
  next: PodCertificateRequest,
  current: PodCertificateRequest,
): FieldProblem[] {
  return [...podCertificateRequestUpdateProblems(next, current)];
}

function* podCertificateRequestUpdateProblems(next: PodCertificateRequest, current: PodCertificateRequest): Problems {
  if (!jsonEqual(next.spec, current.spec)) yield invalidValue('spec', next.spec, immutableDetail);
}

const verdicts = ['Issued', 'Denied', 'Failed'];

/** A request is issued, denied or failed: exactly one of these, and it is final. */
export function validatePodCertificateRequestConditions({ status }: PodCertificateRequest): FieldProblem[] {
  return [...verdictProblems(status?.conditions ?? []), ...conditionsProblems(status?.conditions, 'status.conditions')];
}

function* verdictProblems(conditions: readonly Condition[]): Problems {
  for (const [i, { type, status }] of conditions.entries()) {
    // Upstream makes the index a path element of its own.
    const at = `status.conditions.[${i}]`;
    if (!verdicts.includes(type)) {
      yield unsupportedValue(`${at}.type`, type, verdicts);
      continue;
    }
    if (conditions.slice(0, i).some((one) => verdicts.includes(one.type))) {
      const detail = 'There may be at most one condition with type "Issued", "Denied", or "Failed"';
      yield invalidValue(`${at}.type`, type, detail);
    }
    if (status !== 'True') yield unsupportedValue(`${at}.status`, status, ['True']);
  }
}

function* uidProblems(uid: string | undefined, at: string): Problems {
  if (!uid) yield invalidValue(at, uid ?? '', 'must not be empty');
  else if (uid.length > maxUidBytes) yield tooLong(at, maxUidBytes);
}
