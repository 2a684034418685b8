import type { ConfigMap, Secret } from '@typernetes/api/core/v1';
import type { Clock } from '@typernetes/base';
import type { Lister, Reconciler, Result, Writer } from '@typernetes/client';
import { jsonEqual } from '@typernetes/machinery';
import { signDetached } from '@typernetes/pki';
import { expiryOf } from '../bootstrap-tokens/token.ts';
import { signedData } from './plan.ts';

export const clusterInfoKey = 'kube-public/cluster-info';

interface BootstrapSignerDeps {
  readonly configMaps: Pick<Lister<ConfigMap>, 'get'>;
  readonly secrets: Pick<Lister<Secret>, 'list'>;
  readonly client: Pick<Writer<ConfigMap>, 'update'>;
  readonly clock: Clock;
}

export function bootstrapSigner({ configMaps, secrets, client, clock }: BootstrapSignerDeps): Reconciler {
  return {
    name: 'bootstrap-signer-controller',
    async reconcile(): Promise<Result> {
      const info = configMaps.get(clusterInfoKey);
      if (!info) return {};
      const now = clock.now();
      const data = signedData(info, secrets.list(), { sign: signDetached, now });
      if (!jsonEqual(data, info.data ?? {})) await client.update({ ...info, data });
      const next = Math.min(
        ...secrets
          .list()
          .map(expiryOf)
          .filter((at) => at > now),
      );
      return Number.isFinite(next) ? { requeueAfterMs: next - now } : {};
    },
  };
}
