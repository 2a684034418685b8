import type { ClusterTrustBundle, PodCertificateRequest } from '@typernetes/api/certificates/v1beta1';
import {
  validateClusterTrustBundle,
  validateClusterTrustBundleUpdate,
  validatePodCertificateRequest,
  validatePodCertificateRequestUpdate,
} from '@typernetes/api/validation';
import { pathSegmentProblems } from '@typernetes/machinery';
import { keepSpec, keepStatus } from '../status.ts';
import type { Strategy } from '../strategy.ts';
import { podCertificateKeyProblems } from './pod-certificate-key.ts';
import { podCertificateStatusProblems } from './pod-certificate-status.ts';
import { trustAnchorProblems } from './trust-anchors.ts';

export const clusterTrustBundleStrategy: Strategy<ClusterTrustBundle> = {
  keepsGeneration: true,
  allowUnconditionalUpdate: false,
  validateName: pathSegmentProblems,
  validate: (next) => [...validateClusterTrustBundle(next), ...trustAnchorProblems(next.spec.trustBundle)],
  validateUpdate: (next, current) => [
    ...validateClusterTrustBundleUpdate(next, current),
    ...(next.spec.trustBundle === current.spec.trustBundle ? [] : trustAnchorProblems(next.spec.trustBundle)),
  ],
};

export const podCertificateRequestStrategy: Strategy<PodCertificateRequest> = {
  keepsGeneration: true,
  allowUnconditionalUpdate: false,
  resetFields: [],
  prepareForCreate(next) {
    next.status = {};
  },
  prepareForUpdate: keepStatus,
  validate: (next) => [...validatePodCertificateRequest(next), ...podCertificateKeyProblems(next.spec)],
  validateUpdate: validatePodCertificateRequestUpdate,
};

/** `/status`: the signer's. */
export const podCertificateRequestStatusStrategy: Strategy<PodCertificateRequest> = {
  keepsGeneration: true,
  resetFields: ['spec'],
  prepareForUpdate: keepSpec,
  validateUpdate: (next, current, { now }) => podCertificateStatusProblems(next, current, now),
};
