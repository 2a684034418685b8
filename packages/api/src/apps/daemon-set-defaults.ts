import { defaultPodTemplateSpec } from '../core/pod-defaults.ts';
import type { DaemonSet, DaemonSetSpec } from './v1.gen.ts';

export function defaultDaemonSet(daemonSet: DaemonSet): void {
  daemonSet.spec ??= {} as DaemonSetSpec;
  const spec = daemonSet.spec;
  spec.updateStrategy ??= {};
  const strategy = spec.updateStrategy;
  strategy.type ||= 'RollingUpdate';
  if (strategy.type === 'RollingUpdate') {
    strategy.rollingUpdate ??= {};
    strategy.rollingUpdate.maxUnavailable ??= 1;
    strategy.rollingUpdate.maxSurge ??= 0;
  }
  spec.revisionHistoryLimit ??= 10;
  spec.template ??= {};
  defaultPodTemplateSpec(spec.template);
}
