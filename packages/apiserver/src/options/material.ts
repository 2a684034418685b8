import type { KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readCertificates, readPrivateKey, readPublicKeys } from '@typernetes/pki';
import { namesInCertificate } from '../serving/named-certificates.ts';
import type { TlsMaterial } from '../serving/tls-server.ts';
import { type AdmissionConfigurations, readAdmissionConfiguration } from './admission-configuration.ts';
import type { CompletedConfig } from './api-server-config.ts';

/** What the named files hold. */
export interface ApiServerMaterial {
  readonly tls: TlsMaterial;
  readonly admission?: AdmissionConfigurations;
  /** Exchanged when its file changes, like the next one: read it when it is needed. */
  clientCa: string | undefined;
  requestHeaderCa: string | undefined;
  readonly serviceAccountKeys: readonly KeyObject[];
  readonly serviceAccountSigningKey: KeyObject | undefined;
  /** Shown to the API servers behind this one. */
  readonly proxyClient?: { readonly cert: string; readonly key: string } | undefined;
  readonly kubeletClient: { readonly cert: string; readonly key: string; readonly ca: string | undefined } | undefined;
}

/** Reads every file; an unreadable one is an error that names it. */
export function readMaterial(config: CompletedConfig): ApiServerMaterial {
  const { serviceAccounts, kubelet } = config;
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
    proxyClient:
      config.proxyClient.certFile === ''
        ? undefined
        : { cert: read(config.proxyClient.certFile), key: read(config.proxyClient.keyFile) },
    kubeletClient:
      kubelet.certFile === ''
        ? undefined
        : { cert: read(kubelet.certFile), key: read(kubelet.keyFile), ca: readOptional(kubelet.caFile) },
  };
}

/** Files that are read again when they change. */
export function watchedFiles({ tls, clientCaFile, requestHeader }: CompletedConfig): string[] {
  const named = tls.named.flatMap(({ certFile, keyFile }) => [certFile, keyFile]);
  const files = [tls.certFile, tls.keyFile, ...named, clientCaFile, requestHeader?.clientCaFile ?? ''];
  return [...new Set(files.filter((file) => file !== ''))];
}

/** Reads those files again: authorities from now on, the rest for a listener to take over. Changes nothing when one is wrong. */
export function reloadMaterial(config: CompletedConfig, material: ApiServerMaterial): TlsMaterial {
  const tls = readTls(config);
  const clientCa = readOptional(config.clientCaFile);
  const requestHeaderCa = readOptional(config.requestHeader?.clientCaFile ?? '');
  for (const pem of [clientCa, requestHeaderCa]) if (pem !== undefined) readCertificates(pem);
  material.clientCa = clientCa;
  material.requestHeaderCa = requestHeaderCa;
  return tls;
}

/** What the server shows on its port. */
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
