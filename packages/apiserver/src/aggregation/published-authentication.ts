import { type ConfigMap, configmaps } from '@typernetes/api/core/v1';
import type { ApiClient } from '@typernetes/client';
import { type Draft, isAlreadyExists, isConflict, isNotFound, jsonEqual } from '@typernetes/machinery';
import type { CompletedConfig } from '../options/api-server-config.ts';

/** By what the servers behind this one know its clients and itself (ConfigMap extension-apiserver-authentication). */
export async function publishAuthentication(
  client: Pick<ApiClient, 'resource'>,
  options: Pick<CompletedConfig, 'requestHeader'> & {
    clientCa: string | undefined;
    requestHeaderCa: string | undefined;
  },
): Promise<void> {
  const { requestHeader, clientCa, requestHeaderCa } = options;
  const data: Record<string, string> = {};
  if (clientCa) data['client-ca-file'] = clientCa;
  if (requestHeader && requestHeaderCa) {
    data['requestheader-client-ca-file'] = requestHeaderCa;
    data['requestheader-allowed-names'] = JSON.stringify(requestHeader.allowedNames);
    data['requestheader-username-headers'] = JSON.stringify(requestHeader.usernameHeaders);
    data['requestheader-uid-headers'] = JSON.stringify(['X-Remote-Uid']);
    data['requestheader-group-headers'] = JSON.stringify(requestHeader.groupHeaders);
    data['requestheader-extra-headers-prefix'] = JSON.stringify(requestHeader.extraHeaderPrefixes);
  }
  if (Object.keys(data).length === 0) return;
  const maps = client.resource(configmaps);
  const metadata = { name: 'extension-apiserver-authentication', namespace: 'kube-system' };
  // Another server may do the same at the same time.
  for (;;) {
    try {
      const current = await maps.get(metadata);
      const next = { ...current, data: { ...current.data, ...data } };
      if (!jsonEqual(next, current)) await maps.update(next);
      return;
    } catch (error) {
      if (isConflict(error)) continue;
      if (!isNotFound(error)) throw error;
    }
    try {
      await maps.create({ metadata, data } as Draft<ConfigMap>);
      return;
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
  }
}
