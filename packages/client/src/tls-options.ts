/** How the server is recognized and how we show who we are. PEM texts; `serverName` overrides the name that is checked. */
export interface TlsOptions {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly serverName?: string;
  readonly insecureSkipVerify?: boolean;
}
