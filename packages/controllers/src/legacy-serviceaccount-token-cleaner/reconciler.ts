import { podSecretNames } from '@typernetes/api';
import type { ConfigMap, Pod, Secret, ServiceAccount } from '@typernetes/api/core/v1';
import type { Clock } from '@typernetes/base';
import type { Lister, Reader, Reconciler, Result, Writer } from '@typernetes/client';
import { isConflict, isNotFound } from '@typernetes/machinery';
import { accountNameAnnotation } from '../serviceaccount-token/plan.ts';
import { dayOf, invalidSinceLabel, planLegacyToken, tracksFrom } from './plan.ts';

interface LegacyTokenCleanerDeps {
  readonly secrets: Pick<Lister<Secret>, 'list'>;
  readonly serviceAccounts: Pick<Lister<ServiceAccount>, 'get'>;
  readonly pods: Pick<Lister<Pod>, 'inNamespace'>;
  readonly configMapClient: Pick<Reader<ConfigMap>, 'get'>;
  readonly client: Pick<Writer<Secret>, 'patch' | 'delete'>;
  readonly clock: Clock;
  readonly periodMs: number;
}

const trackingMap = { name: 'kube-apiserver-legacy-service-account-token-tracking', namespace: 'kube-system' };
const syncMs = 24 * 3_600_000;

/** Uses one key for all tokens, once a day. */
export function legacyTokenCleaner(deps: LegacyTokenCleanerDeps): Reconciler {
  const { clock, periodMs } = deps;
  return {
    name: 'legacy-serviceaccount-token-cleaner-controller',
    async reconcile(_key, signal): Promise<Result> {
      const { data } = await deps.configMapClient.get(trackingMap, { signal });
      const from = tracksFrom(data?.since ?? '', periodMs);
      if (Number.isNaN(from))
        throw new Error(`Cannot tell since when legacy tokens are tracked: "${data?.since ?? ''}"`);
      const now = clock.now();
      if (now < from) return { requeueAfterMs: syncMs };
      const mounted = new Map<string, ReadonlySet<string>>();
      for (const secret of deps.secrets.list()) {
        const { namespace = '', annotations, name } = secret.metadata;
        const account = deps.serviceAccounts.get(`${namespace}/${annotations?.[accountNameAnnotation]}`);
        const isMounted = (): boolean => {
          const names = mounted.get(namespace) ?? new Set(deps.pods.inNamespace(namespace).flatMap(podSecretNames));
          mounted.set(namespace, names);
          return names.has(name);
        };
        const plan = planLegacyToken(secret, { account, isMounted, now, periodMs });
        if (plan) await carryOut(plan, secret, now);
      }
      return { requeueAfterMs: syncMs };
    },
  };

  async function carryOut(plan: 'mark' | 'delete', { metadata }: Secret, now: number): Promise<void> {
    const { uid, resourceVersion } = metadata;
    try {
      if (plan === 'delete') await deps.client.delete(metadata, { preconditions: { resourceVersion } });
      else {
        const labels = { [invalidSinceLabel]: dayOf(now) };
        await deps.client.patch(metadata, { metadata: { uid, labels } }, { type: 'merge' });
      }
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error; // gone or used: looked at again tomorrow
    }
  }
}
