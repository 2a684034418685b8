import { version } from '@typernetes/base';
import type { Metrics } from './metrics.ts';

/** A feature gate, as it is set in this program. */
export interface GateState {
  readonly name: string;
  /** `ALPHA`, `BETA` or `DEPRECATED`; `''` for a GA feature. */
  readonly stage: string;
  readonly on: boolean;
}

interface ComponentVersions {
  /** `1.36` each. */
  readonly binary: string;
  readonly emulation: string;
  readonly minCompatibility: string;
}

const [, major, minor] = /^v(\d+)\.(\d+)/.exec(version) ?? [];
/** For a program that emulates its own release. */
const ownVersions: ComponentVersions = {
  binary: `${major}.${minor}`,
  emulation: `${major}.${minor}`,
  minCompatibility: `${major}.${Number(minor) - 1}`,
};

/** The component's settings: `kubernetes_feature_enabled` and `version_info`. */
export function componentMetrics(
  metrics: Metrics,
  { gates, versions = ownVersions }: { readonly gates: readonly GateState[]; readonly versions?: ComponentVersions },
): void {
  const enabled = metrics.gauge('kubernetes_feature_enabled', {
    help: 'This metric records the data about the stage and enablement of a k8s feature.',
    stability: 'BETA',
    labels: ['name', 'stage'],
  });
  for (const { name, stage, on } of gates) enabled.set(on ? 1 : 0, [name, stage]);
  metrics
    .gauge('version_info', {
      help: 'Provides the compatibility version info of the component. The component label is the name of the component, usually kube, but is relevant for aggregated-apiservers.',
      labels: ['binary', 'component', 'emulation', 'min_compat'],
    })
    .set(1, [versions.binary, 'kube', versions.emulation, versions.minCompatibility]);
}
