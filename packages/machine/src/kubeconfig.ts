/** What a client needs to talk to an API server: its address, the CA that it trusts, and its own certificate and key, all in PEM. */
export interface ApiAccess {
  readonly port: number;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** A name that every API server's certificate is valid for. */
export const serverName = 'kubernetes';

/**
 * An administrator's kubeconfig for use on this host: the server is a port on loopback, and its certificate is checked against a name that it always
 * has, because it may not be valid for 127.0.0.1.
 */
export function kubeconfigForHost(adminConfig: string, port: number): string {
  return adminConfig.replace(
    /^(\s*)server: .*$/m,
    (_, indent: string) => `${indent}server: https://127.0.0.1:${port}\n${indent}tls-server-name: ${serverName}`,
  );
}

/** The certificates in a kubeconfig. Throws if it has none. */
export function accessOf(adminConfig: string, port: number): ApiAccess {
  const part = (name: string): string => {
    const value = new RegExp(`^\\s*${name}: ["']?([A-Za-z0-9+/=]+)["']?\\s*$`, 'm').exec(adminConfig)?.[1];
    if (!value) throw new Error(`Cannot find "${name}" in the administrator's kubeconfig`);
    return Buffer.from(value, 'base64').toString();
  };
  return {
    port,
    ca: part('certificate-authority-data'),
    cert: part('client-certificate-data'),
    key: part('client-key-data'),
  };
}
