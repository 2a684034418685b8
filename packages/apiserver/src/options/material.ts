import type { KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readPrivateKey, readPublicKeys } from '@typernetes/pki';
import type { TlsMaterial } from '../serving/tls-server.ts';
import { type AdmissionConfigurations, readAdmissionConfiguration } from './admission-configuration.ts';
import type { CompletedConfig } from './api-server-config.ts';

/** What the named files hold. */
export interface ApiServerMaterial {
  readonly tls: TlsMaterial;
  readonly admission?: AdmissionConfigurations;
  readonly clientCa: string | undefined;
  readonly requestHeaderCa: string | undefined;
  readonly serviceAccountKeys: readonly KeyObject[];
  readonly serviceAccountSigningKey: KeyObject | undefined;
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
    kubeletClient:
      kubelet.certFile === ''
        ? undefined
        : { cert: read(kubelet.certFile), key: read(kubelet.keyFile), ca: readOptional(kubelet.caFile) },
  };
}

/** The serving certificate alone: read again when its files change. */
export function readTls({ tls, clientCaFile, requestHeader }: CompletedConfig): TlsMaterial {
  const shown = [readOptional(clientCaFile), readOptional(requestHeader?.clientCaFile ?? '')].filter(
    (pem) => pem !== undefined,
  );
  return {
    cert: read(tls.certFile),
    key: read(tls.keyFile),
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
