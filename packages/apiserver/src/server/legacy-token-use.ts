import { type Secret, secrets } from '@typernetes/api/core/v1';
import type { Logger } from '@typernetes/base';
import type { ApiClient } from '@typernetes/client';
import { lastUsedLabel } from '../authentication/service-account-token.ts';

/** Records the day of a legacy token's last use on its secret: once per day and token, while the request proceeds. */
export function legacyUseRecorder(
  client: Pick<ApiClient, 'resource'>,
  log: Logger,
): (secret: Secret, day: string) => void {
  const writing = new Set<string>();
  return ({ metadata: { namespace = '', name } }, day) => {
    const key = `${namespace}/${name}`;
    if (writing.has(key)) return;
    writing.add(key);
    const change = { metadata: { labels: { [lastUsedLabel]: day } } };
    void client
      .resource(secrets)
      .patch({ namespace, name }, change, { type: 'merge' })
      .catch((error: unknown) => log.error('Cannot note the use of a legacy token', error, { secret: key }))
      .finally(() => writing.delete(key));
  };
}
