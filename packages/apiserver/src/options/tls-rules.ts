import type { ConnectionRules } from '../serving/tls-server.ts';

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
const versions: Readonly<Record<string, 'TLSv1.2' | 'TLSv1.3'>> = {
  '': 'TLSv1.2',
  VersionTLS10: 'TLSv1.2',
  VersionTLS11: 'TLSv1.2',
  VersionTLS12: 'TLSv1.2',
  VersionTLS13: 'TLSv1.3',
};

export interface TlsFlags {
  readonly minVersion: string;
  readonly cipherSuites: readonly string[];
  readonly maxStreams: number;
  readonly goawayChance: number;
  readonly disableHttp2: boolean;
}

export function connectionRules(flags: TlsFlags): ConnectionRules {
  const named = flags.cipherSuites.flatMap((name) => suites[name] ?? []);
  const ciphers = named.length === 0 ? undefined : [...modern, ...new Set(named)].join(':');
  return {
    minVersion: versions[flags.minVersion] ?? 'TLSv1.2',
    ...(ciphers ? { ciphers } : {}),
    ...(flags.maxStreams > 0 ? { maxStreams: flags.maxStreams } : {}),
    goawayChance: flags.goawayChance,
    http2: !flags.disableHttp2,
  };
}

export function tlsProblems({ minVersion, cipherSuites, goawayChance, maxStreams }: TlsFlags): string[] {
  return [
    ...(versions[minVersion] === undefined ? [`unknown tls version ${JSON.stringify(minVersion)}`] : []),
    ...cipherSuites
      .filter((name) => suites[name] === undefined && !modern.includes(name))
      .map((name) => `Cipher suite ${name} not supported or doesn't exist`),
    ...(goawayChance < 0 || goawayChance > 0.02 ? ['--goaway-chance can not be less than 0 or greater than 0.02'] : []),
    ...(maxStreams < 0 ? ['--http2-max-streams-per-connection can not be negative value'] : []),
  ];
}
