import type { PodCertificateRequest } from './v1beta1.gen.ts';

const oneDaySeconds = 86_400;

export function defaultPodCertificateRequest({ spec }: PodCertificateRequest): void {
  if (spec) spec.maxExpirationSeconds ??= oneDaySeconds;
}
