import type { ClusterTrustBundle } from '@typernetes/api/certificates/v1beta1';
import type { ClusterTrustBundleProjection } from '@typernetes/api/core/v1';
import { messageOf } from '@typernetes/base';
import { isNotFound, selectorFromObject } from '@typernetes/machinery';
import type { VolumeSources } from './sources.ts';

/**
 * The certificates for a projected source, each once: those of the named bundle, or of all bundles of its signer with
 * its labels. Their order is stable but otherwise unspecified. Throws, in upstream's words, if a required bundle is
 * missing.
 */
export async function trustAnchors(
  { name, signerName, labelSelector, optional = false }: ClusterTrustBundleProjection,
  sources: Pick<VolumeSources, 'trustBundle' | 'trustBundles'>,
): Promise<string> {
  if (name !== undefined) {
    try {
      return anchorsOf([await sources.trustBundle(name)]);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      if (optional) return '';
      throw new Error(`while getting ClusterTrustBundle: ${messageOf(error)}`, { cause: error });
    }
  }
  if (signerName === undefined)
    throw new Error('ClusterTrustBundle projection requires either name or signerName to be set');
  const selector = selectorFromObject(labelSelector);
  const bundles = (await sources.trustBundles()).filter(
    ({ spec, metadata }) => spec.signerName === signerName && selector.matches(metadata.labels ?? {}),
  );
  if (bundles.length === 0 && !optional)
    throw new Error('combination of signerName and labelSelector matched zero ClusterTrustBundles');
  return anchorsOf(bundles);
}

/** Comments in the bundles stay out: whatever reads the file finds certificates and nothing else. */
function anchorsOf(bundles: readonly ClusterTrustBundle[]): string {
  const found = bundles.flatMap(({ spec }) =>
    [...spec.trustBundle.matchAll(/-----BEGIN ([^-]+)-----([^-]*)-----END \1-----/g)].map(([, , body = '']) =>
      Buffer.from(body, 'base64').toString('base64'),
    ),
  );
  return [...new Set(found)].sort().map(certificatePem).join('');
}

const certificatePem = (base64: string): string =>
  `-----BEGIN CERTIFICATE-----\n${base64.replaceAll(/(.{64})(?=.)/g, '$1\n')}\n-----END CERTIFICATE-----\n`;
