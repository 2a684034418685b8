import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';

/** The environment variables for OpenSSL's CAs. */
const variables = ['SSL_CERT_FILE', 'SSL_CERT_DIR'] as const;

/**
 * A context that trusts `ca` alone. Node nevertheless builds its list of default CAs, once per process: 5 ms if the
 * environment names the system's file. This avoids reading it; callers that later rely on default CAs must call {@link
 * trustNamed} first.
 */
export function contextOfOwnAuthority(options: SecureContextOptions & { readonly ca: string }): SecureContext {
  const { env } = process;
  const hidden = variables.map((name) => [name, env[name]] as const).filter(([, value]) => value !== undefined);
  for (const [name] of hidden) delete env[name];
  try {
    return createSecureContext(options);
  } finally {
    for (const [name, value] of hidden) env[name] = value;
  }
}

/** Makes the default authorities those that the environment names, if it names any, and the system's. */
export function trustNamed(environment: Readonly<Record<string, string | undefined>>): void {
  if (!variables.some((name) => environment[name])) return;
  const { getCACertificates, setDefaultCACertificates } = process.getBuiltinModule('node:tls');
  setDefaultCACertificates(getCACertificates('system'));
}
