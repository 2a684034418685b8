import type { ServiceAccount } from '@typernetes/api/core/v1';
import type { Describer } from './describer.ts';
import { describeList, describeMetadata } from './metadata.ts';

/** Secrets that hold tokens are not looked for: upstream's kubectl has ceased to show them with 1.35. */
export const describeServiceAccount: Describer<ServiceAccount> = async ({ metadata, imagePullSecrets = [] }, text) => {
  describeMetadata(text, metadata, { namespaced: true });
  const values = imagePullSecrets.map(({ name }) => name ?? '');
  describeList(text, { level: 0, title: 'Image pull secrets:', values });
};
