/** A certificate and its private key, both in PEM: a CA signs with it, a server or client identifies itself with it. */
export interface Identity {
  readonly certificate: string;
  readonly privateKey: string;
}
