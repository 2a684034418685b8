/** Go's names of the TLS 1.2 suites that it offers, and OpenSSL's. Those of TLS 1.3 are always on, in both. */
const suites: Readonly<Record<string, string>> = {
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: 'ECDHE-ECDSA-AES128-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: 'ECDHE-ECDSA-AES256-SHA',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: 'ECDHE-RSA-AES128-SHA',
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: 'ECDHE-RSA-AES256-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305: 'ECDHE-RSA-CHACHA20-POLY1305',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305',
  TLS_RSA_WITH_AES_128_CBC_SHA: 'AES128-SHA',
  TLS_RSA_WITH_AES_256_CBC_SHA: 'AES256-SHA',
  TLS_RSA_WITH_AES_128_GCM_SHA256: 'AES128-GCM-SHA256',
  TLS_RSA_WITH_AES_256_GCM_SHA384: 'AES256-GCM-SHA384',
};

const modern = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];

/** Go's older versions are accepted and raised to TLS 1.2, the oldest that OpenSSL offers here. */
const versions: Readonly<Record<string, TlsVersion>> = {
  '': 'TLSv1.2',
  VersionTLS10: 'TLSv1.2',
  VersionTLS11: 'TLSv1.2',
  VersionTLS12: 'TLSv1.2',
  VersionTLS13: 'TLSv1.3',
};

/** Go's numbers of key exchanges (the registry's), and OpenSSL's names. */
const curves: Readonly<Record<number, string>> = {
  23: 'P-256',
  24: 'P-384',
  25: 'P-521',
  29: 'X25519',
  4587: 'SecP256r1MLKEM768',
  4588: 'X25519MLKEM768',
  4589: 'SecP384r1MLKEM1024',
};

type TlsVersion = 'TLSv1.2' | 'TLSv1.3';

/** TLS settings in Node's terms. */
export interface TlsRules {
  readonly minVersion: TlsVersion;
  readonly ciphers?: string;
  readonly ecdhCurve?: string;
}

/** TLS settings in the terms of upstream's flags and configurations. */
export interface TlsNames {
  readonly minVersion: string;
  readonly cipherSuites: readonly string[];
  readonly curves?: readonly number[];
}

export function tlsRules(names: TlsNames): TlsRules {
  const named = names.cipherSuites.flatMap((name) => suites[name] ?? []);
  const groups = (names.curves ?? []).flatMap((number) => curves[number] ?? []);
  return {
    minVersion: versions[names.minVersion] ?? 'TLSv1.2',
    ...(named.length > 0 ? { ciphers: [...modern, ...new Set(named)].join(':') } : {}),
    ...(groups.length > 0 ? { ecdhCurve: groups.join(':') } : {}),
  };
}

/** Names that mean nothing, in upstream's words. */
export function tlsNameProblems(names: TlsNames): string[] {
  return [
    ...(versions[names.minVersion] === undefined ? [`unknown tls version ${JSON.stringify(names.minVersion)}`] : []),
    ...names.cipherSuites
      .filter((name) => suites[name] === undefined && !modern.includes(name))
      .map((name) => `Cipher suite ${name} not supported or doesn't exist`),
    ...(names.curves ?? [])
      .filter((number) => curves[number] === undefined)
      .map((number) => `curve preference ${number} not supported or doesn't exist`),
  ];
}
