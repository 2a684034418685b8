import type { Secret } from '@typernetes/api/core/v1';
import type { Clock } from '@typernetes/base';
import type { Lister, Reconciler, Result, Writer } from '@typernetes/client';
import { isConflict, isNotFound } from '@typernetes/machinery';
import { expiryOf } from '../bootstrap-tokens/token.ts';

interface TokenCleanerDeps {
  readonly secrets: Pick<Lister<Secret>, 'get'>;
  readonly client: Pick<Writer<Secret>, 'delete'>;
  readonly clock: Clock;
}

export function tokenCleaner({ secrets, client, clock }: TokenCleanerDeps): Reconciler {
  return {
    name: 'token-cleaner-controller',
    async reconcile(key): Promise<Result> {
      const secret = secrets.get(key);
      if (!secret) return {};
      const leftMs = expiryOf(secret) - clock.now();
      if (leftMs > 0) return Number.isFinite(leftMs) ? { requeueAfterMs: leftMs } : {};
      const { uid, resourceVersion } = secret.metadata;
      try {
        await client.delete(secret.metadata, { preconditions: { uid, resourceVersion } });
      } catch (error) {
        if (!isNotFound(error) && !isConflict(error)) throw error; // gone, or prolonged: the event wakes us again
      }
      return {};
    },
  };
}
