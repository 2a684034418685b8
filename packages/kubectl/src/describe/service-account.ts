import type { ServiceAccount } from '@typernetes/api/core/v1';
import type { Describer } from './describer.ts';
import { describeList, describeMetadata } from './metadata.ts';

/** Token Secrets are not listed: upstream's kubectl stopped showing them in 1.35. */
export const describeServiceAccount: Describer<ServiceAccount> = async ({ metadata, imagePullSecrets = [] }, text) => {
  describeMetadata(text, metadata, { namespaced: true });
  const values = imagePullSecrets.map(({ name }) => name ?? '');
  describeList(text, { level: 0, title: 'Image pull secrets:', values });
};
