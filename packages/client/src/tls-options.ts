/**
 * How the server is verified, and the client's own certificate. PEM texts; `serverName` overrides the verified name.
 */
export interface TlsOptions {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly serverName?: string;
  readonly insecureSkipVerify?: boolean;
}
