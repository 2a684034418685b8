import type { Pod } from '@typernetes/api/core/v1';
import type { CSIDriver } from '@typernetes/api/storage/v1';
import type { IssuedToken, VolumeSources } from '../volumes/sources.ts';

/** The API server's own default for tokens. */
const defaultSeconds = 3600;

const key = 'csi.storage.k8s.io/serviceAccount.tokens';

/**
 * Tokens of the pod's service account for the audiences that the driver asks for, passed as it expects them: in the
 * volume's context or as secrets (upstream: podServiceAccountTokenAttrs).
 */
export async function tokensFor(
  driver: CSIDriver | undefined,
  pod: Pod,
  sources: Pick<VolumeSources, 'token'>,
): Promise<{ readonly context: Readonly<Record<string, string>>; readonly secrets: Readonly<Record<string, string>> }> {
  const { tokenRequests = [], serviceAccountTokenInSecrets = false } = driver?.spec ?? {};
  if (tokenRequests.length === 0) return { context: {}, secrets: {} };
  const issued = await Promise.all(
    tokenRequests.map(
      async ({ audience, expirationSeconds = defaultSeconds }): Promise<[string, IssuedToken]> => [
        audience,
        await sources.token(pod, audience === '' ? undefined : audience, expirationSeconds),
      ],
    ),
  );
  const tokens = { [key]: JSON.stringify(Object.fromEntries(issued.sort(([a], [b]) => (a < b ? -1 : 1)))) };
  return serviceAccountTokenInSecrets ? { context: {}, secrets: tokens } : { context: tokens, secrets: {} };
}
