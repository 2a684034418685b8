import type { APIService } from './v1.gen.ts';

export function defaultAPIService(apiService: APIService): void {
  if (apiService.spec?.service) apiService.spec.service.port ??= 443;
}
