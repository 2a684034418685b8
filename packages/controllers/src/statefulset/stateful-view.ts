import type { StatefulSet } from '@typernetes/api/apps/v1';
import type { PersistentVolumeClaim, Pod, PodTemplateSpec } from '@typernetes/api/core/v1';

/** A revision's name and content. */
interface Version {
  readonly name: string;
  readonly template: PodTemplateSpec;
}

export interface StatefulView {
  readonly set: StatefulSet;
  readonly current: Version;
  readonly update: Version;
  readonly pods: readonly Pod[];
  readonly claim: (name: string) => PersistentVolumeClaim | undefined;
  readonly now: number;
}
