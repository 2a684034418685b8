import { defaultPodTemplateSpec } from './pod-defaults.ts';
import type { ReplicationController } from './v1.gen.ts';

export function defaultReplicationController(controller: ReplicationController): void {
  controller.spec ??= {};
  const spec = controller.spec;
  spec.replicas ??= 1;
  if (!spec.template) return;
  const labels = spec.template.metadata?.labels;
  if (labels) {
    if (isEmpty(spec.selector)) spec.selector = { ...labels };
    if (isEmpty(controller.metadata.labels)) controller.metadata.labels = { ...labels };
  }
  defaultPodTemplateSpec(spec.template);
}

function isEmpty(map: Record<string, string> | undefined): boolean {
  return !map || Object.keys(map).length === 0;
}
