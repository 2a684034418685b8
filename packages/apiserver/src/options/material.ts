import type { KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { pairProblem, readCertificates, readPrivateKey, readPublicKeys } from '@typernetes/pki';
import { namesInCertificate } from '../serving/named-certificates.ts';
import type { TlsMaterial } from '../serving/tls-server.ts';
import { type AdmissionConfigurations, readAdmissionConfiguration } from './admission-configuration.ts';
import type { CompletedConfig } from './api-server-config.ts';

/** The contents of the configured files. */
export interface ApiServerMaterial {
  readonly tls: TlsMaterial;
  readonly admission?: AdmissionConfigurations;
  /** Exchanged when its file changes, like what else may be written here: read it when it is needed. */
  clientCa: string | undefined;
  requestHeaderCa: string | undefined;
  readonly serviceAccountKeys: readonly KeyObject[];
  readonly serviceAccountSigningKey: KeyObject | undefined;
  /** The client certificate for aggregated API servers. */
  proxyClient?: { readonly cert: string; readonly key: string } | undefined;
  kubeletClient: { readonly cert: string; readonly key: string; readonly ca: string | undefined } | undefined;
}

/** Reads every file; throws an error that names an unreadable one. */
export function readMaterial(config: CompletedConfig): ApiServerMaterial {
  const { serviceAccounts } = config;
  const clientCa = readOptional(config.clientCaFile);
  const requestHeaderCa = readOptional(config.requestHeader?.clientCaFile ?? '');
  return {
    tls: readTls(config),
    admission: readAdmissionConfiguration(config.admission.configFile),
    clientCa,
    requestHeaderCa,
    serviceAccountKeys: serviceAccounts.keyFiles.flatMap((file) => readPublicKeys(read(file))),
    serviceAccountSigningKey:
      serviceAccounts.signingKeyFile === '' ? undefined : readPrivateKey(read(serviceAccounts.signingKeyFile)),
    ...readClients(config),
  };
}

/** The client certificates of this server. */
function readClients({
  proxyClient,
  kubelet,
}: CompletedConfig): Pick<ApiServerMaterial, 'proxyClient' | 'kubeletClient'> {
  const pair = ({ certFile, keyFile }: { certFile: string; keyFile: string }) => ({
    cert: read(certFile),
    key: read(keyFile),
  });
  return {
    proxyClient: proxyClient.certFile === '' ? undefined : pair(proxyClient),
    kubeletClient: kubelet.certFile === '' ? undefined : { ...pair(kubelet), ca: readOptional(kubelet.caFile) },
  };
}

/** Files that are read again when they change. */
export function watchedFiles({ tls, clientCaFile, requestHeader, proxyClient, kubelet }: CompletedConfig): string[] {
  const pairs = [tls, ...tls.named, proxyClient, kubelet].flatMap(({ certFile, keyFile }) => [certFile, keyFile]);
  const files = [...pairs, clientCaFile, requestHeader?.clientCaFile ?? '', kubelet.caFile];
  return [...new Set(files.filter((file) => file !== ''))];
}

/**
 * Reads those files again: CAs and client certificates take effect from now on, the listener takes over the rest. If a
 * file is invalid, nothing changes.
 */
export function reloadMaterial(config: CompletedConfig, material: ApiServerMaterial): TlsMaterial {
  const tls = readTls(config);
  const clientCa = readOptional(config.clientCaFile);
  const requestHeaderCa = readOptional(config.requestHeader?.clientCaFile ?? '');
  for (const pem of [clientCa, requestHeaderCa]) if (pem !== undefined) readCertificates(pem);
  const clients = readClients(config);
  for (const pair of [clients.proxyClient, clients.kubeletClient]) {
    const problem = pair && pairProblem(pair.cert, pair.key);
    if (problem !== undefined) throw new Error(problem);
  }
  // Connections are pooled by certificate object: keep the same object if nothing changed.
  if (!isDeepStrictEqual(material.proxyClient, clients.proxyClient)) material.proxyClient = clients.proxyClient;
  if (!isDeepStrictEqual(material.kubeletClient, clients.kubeletClient)) material.kubeletClient = clients.kubeletClient;
  material.clientCa = clientCa;
  material.requestHeaderCa = requestHeaderCa;
  return tls;
}

/** The serving certificate and related settings. */
function readTls({ tls, clientCaFile, requestHeader }: CompletedConfig): TlsMaterial {
  const shown = [readOptional(clientCaFile), readOptional(requestHeader?.clientCaFile ?? '')].filter(
    (pem) => pem !== undefined,
  );
  return {
    cert: read(tls.certFile),
    key: read(tls.keyFile),
    named: tls.named.map(({ certFile, keyFile, names }) => {
      const cert = read(certFile);
      const own = names.length > 0 ? names.map((name) => name.toLowerCase()) : namesInCertificate(cert);
      return { cert, key: read(keyFile), names: own };
    }),
    ...(shown.length > 0 ? { clientCa: shown.join('\n') } : {}),
  };
}

/** The file's text; undefined for an empty name. */
export const readOptional = (file: string): string | undefined => (file === '' ? undefined : read(file));

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Error(`unable to load file ${JSON.stringify(file)}`, { cause });
  }
}
