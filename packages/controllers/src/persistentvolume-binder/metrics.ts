import type { PersistentVolume, PersistentVolumeClaim } from '@typernetes/api/core/v1';
import type { Lister } from '@typernetes/client';
import type { Metrics } from '@typernetes/process';
import { pluginNameOf } from '../claims/plugin-names.ts';
import { classOfClaim } from './names.ts';

/** `pv_collector_*`: how many volumes and claims there are, and how many of them are bound. */
export function volumeCounts(
  metrics: Metrics,
  {
    volumes,
    claims,
  }: {
    readonly volumes: Pick<Lister<PersistentVolume>, 'list'>;
    readonly claims: Pick<Lister<PersistentVolumeClaim>, 'list'>;
  },
): void {
  const gauge = (name: string, help: string, labels: readonly string[]) =>
    metrics.gauge(`pv_collector_${name}_count`, { help: `Gauge measuring ${help}`, labels });
  const ofClaims = ['namespace', 'storage_class', 'volume_attributes_class'];
  const total = gauge('total_pv', 'total number of persistent volumes', ['plugin_name', 'volume_mode']);
  const bound = gauge('bound_pv', 'number of persistent volume currently bound', ['storage_class']);
  const unbound = gauge('unbound_pv', 'number of persistent volume currently unbound', ['storage_class']);
  const boundClaims = gauge('bound_pvc', 'number of persistent volume claim currently bound', ofClaims);
  const unboundClaims = gauge('unbound_pvc', 'number of persistent volume claim currently unbound', ofClaims);
  metrics.beforeRender(() => {
    for (const one of [total, bound, unbound, boundClaims, unboundClaims]) one.clear();
    for (const volume of volumes.list()) {
      total.add([pluginNameOf(volume), volume.spec?.volumeMode ?? 'Filesystem']);
      const of = volume.status?.phase === 'Bound' ? bound : unbound;
      of.add([volume.spec?.storageClassName ?? '']);
    }
    for (const claim of claims.list()) {
      const of = claim.status?.phase === 'Bound' ? boundClaims : unboundClaims;
      const { namespace = '' } = claim.metadata;
      of.add([namespace, classOfClaim(claim) ?? '', claim.spec?.volumeAttributesClassName ?? '']);
    }
  });
}

/**
 * `retroactive_storageclass_*`: returns the function to call when a claim without a class gets the default one, or
 * could not.
 */
export function retroactiveClasses(metrics: Metrics): (failed: boolean) => void {
  const total = metrics.counter('retroactive_storageclass_total', {
    help: 'Total number of retroactive StorageClass assignments to persistent volume claim',
  });
  const errors = metrics.counter('retroactive_storageclass_errors_total', {
    help: 'Total number of failed retroactive StorageClass assignments to persistent volume claim',
  });
  return (failed) => {
    total.add();
    if (failed) errors.add();
  };
}
