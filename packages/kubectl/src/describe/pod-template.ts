import type {
  Container,
  ContainerStatus,
  Pod,
  PodTemplateSpec,
  Probe,
  ResourceRequirements,
  Toleration,
  TopologySpreadConstraint,
  Volume,
} from '@typernetes/api/core/v1';
import { formatLabelSelector } from '@typernetes/machinery';
import type { Description } from './description.ts';
import { describeEnvironment } from './environment.ts';
import { longTime } from './times.ts';
import { describeVolumeSource } from './volume-source.ts';

/** The part of a workload's description that is its pod template. */
export function describeTemplate(text: Description, template: PodTemplateSpec): void {
  text.line(0, 'Pod Template:');
  text.pairs(1, 'Labels:', template.metadata?.labels);
  if (template.metadata?.annotations) text.annotations(1, template.metadata.annotations);
  const { spec } = template;
  if (!spec) return;
  if (spec.serviceAccountName) text.line(1, 'Service Account:', spec.serviceAccountName);
  if (spec.initContainers?.length)
    describeContainers(text, { title: 'Init Containers', level: 1, containers: spec.initContainers });
  describeContainers(text, { title: 'Containers', level: 1, containers: spec.containers });
  describeVolumes(text, 1, spec.volumes);
  describeSpread(text, 1, spec.topologySpreadConstraints);
  if (spec.priorityClassName) text.line(1, 'Priority Class Name:', spec.priorityClassName);
  text.pairs(1, 'Node-Selectors:', spec.nodeSelector);
  describeTolerations(text, 1, spec.tolerations);
}

export function describeContainers(
  text: Description,
  of: {
    title: string;
    level: number;
    containers: readonly Container[];
    statuses?: readonly ContainerStatus[];
    pod?: Pod;
  },
): void {
  const { title, level, containers, statuses, pod } = of;
  text.line(level, `${title}:${containers.length === 0 ? ' <none>' : ''}`);
  for (const container of containers) {
    const status = statuses?.find(({ name }) => name === container.name);
    text.line(1, `${below(level)}${container.name}:`);
    const line = (name: string, value: string): void => text.line(2, `${name}:`, value);
    if (status) line('Container ID', status.containerID ?? '');
    line('Image', container.image ?? '');
    if (status) line('Image ID', status.imageID);
    const ports = container.ports ?? [];
    const list = (number: 'containerPort' | 'hostPort'): string =>
      ports.map((p) => `${p[number] ?? 0}/${p.protocol ?? 'TCP'}${p.name ? ` (${p.name})` : ''}`).join(', ') ||
      '<none>';
    line(ports.length > 1 ? 'Ports' : 'Port', list('containerPort'));
    line(ports.length > 1 ? 'Host Ports' : 'Host Port', list('hostPort'));
    const seccomp = container.securityContext?.seccompProfile;
    if (seccomp) line('SeccompProfile', seccomp.type);
    if (seccomp?.type === 'Localhost') text.line(3, 'LocalhostProfile:', seccomp.localhostProfile ?? '');
    if (container.command?.length) block(text, { level: 2, title: 'Command:', lines: container.command });
    if (container.args?.length) block(text, { level: 2, title: 'Args:', lines: container.args });
    if (status) describeState(text, 2, status);
    describeResources(text, 2, container.resources);
    if (container.livenessProbe) line('Liveness', probeText(container.livenessProbe));
    if (container.readinessProbe) line('Readiness', probeText(container.readinessProbe));
    if (container.startupProbe) line('Startup', probeText(container.startupProbe));
    describeEnvironment(text, container, pod);
    describeMounts(text, 2, container);
  }
}

export function describeResources(text: Description, level: number, resources: ResourceRequirements | undefined): void {
  for (const [title, amounts] of [
    ['Limits', resources?.limits],
    ['Requests', resources?.requests],
  ] as const) {
    const sorted = Object.entries(amounts ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
    if (sorted.length > 0) text.line(level, `${title}:`);
    for (const [resource, amount] of sorted) text.line(level + 1, `${resource}:`, amount);
  }
}

function block(
  text: Description,
  { level, title, lines }: { level: number; title: string; lines: readonly string[] },
): void {
  text.line(level, title);
  for (const line of lines.flatMap((value) => value.split('\n'))) text.line(level + 1, line);
}

function describeState(text: Description, level: number, status: ContainerStatus): void {
  for (const [title, state] of [
    ['State', status.state],
    ['Last State', status.lastState?.terminated ? status.lastState : undefined],
  ] as const) {
    if (state?.running) {
      text.line(level, `${title}:`, 'Running');
      text.line(level + 1, 'Started:', longTime(state.running.startedAt));
    } else if (state?.waiting) {
      text.line(level, `${title}:`, 'Waiting');
      if (state.waiting.reason) text.line(level + 1, 'Reason:', state.waiting.reason);
    } else if (state?.terminated) {
      const { reason, message, exitCode, signal, startedAt, finishedAt } = state.terminated;
      text.line(level, `${title}:`, 'Terminated');
      if (reason) text.line(level + 1, 'Reason:', reason);
      if (message) text.line(level + 1, 'Message:', message);
      text.line(level + 1, 'Exit Code:', String(exitCode));
      if (signal) text.line(level + 1, 'Signal:', String(signal));
      text.line(level + 1, 'Started:', longTime(startedAt));
      text.line(level + 1, 'Finished:', longTime(finishedAt));
    } else if (title === 'State') text.line(level, 'State:', 'Waiting');
  }
  text.line(level, 'Ready:', status.ready ? 'True' : 'False');
  text.line(level, 'Restart Count:', String(status.restartCount));
}

function describeMounts(text: Description, level: number, { volumeMounts = [], volumeDevices = [] }: Container): void {
  text.line(level, 'Mounts:', ...(volumeMounts.length === 0 ? ['<none>'] : []));
  for (const { mountPath, name, readOnly, subPath } of volumeMounts.toSorted(by('mountPath'))) {
    const notes = [readOnly ? 'ro' : 'rw', ...(subPath ? [`path=${JSON.stringify(subPath)}`] : [])];
    text.line(level + 1, `${mountPath} from ${name} (${notes.join(',')})`);
  }
  if (volumeDevices.length === 0) return;
  text.line(level, 'Devices:', ...(volumeMounts.length === 0 ? ['<none>'] : []));
  for (const { devicePath, name } of volumeDevices.toSorted(by('devicePath')))
    text.line(level + 1, `${devicePath} from ${name}`);
}

function by<K extends string>(field: K): (a: Record<K, string>, b: Record<K, string>) => number {
  return (a, b) => (a[field] < b[field] ? -1 : 1);
}

export function probeText(probe: Probe): string {
  const {
    initialDelaySeconds = 0,
    timeoutSeconds = 1,
    periodSeconds = 10,
    successThreshold = 1,
    failureThreshold = 3,
  } = probe;
  const timing = `delay=${initialDelaySeconds}s timeout=${timeoutSeconds}s period=${periodSeconds}s #success=${successThreshold} #failure=${failureThreshold}`;
  const { exec, httpGet, tcpSocket, grpc } = probe;
  if (exec) return `exec [${(exec.command ?? []).join(' ')}] ${timing}`;
  if (httpGet) {
    const { scheme = 'HTTP', host = '', port, path = '' } = httpGet;
    return `http-get ${scheme.toLowerCase()}://${host.includes(':') ? `[${host}]` : host}:${port}${path} ${timing}`;
  }
  if (tcpSocket) return `tcp-socket ${tcpSocket.host ?? ''}:${tcpSocket.port} ${timing}`;
  return grpc ? `grpc <pod>:${grpc.port} ${grpc.service ?? ''} ${timing}` : `unknown ${timing}`;
}

export function describeVolumes(text: Description, level: number, volumes: readonly Volume[] = []): void {
  text.line(level, 'Volumes:', ...(volumes.length === 0 ? ['<none>'] : []));
  for (const volume of volumes) {
    text.line(1, `${below(level)}${volume.name}:`);
    describeVolumeSource(text, 2, { source: volume, persistent: false });
  }
}

/** The fields inside a template have the same indentation as in a pod; only names are indented by one blank. */
function below(level: number): string {
  return level > 0 ? ' ' : '';
}

export function describeSpread(
  text: Description,
  level: number,
  constraints: readonly TopologySpreadConstraint[] = [],
): void {
  const sorted = constraints.toSorted((a, b) => (a.topologyKey < b.topologyKey ? -1 : 1));
  for (const [i, { topologyKey, whenUnsatisfiable, maxSkew, labelSelector }] of sorted.entries()) {
    const selector = labelSelector ? ` for selector ${formatLabelSelector(labelSelector)}` : '';
    const line = `${topologyKey}:${whenUnsatisfiable} when max skew ${maxSkew} is exceeded${selector}`;
    text.line(level, i === 0 ? 'Topology Spread Constraints:' : '', line);
  }
}

export function describeTolerations(text: Description, level: number, tolerations: readonly Toleration[] = []): void {
  if (tolerations.length === 0) text.line(level, 'Tolerations:', '<none>');
  const sorted = tolerations.toSorted((a, b) => ((a.key ?? '') < (b.key ?? '') ? -1 : 1));
  for (const [i, toleration] of sorted.entries())
    text.line(level, i === 0 ? 'Tolerations:' : '', tolerationText(toleration));
}

function tolerationText({ key = '', value, operator, effect, tolerationSeconds }: Toleration): string {
  const subject = `${key}${value ? `=${value}` : ''}${effect ? `:${effect}` : ''}`;
  const exists = operator === 'Exists' && !value ? `${subject === '' ? '' : ' '}op=Exists` : '';
  return `${subject}${exists}${tolerationSeconds === undefined ? '' : ` for ${tolerationSeconds}s`}`;
}
