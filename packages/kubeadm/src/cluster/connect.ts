import {
  type ApiClient,
  ConfigurationError,
  clientFromKubeconfig,
  type Kubeconfig,
  parseKubeconfig,
  resolveContext,
} from '@typernetes/client';
import { pairProblem, pemBlocks, readCertificates } from '@typernetes/pki';
import { failed } from '../certs/certificate-store.ts';
import type { Files } from '../host.ts';
import { requireText } from '../required-file.ts';

/** A client by a kubeconfig's text. Errors are worded as those of upstream's kubeadm, whose words for them are others than kubectl's. */
export function connectTo(text: string): ApiClient {
  const config = loaded(text);
  try {
    requireServer(config);
    const client = clientFromKubeconfig(config, { userAgent: 'kubeadm' });
    requireUsableTls(config);
    return client;
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new Error(worded(error.message));
  }
}

/** A client by a kubeconfig's file. */
export async function connectByFile(
  path: string,
  deps: { readonly files: Pick<Files, 'read'>; connect(text: string): ApiClient },
): Promise<ApiClient> {
  return deps.connect(await requireText(deps.files, path).catch(failed(notLoaded)));
}

const notLoaded = 'failed to load admin kubeconfig';

function loaded(text: string): Kubeconfig {
  try {
    return parseKubeconfig(text, '/');
  } catch (cause) {
    throw new Error(notLoaded, { cause });
  }
}

/** kubectl has a server by default, kubeadm has none. */
function requireServer({ currentContext, contexts, clusters }: Kubeconfig): void {
  if (currentContext !== '' && !contexts[currentContext]) return;
  if (clusters[contexts[currentContext]?.cluster ?? '']?.server) return;
  throw new ConfigurationError(
    'no configuration has been provided, try setting KUBERNETES_MASTER environment variable',
  );
}

/** What TLS could not use. Only data of the file itself is looked at: clients read what it names as they connect. */
function requireUsableTls(config: Kubeconfig): void {
  const { cluster, user } = resolveContext(config);
  const text = (data: string | undefined): string => Buffer.from(data ?? '', 'base64').toString('utf8');
  const ca = text(cluster['certificate-authority-data']);
  if (ca !== '') requireAuthorities(ca);
  const { 'client-certificate-data': certificate, 'client-key-data': key } = user;
  const problem = certificate && key ? pairProblem(text(certificate), text(key)) : undefined;
  if (problem !== undefined) throw new ConfigurationError(problem);
}

/** One that can be read is enough for Go. */
function requireAuthorities(pem: string): void {
  const blocks = pemBlocks(pem).filter(({ type, hasHeaders }) => type === 'CERTIFICATE' && !hasHeaders);
  let first: unknown;
  for (const { der } of blocks) {
    try {
      readCertificates(`-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`);
      return;
    } catch (error) {
      first ??= error;
    }
  }
  const why =
    first instanceof Error
      ? `failed to parse certificate: ${first.message}`
      : 'no valid certificate authority data seen';
  throw new ConfigurationError(`unable to load root certificates: ${why}`);
}

/** Messages about TLS and the server's address are said as the client is made, all others of the configuration. */
function worded(message: string): string {
  if (/^(tls: |x509: |unable to load root|host must be|specifying a root)/.test(message)) {
    return `failed to create API client: ${message}`;
  }
  const plain = message.replace(/^Error in configuration: /, '');
  const configuration = 'failed to create API client configuration from kubeconfig:';
  if (plain.startsWith('context was not found')) return `${configuration} ${plain}`;
  const listed = plain.startsWith('\n* ') ? `[${plain.slice(3).replaceAll('\n* ', ', ')}]` : plain;
  return `${configuration} invalid configuration: ${listed}`;
}
