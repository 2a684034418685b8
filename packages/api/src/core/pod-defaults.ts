import { defaultContainer, requestLimits } from './container-defaults.ts';
import { defaultPodLevelResources } from './pod-level-resources.ts';
import { roundToMilli } from './resource-list-defaults.ts';
import type { Container, Pod, PodSpec, PodTemplate, PodTemplateSpec } from './v1.gen.ts';
import { defaultVolume } from './volume-defaults.ts';

/** Defaults of a pod: those of a template, and those for pods alone. */
export function defaultPod(pod: Pod): void {
  pod.spec ??= {} as PodSpec;
  const spec = pod.spec;
  spec.enableServiceLinks ??= true;
  if (spec.hostNetwork) {
    publishPorts(spec.containers);
    publishPorts(spec.initContainers);
  }
  defaultPodSpec(spec);
  for (const container of spec.containers ?? []) requestLimits(container.resources);
  for (const container of spec.initContainers ?? []) requestLimits(container.resources);
  defaultPodLevelResources(spec);
}

export function defaultPodTemplate(object: PodTemplate): void {
  object.template ??= {};
  defaultPodTemplateSpec(object.template);
}

/** The template inside a workload object. */
export function defaultPodTemplateSpec(template: PodTemplateSpec): void {
  template.spec ??= {} as PodSpec;
  defaultPodSpec(template.spec);
}

function defaultPodSpec(spec: PodSpec): void {
  spec.dnsPolicy ||= 'ClusterFirst';
  spec.restartPolicy ||= 'Always';
  spec.securityContext ??= {};
  spec.terminationGracePeriodSeconds ??= 30;
  spec.schedulerName ||= 'default-scheduler';
  // The deprecated name follows the current one; an old client that sets only it still gets its account.
  if (spec.serviceAccountName) spec.serviceAccount = spec.serviceAccountName;
  else if (spec.serviceAccount) spec.serviceAccountName = spec.serviceAccount;
  for (const list of [spec.overhead, spec.resources?.limits, spec.resources?.requests]) roundToMilli(list);
  for (const volume of spec.volumes ?? []) defaultVolume(volume);
  for (const container of spec.initContainers ?? []) defaultContainer(container);
  for (const container of spec.containers ?? []) defaultContainer(container);
  for (const container of spec.ephemeralContainers ?? []) defaultContainer(container);
}

/** In the host network, every container port is a port of the node. */
function publishPorts(containers: Container[] | undefined): void {
  for (const container of containers ?? []) {
    for (const port of container.ports ?? []) port.hostPort ||= port.containerPort;
  }
}
