import type { ServiceAccount } from '@typernetes/api/core/v1';
import { recordStrategy } from '../strategies.ts';
import type { Strategy } from '../strategy.ts';

/** Of the Secrets that pods of an account may use nothing but their names is kept. */
function nameSecrets(next: ServiceAccount): void {
  if (next.secrets) next.secrets = next.secrets.map(({ name }) => (name ? { name } : {}));
}

export const serviceAccountStrategy: Strategy<ServiceAccount> = {
  ...(recordStrategy as Strategy<ServiceAccount>),
  prepareForCreate: nameSecrets,
  prepareForUpdate: nameSecrets,
};
