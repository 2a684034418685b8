import { roundToMilli } from './resource-list-defaults.ts';
import type { Container, EnvVar, LifecycleHandler, Probe, ResourceRequirements } from './v1.gen.ts';

/** Defaults of containers, init containers and ephemeral containers, wherever a pod spec is nested. */
export function defaultContainer(container: Container): void {
  container.imagePullPolicy ||= usesLatestTag(container.image ?? '') ? 'Always' : 'IfNotPresent';
  container.terminationMessagePath ||= '/dev/termination-log';
  container.terminationMessagePolicy ||= 'File';
  container.resources ??= {};
  roundToMilli(container.resources.limits);
  roundToMilli(container.resources.requests);
  for (const port of container.ports ?? []) port.protocol ||= 'TCP';
  defaultEnv(container.env);
  defaultProbe(container.livenessProbe);
  defaultProbe(container.readinessProbe);
  defaultProbe(container.startupProbe);
  defaultHandler(container.lifecycle?.postStart);
  defaultHandler(container.lifecycle?.preStop);
}

export function defaultEnv(env: readonly EnvVar[] | undefined): void {
  for (const { valueFrom } of env ?? []) {
    if (valueFrom?.fieldRef) valueFrom.fieldRef.apiVersion ||= 'v1';
    if (valueFrom?.fileKeyRef) valueFrom.fileKeyRef.optional ??= false;
  }
}

/** For pods, not templates: a resource with a limit but no request gets the limit as its request. */
export function requestLimits(resources: ResourceRequirements | undefined): void {
  if (!resources?.limits) return;
  resources.requests ??= {};
  for (const [name, limit] of Object.entries(resources.limits)) resources.requests[name] ??= limit;
}

/** The grammar of image references, as upstream's parser has it: host, names, tag, digest. */
const hostPart = '(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)';
const host = `(?:${hostPart}(?:\\.${hostPart})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const namePart = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const digest = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}';
const reference = new RegExp(`^(?:${host}/)?${namePart}(?:/${namePart})*(?::\\w[\\w.-]{0,127})?(?:@${digest})?$`);

/**
 * True for `nginx`, `nginx:latest` and `host:5000/nginx`. A digest without a tag pins the image, and an invalid
 * reference has no tag.
 */
export function usesLatestTag(image: string): boolean {
  const at = image.indexOf('@');
  const named = at < 0 ? image : image.slice(0, at);
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  const isLatest = colon < 0 ? at < 0 : named.slice(colon + 1) === 'latest';
  return isLatest && reference.test(image) && repositoryPath(named).length <= maxPathLength;
}

/** A longer one is no reference to upstream's parser. */
const maxPathLength = 255;

/** The path on the registry: `library/web` for `web:1`. */
function repositoryPath(named: string): string {
  const slash = named.indexOf('/');
  const first = named.slice(0, Math.max(slash, 0));
  const hasRegistry = /[.:]/.test(first) || first === 'localhost';
  const path = hasRegistry ? named.slice(slash + 1) : slash < 0 ? `library/${named}` : named;
  return path.replace(/:[^/]*$/, '');
}

function defaultProbe(probe: Probe | undefined): void {
  if (!probe) return;
  probe.timeoutSeconds ||= 1;
  probe.periodSeconds ||= 10;
  probe.successThreshold ||= 1;
  probe.failureThreshold ||= 3;
  if (probe.grpc) probe.grpc.service ??= '';
  defaultHandler(probe);
}

function defaultHandler(handler: Pick<LifecycleHandler, 'httpGet'> | undefined): void {
  if (!handler?.httpGet) return;
  handler.httpGet.path ||= '/';
  handler.httpGet.scheme ||= 'HTTP';
}
