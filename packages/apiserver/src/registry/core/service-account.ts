import type { ServiceAccount } from '@typernetes/api/core/v1';
import { recordStrategy } from '../strategies.ts';
import type { Strategy } from '../strategy.ts';

/** Keeps only the names in the list of secrets that pods of an account may use. */
function nameSecrets(next: ServiceAccount): void {
  if (next.secrets) next.secrets = next.secrets.map(({ name }) => (name ? { name } : {}));
}

const secretsAnnotation = 'kubernetes.io/enforce-mountable-secrets';
const secretsText = `metadata.annotations[${secretsAnnotation}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets`;
const isLimited = ({ metadata }: ServiceAccount): boolean => metadata.annotations?.[secretsAnnotation] !== undefined;

export const serviceAccountStrategy: Strategy<ServiceAccount> = {
  ...(recordStrategy as Strategy<ServiceAccount>),
  prepareForCreate: nameSecrets,
  prepareForUpdate: nameSecrets,
  warningsOnCreate: (next) => (isLimited(next) ? [secretsText] : []),
  warningsOnUpdate: (next, current) => (isLimited(next) && !isLimited(current) ? [secretsText] : []),
};
