import { defaultPersistentVolumeClaim } from '../core/persistent-volume-claim-defaults.ts';
import { defaultPodTemplateSpec } from '../core/pod-defaults.ts';
import type { StatefulSet, StatefulSetSpec } from './v1.gen.ts';

const claimType = { kind: 'PersistentVolumeClaim', apiVersion: 'v1' } as const;

export function defaultStatefulSet(statefulSet: StatefulSet): void {
  statefulSet.spec ??= {} as StatefulSetSpec;
  const spec = statefulSet.spec;
  spec.replicas ??= 1;
  spec.podManagementPolicy ||= 'OrderedReady';
  spec.updateStrategy ??= {};
  const strategy = spec.updateStrategy;
  if (!strategy.type) {
    strategy.type = 'RollingUpdate';
    strategy.rollingUpdate ??= {};
  }
  if (strategy.type === 'RollingUpdate' && strategy.rollingUpdate) strategy.rollingUpdate.partition ??= 0;
  spec.persistentVolumeClaimRetentionPolicy ??= {};
  const retention = spec.persistentVolumeClaimRetentionPolicy;
  retention.whenDeleted ||= 'Retain';
  retention.whenScaled ||= 'Retain';
  spec.revisionHistoryLimit ??= 10;
  spec.template ??= {};
  defaultPodTemplateSpec(spec.template);
  if (!spec.volumeClaimTemplates) return;
  // Upstream's conversion sets these, whatever was sent.
  spec.volumeClaimTemplates = spec.volumeClaimTemplates.map((claim) => ({ ...claimType, ...claim, ...claimType }));
  for (const claim of spec.volumeClaimTemplates) defaultPersistentVolumeClaim(claim);
}
