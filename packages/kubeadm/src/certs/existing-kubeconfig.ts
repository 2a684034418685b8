import { X509Certificate } from 'node:crypto';
import { type Kubeconfig, parseKubeconfig, resolveContext } from '@typernetes/client';
import { inspectCertificate } from '@typernetes/pki';
import type { Files } from '../host.ts';
import { requireText } from '../required-file.ts';
import type { CertificateStore } from './certificate-store.ts';
import type { Warned } from './validity-warning.ts';

/** Checks a kubeconfig that is there already: it must trust the cluster's CA. Another server than the expected one is a warning. */
export async function checkKubeconfigFile(
  path: string,
  of: { readonly files: Pick<Files, 'read'>; readonly store: CertificateStore; readonly server: string } & Warned,
): Promise<void> {
  const { files, store, server, output, clock } = of;
  const found = clusterOf(path, { text: await requireText(files, path), now: clock.now() });
  const [expected] = await store.chain('ca');
  if ((await authorityOf(found, { path, ...of })).trim() !== expected.toString().trim()) {
    throw new Error(`a kubeconfig file "${path}" exists already but has got the wrong CA cert`);
  }
  if (found.server === server) return;
  output.err(
    `[kubeconfig] WARNING: a kubeconfig file "${path}" exists already but has an unexpected API Server URL: expected: ${server}, got: ${found.server}\n`,
  );
}

type Cluster = Kubeconfig['clusters'][string];

/** The authorities that a cluster's server is trusted by, as PEM: from the file itself, or from the one that it names. */
async function authorityOf(
  { 'certificate-authority-data': data, 'certificate-authority': file }: Cluster,
  { path, files, output }: { readonly path: string; readonly files: Pick<Files, 'read'> } & Pick<Warned, 'output'>,
): Promise<string> {
  if (data) return Buffer.from(data, 'base64').toString('utf8');
  if (!file) return '';
  try {
    return await requireText(files, file);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    output.err(`[kubeconfig] WARNING: failed to load CA cert from "${file}" for kubeconfig "${path}", ${why}\n`);
    return '';
  }
}

function parsed(path: string, text: string): Kubeconfig {
  try {
    return parseKubeconfig(text);
  } catch (cause) {
    throw new Error(`failed to load kubeconfig file ${path} that already exists on disk`, { cause });
  }
}

/** The cluster of the current context. Throws where the client certificate of that context has expired. */
function clusterOf(path: string, { text, now }: { text: string; now: number }): Cluster {
  const kubeconfig = parsed(path, text);
  const context = kubeconfig.contexts[kubeconfig.currentContext];
  if (!context) throw new Error(`failed to find CurrentContext in Contexts of the kubeconfig file ${path}`);
  const cluster = kubeconfig.clusters[context.cluster ?? ''];
  if (!cluster) {
    throw new Error(`failed to find the given CurrentContext Cluster in Clusters of the kubeconfig file ${path}`);
  }
  const { user } = resolveContext(kubeconfig);
  const certificate = readable(user['client-certificate-data']);
  if (certificate && inspectCertificate(certificate).notAfter < now) {
    throw new Error(`a kubeconfig file "${path}" exists already but its client certificate has expired`);
  }
  return cluster;
}

/** One that cannot be read is left to whoever uses it, as upstream does. */
function readable(data: string | undefined): X509Certificate | undefined {
  if (!data) return undefined;
  try {
    return new X509Certificate(Buffer.from(data, 'base64'));
  } catch {
    return undefined;
  }
}
