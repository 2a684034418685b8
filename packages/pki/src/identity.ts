/** A certificate and its private key, both in PEM. Of a CA, it is what signs; of a leaf, what a server or client shows. */
export interface Identity {
  readonly certificate: string;
  readonly privateKey: string;
}
