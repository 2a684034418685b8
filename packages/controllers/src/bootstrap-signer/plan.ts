import type { ConfigMap, Secret } from '@typernetes/api/core/v1';
import { type BootstrapToken, clusterInfoSignatureKey } from '@typernetes/pki';
import { signingTokenOf } from '../bootstrap-tokens/token.ts';

const signaturePrefix = clusterInfoSignatureKey('');

/** The data that cluster-info should have: its kubeconfig, signed by each token that may. */
export function signedData(
  { data = {} }: ConfigMap,
  secrets: readonly Secret[],
  { sign, now }: { readonly sign: (content: string, token: BootstrapToken) => string; readonly now: number },
): Record<string, string> {
  const kept = Object.entries(data).filter(([name]) => !name.startsWith(signaturePrefix));
  const { kubeconfig } = data;
  if (kubeconfig === undefined) return Object.fromEntries(kept);
  const signatures = secrets.flatMap((secret) => {
    const token = signingTokenOf(secret, now);
    return token ? [[clusterInfoSignatureKey(token.id), sign(kubeconfig, token)] as const] : [];
  });
  return Object.fromEntries([...kept, ...signatures]);
}
