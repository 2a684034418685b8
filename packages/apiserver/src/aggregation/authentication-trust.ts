import { type ConfigMap, configmaps } from '@typernetes/api/core/v1';
import type { Clock, Logger, Runnable } from '@typernetes/base';
import type { ApiClient } from '@typernetes/client';
import { type Draft, ifFound, isAlreadyExists, isConflict, isNotFound, jsonEqual } from '@typernetes/machinery';
import { readCertificates } from '@typernetes/pki';
import type { CompletedConfig } from '../options/api-server-config.ts';

/** Whom this server believes, as it is now. */
interface TrustSources {
  readonly requestHeader: CompletedConfig['requestHeader'];
  /** PEM; exchanged while the server runs. */
  readonly material: { readonly clientCa: string | undefined; readonly requestHeaderCa: string | undefined };
}

type Data = Readonly<Record<string, string>>;

const lists = [
  ['requestheader-username-headers', 'usernameHeaders'],
  ['requestheader-uid-headers', 'uidHeaders'],
  ['requestheader-group-headers', 'groupHeaders'],
  ['requestheader-extra-headers-prefix', 'extraHeaderPrefixes'],
  ['requestheader-allowed-names', 'allowedNames'],
] as const;

/**
 * The contents of the ConfigMap extension-apiserver-authentication (upstream: clusterauthenticationtrust): its current
 * contents plus this server's. Replaced CA certificates stay until they expire, since other servers may still use
 * certificates signed by them. Throws when the ConfigMap holds something that no server can have written.
 */
export function combinedTrust(current: Data, { requestHeader, material }: TrustSources, now: number): Data {
  const data: Record<string, string> = {};
  const clientCa = combinedCertificates([current['client-ca-file'], material.clientCa], now);
  if (clientCa !== '') data['client-ca-file'] = clientCa;
  const requestHeaderCa = combinedCertificates(
    [current['requestheader-client-ca-file'], requestHeader && material.requestHeaderCa],
    now,
  );
  if (requestHeaderCa === '') return data;
  data['requestheader-client-ca-file'] = requestHeaderCa;
  for (const [key, field] of lists) {
    const known: string[] = JSON.parse(current[key] || '[]');
    data[key] = JSON.stringify([...new Set([...known, ...(requestHeader?.[field] ?? [])])]);
  }
  return data;
}

/** Servers' clocks differ a little. */
const slackMs = 5 * 60_000;

function combinedCertificates(bundles: readonly (string | undefined)[], now: number): string {
  const found = new Set<string>();
  for (const bundle of bundles) {
    if (!bundle) continue;
    for (const certificate of readCertificates(bundle))
      if (certificate.validToDate.getTime() + slackMs > now) found.add(certificate.toString());
  }
  return [...found].join('');
}

const name = { name: 'extension-apiserver-authentication', namespace: 'kube-system' };

/** Updates the ConfigMap. Does nothing for a server that trusts no CA. */
export async function publishTrust(
  client: Pick<ApiClient, 'resource'>,
  sources: TrustSources,
  now: number,
): Promise<void> {
  const maps = client.resource(configmaps);
  // Another server may do the same at the same time.
  for (;;) {
    const current = await ifFound(maps.get(name));
    const data = combinedTrust(current?.data ?? {}, sources, now);
    if (jsonEqual(data, current?.data ?? {})) return;
    try {
      if (current) await maps.update({ ...current, data });
      else await maps.create({ metadata: name, data } as Draft<ConfigMap>);
      return;
    } catch (error) {
      if (!isConflict(error) && !isAlreadyExists(error) && !isNotFound(error)) throw error;
    }
  }
}

/** Whether a file was exchanged is looked at this often, */
const lookMs = 5_000;
/** and whether somebody else has spoiled the ConfigMap this often. */
const repairMs = 60_000;

/** Publishes again when a CA changes, and repairs the ConfigMap. */
export function trustPublisher(
  sources: TrustSources,
  { client, clock, log }: { client: Pick<ApiClient, 'resource'>; clock: Clock; log: Logger },
): Runnable {
  return {
    name: 'cluster-authentication-trust',
    run: async (signal) => {
      let published: TrustSources['material'] = { ...sources.material };
      let at = clock.monotonic();
      for (;;) {
        await clock.sleep(lookMs, signal);
        const { clientCa, requestHeaderCa } = sources.material;
        const isSame = clientCa === published.clientCa && requestHeaderCa === published.requestHeaderCa;
        if (isSame && clock.monotonic() - at < repairMs) continue;
        at = clock.monotonic();
        try {
          await publishTrust(client, sources, clock.now());
          published = { clientCa, requestHeaderCa };
        } catch (error) {
          log.error('Cannot publish whom this server believes', error);
        }
      }
    },
  };
}
