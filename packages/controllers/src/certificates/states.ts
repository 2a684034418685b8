import type { CertificateSigningRequest } from '@typernetes/api/certificates/v1';
import { findCondition } from '@typernetes/machinery';

const isTrue = (csr: CertificateSigningRequest, type: string): boolean =>
  findCondition(csr.status?.conditions, type)?.status === 'True';

export const isApproved = (csr: CertificateSigningRequest): boolean =>
  isTrue(csr, 'Approved') && !isTrue(csr, 'Denied');
export const isDecided = (csr: CertificateSigningRequest): boolean => isTrue(csr, 'Approved') || isTrue(csr, 'Denied');
export const isFailed = (csr: CertificateSigningRequest): boolean => isTrue(csr, 'Failed');
