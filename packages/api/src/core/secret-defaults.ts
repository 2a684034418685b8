import type { Secret } from './v1.gen.ts';

export function defaultSecret(secret: Secret): void {
  secret.type ||= 'Opaque';
}
