import type { KubeletConfiguration } from '@typernetes/api/kubelet.config/v1beta1';
import { withGoDurations } from '@typernetes/process';
import type { CompleteConfiguration } from './defaults.ts';
import { configurationKind } from './fields.ts';

/** The effective configuration in the form of a configuration file: what `/configz` shows. */
export function shownConfiguration(config: CompleteConfiguration): Partial<KubeletConfiguration> {
  const { authentication, authorization, ...rest } = config;
  const shown: Partial<KubeletConfiguration> = {
    kind: configurationKind.kind,
    apiVersion: configurationKind.apiVersion,
    ...(rest as unknown as Partial<KubeletConfiguration>),
    authentication: {
      x509: authentication.clientCaFile === '' ? {} : { clientCAFile: authentication.clientCaFile },
      webhook: { enabled: authentication.webhook, cacheTTL: authentication.cacheTtl },
      anonymous: { enabled: authentication.anonymous },
    },
    authorization: {
      mode: authorization.mode,
      webhook: { cacheAuthorizedTTL: authorization.allowedTtl, cacheUnauthorizedTTL: authorization.deniedTtl },
    },
  };
  return withGoDurations(shown, { fields: configurationKind.fields });
}
