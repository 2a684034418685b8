import { identityFiles, readIdentity } from './files.ts';
import type { Identity } from './identity.ts';
import { keptServing } from './kept-serving.ts';
import { selfSignedServing } from './self-signed.ts';

/** Where a component's serving certificate comes from. */
interface ServingSource {
  readonly 'tls-cert-file': string;
  readonly 'tls-private-key-file': string;
  readonly 'cert-dir': string;
}

/**
 * The serving certificate of a component: the files that its flags name; else its own in `--cert-dir`, created when
 * missing; without a directory, one that is kept in memory only. `host` is this machine's name, `now` in milliseconds.
 */
export async function componentIdentity(
  name: string,
  { flags, host, now }: { flags: ServingSource; host: string; now: number },
): Promise<Identity> {
  const certificate = flags['tls-cert-file'];
  const privateKey = flags['tls-private-key-file'];
  if (certificate !== '' && privateKey !== '') return readIdentity({ certificate, privateKey });
  const make = (): Promise<Identity> => selfSignedServing(host, now);
  const folder = flags['cert-dir'];
  return folder === '' ? make() : keptServing(identityFiles(folder.replace(/\/$/, ''), name), make);
}
