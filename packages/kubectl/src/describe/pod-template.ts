import type {
  Container,
  ContainerStatus,
  EnvVar,
  PodTemplateSpec,
  Probe,
  Toleration,
  Volume,
} from '@typernetes/api/core/v1';
import type { Description } from './description.ts';
import { longTime } from './times.ts';

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
  if (spec.priorityClassName) text.line(1, 'Priority Class Name:', spec.priorityClassName);
  text.pairs(1, 'Node-Selectors:', spec.nodeSelector);
  describeTolerations(text, 1, spec.tolerations);
}

export function describeContainers(
  text: Description,
  of: { title: string; level: number; containers: readonly Container[]; statuses?: readonly ContainerStatus[] },
): void {
  const { title, level, containers, statuses } = of;
  text.line(level, `${title}:`);
  for (const container of containers) {
    const status = statuses?.find(({ name }) => name === container.name);
    text.line(level + 1, `${container.name}:`);
    const line = (name: string, value: string): void => text.line(level + 2, `${name}:`, value);
    if (status?.containerID) line('Container ID', status.containerID);
    line('Image', container.image ?? '');
    if (status?.imageID) line('Image ID', status.imageID);
    const ports = container.ports ?? [];
    line(
      ports.length > 1 ? 'Ports' : 'Port',
      ports.map((p) => `${p.containerPort}/${p.protocol ?? 'TCP'}${p.name ? ` (${p.name})` : ''}`).join(', ') ||
        '<none>',
    );
    line(
      ports.length > 1 ? 'Host Ports' : 'Host Port',
      ports.map((p) => `${p.hostPort ?? 0}/${p.protocol ?? 'TCP'}${p.name ? ` (${p.name})` : ''}`).join(', ') ||
        '<none>',
    );
    if (container.command?.length) block(text, { level: level + 2, title: 'Command:', lines: container.command });
    if (container.args?.length) block(text, { level: level + 2, title: 'Args:', lines: container.args });
    if (status) describeState(text, level + 2, status);
    for (const [name, amounts] of [
      ['Limits', container.resources?.limits],
      ['Requests', container.resources?.requests],
    ] as const) {
      if (amounts) {
        text.line(level + 2, `${name}:`);
        for (const [resource, amount] of Object.entries(amounts).sort()) text.line(level + 3, `${resource}:`, amount);
      }
    }
    if (container.livenessProbe) line('Liveness', probeText(container.livenessProbe));
    if (container.readinessProbe) line('Readiness', probeText(container.readinessProbe));
    if (container.startupProbe) line('Startup', probeText(container.startupProbe));
    describeEnvironment(text, level + 2, container);
    describeMounts(text, level + 2, container);
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
    ['Last State', status.lastState],
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

function describeEnvironment(text: Description, level: number, { env = [], envFrom = [] }: Container): void {
  if (envFrom.length > 0) {
    text.line(level, 'Environment Variables from:');
    for (const { configMapRef, secretRef } of envFrom) {
      const source = configMapRef ?? secretRef;
      text.line(
        level + 1,
        source?.name ?? '',
        configMapRef ? 'ConfigMap' : 'Secret',
        `Optional: ${source?.optional ?? false}`,
      );
    }
  }
  if (env.length === 0) {
    text.line(level, 'Environment:', '<none>');
    return;
  }
  text.line(level, 'Environment:');
  for (const variable of env) text.line(level + 1, `${variable.name}:`, environmentValue(variable));
}

function environmentValue({ value, valueFrom }: EnvVar): string {
  if (!valueFrom) return value ?? '';
  const { fieldRef, resourceFieldRef, secretKeyRef, configMapKeyRef } = valueFrom;
  if (fieldRef) return ` (${fieldRef.apiVersion ?? 'v1'}:${fieldRef.fieldPath})`;
  if (resourceFieldRef) return `${resourceFieldRef.resource} (${resourceFieldRef.resource})`;
  const [key, kind] = secretKeyRef ? [secretKeyRef, 'secret'] : [configMapKeyRef, 'config map'];
  return `<set to the key '${key?.key}' of ${kind} '${key?.name}'>  Optional: ${key?.optional ?? false}`;
}

function describeMounts(text: Description, level: number, { volumeMounts = [] }: Container): void {
  if (volumeMounts.length === 0) {
    text.line(level, 'Mounts:', '<none>');
    return;
  }
  text.line(level, 'Mounts:');
  for (const { mountPath, name, readOnly, subPath } of [...volumeMounts].sort((a, b) =>
    a.mountPath < b.mountPath ? -1 : 1,
  )) {
    const notes = [readOnly ? 'ro' : 'rw', ...(subPath ? [`path=${JSON.stringify(subPath)}`] : [])];
    text.line(level + 1, `${mountPath} from ${name} (${notes.join(',')})`);
  }
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
    return `http-get ${scheme.toLowerCase()}://${host}:${port}${path} ${timing}`;
  }
  if (tcpSocket) return `tcp-socket ${tcpSocket.host ?? ''}:${tcpSocket.port} ${timing}`;
  return grpc ? `grpc <pod>:${grpc.port} ${grpc.service ?? ''} ${timing}` : `unknown ${timing}`;
}

export function describeVolumes(text: Description, level: number, volumes: readonly Volume[] = []): void {
  if (volumes.length === 0) {
    text.line(level, 'Volumes:', '<none>');
    return;
  }
  text.line(level, 'Volumes:');
  for (const volume of volumes) {
    text.line(level + 1, `${volume.name}:`);
    for (const [name, value] of volumeLines(volume)) text.line(level + 2, `${name}:`, value);
  }
}

function volumeLines(volume: Volume): [string, string][] {
  const { emptyDir, hostPath, configMap, secret, projected, downwardAPI, persistentVolumeClaim } = volume;
  if (hostPath)
    return [
      ['Type', 'HostPath (bare host directory volume)'],
      ['Path', hostPath.path],
      ['HostPathType', hostPath.type ?? ''],
    ];
  if (emptyDir)
    return [
      ['Type', "EmptyDir (a temporary directory that shares a pod's lifetime)"],
      ['Medium', emptyDir.medium ?? ''],
      ['SizeLimit', emptyDir.sizeLimit ?? '<unset>'],
    ];
  if (configMap)
    return [
      ['Type', 'ConfigMap (a volume populated by a ConfigMap)'],
      ['Name', configMap.name ?? ''],
      ['Optional', String(configMap.optional ?? false)],
    ];
  if (secret)
    return [
      ['Type', 'Secret (a volume populated by a Secret)'],
      ['SecretName', secret.secretName ?? ''],
      ['Optional', String(secret.optional ?? false)],
    ];
  if (persistentVolumeClaim)
    return [
      ['Type', 'PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)'],
      ['ClaimName', persistentVolumeClaim.claimName],
      ['ReadOnly', String(persistentVolumeClaim.readOnly ?? false)],
    ];
  if (downwardAPI)
    return [
      ['Type', 'DownwardAPI (a volume populated by information about the pod)'],
      ...(downwardAPI.items ?? []).map((item): [string, string] => [
        'Items',
        `${item.fieldRef?.fieldPath ?? item.resourceFieldRef?.resource} -> ${item.path}`,
      ]),
    ];
  if (projected) {
    return [
      ['Type', 'Projected (a volume that contains injected data from multiple sources)'],
      ...(projected.sources ?? []).flatMap((source): [string, string][] => {
        if (source.serviceAccountToken)
          return [['TokenExpirationSeconds', String(source.serviceAccountToken.expirationSeconds ?? 3600)]];
        if (source.configMap)
          return [
            ['ConfigMapName', source.configMap.name ?? ''],
            ['Optional', String(source.configMap.optional ?? false)],
          ];
        if (source.secret)
          return [
            ['SecretName', source.secret.name ?? ''],
            ['Optional', String(source.secret.optional ?? false)],
          ];
        return source.downwardAPI ? [['DownwardAPI', 'true']] : [];
      }),
    ];
  }
  const [kind = 'unknown'] = Object.keys(volume).filter((key) => key !== 'name');
  return [['Type', kind]];
}

export function describeTolerations(text: Description, level: number, tolerations: readonly Toleration[] = []): void {
  if (tolerations.length === 0) text.line(level, 'Tolerations:', '<none>');
  const sorted = tolerations.toSorted((a, b) => ((a.key ?? '') < (b.key ?? '') ? -1 : 1));
  for (const [i, toleration] of sorted.entries())
    text.line(level, i === 0 ? 'Tolerations:' : '', tolerationText(toleration));
}

function tolerationText({ key = '', value, operator, effect, tolerationSeconds }: Toleration): string {
  const exists =
    operator === 'Exists' && effect
      ? ' op=Exists'
      : operator === 'Exists' && !key
        ? 'op=Exists'
        : operator === 'Exists'
          ? ' op=Exists'
          : '';
  const shown = `${key}${value ? `=${value}` : ''}${effect ? `:${effect}` : ''}${exists}`;
  return tolerationSeconds === undefined ? shown : `${shown} for ${tolerationSeconds}s`;
}
