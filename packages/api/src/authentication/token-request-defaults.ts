import type { TokenRequest } from './v1.gen.ts';

export function defaultTokenRequest(request: TokenRequest): void {
  if (request.spec) request.spec.expirationSeconds ??= 3600;
}
