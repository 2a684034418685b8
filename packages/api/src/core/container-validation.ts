import {
  duplicateValue,
  forbiddenValue,
  invalidValue,
  labelNameProblems,
  notFoundValue,
  portNameProblems,
  requiredValue,
} from '@typernetes/machinery';
import { oneOf, type Problems, port, wellFormed } from '../meta/field-checks.ts';
import { envFromProblems, envProblems } from './environment-validation.ts';
import { resourceProblems } from './resources-validation.ts';
import { seccompProblems } from './security-validation.ts';
import type { Container, ContainerPort, SecurityContext, VolumeMount } from './v1.gen.ts';
import { noBacksteps } from './volume-files-validation.ts';

/** The context against which a container's fields are checked. */
export interface ContainerScope {
  readonly at: string;
  readonly volumes: ReadonlySet<string>;
  /** Those volumes that are claims: only these can be block devices. */
  readonly claims: ReadonlySet<string>;
}

/** Rules for containers, init containers and ephemeral containers. */
export function* containerProblems(container: Container, scope: ContainerScope): Problems {
  const { at, volumes } = scope;
  yield* wellFormed(container.name, { at: `${at}.name`, by: labelNameProblems, required: true });
  if (!container.image) yield requiredValue(`${at}.image`);
  yield* oneOf(container.terminationMessagePolicy, {
    at: `${at}.terminationMessagePolicy`,
    of: ['File', 'FallbackToLogsOnError'],
    required: true,
  });
  yield* oneOf(container.imagePullPolicy, {
    at: `${at}.imagePullPolicy`,
    of: ['Always', 'IfNotPresent', 'Never'],
    required: true,
  });
  yield* containerPortProblems(container.ports, `${at}.ports`);
  yield* envProblems(container.env, `${at}.env`);
  yield* envFromProblems(container.envFrom, `${at}.envFrom`);
  yield* mountProblems(container, { at, volumes });
  yield* deviceProblems(container, scope);
  yield* resourceProblems(container.resources, `${at}.resources`);
  if (container.securityContext) yield* securityProblems(container.securityContext, `${at}.securityContext`);
}

/** For pods only: stored templates may have spaces around images. */
export function* imageSpaceProblems({ image = '' }: Container, at: string): Problems {
  if (image.trim() === image) return;
  yield invalidValue(`${at}.image`, image, 'must not have leading or trailing whitespace');
}

function* containerPortProblems(ports: readonly ContainerPort[] | undefined, at: string): Problems {
  const names = new Set<string>();
  for (const [i, { name, containerPort, hostPort, protocol }] of (ports ?? []).entries()) {
    const path = `${at}[${i}]`;
    yield* wellFormed(name, { at: `${path}.name`, by: portNameProblems });
    if (name) {
      if (names.has(name)) yield duplicateValue(`${path}.name`, name);
      names.add(name);
    }
    if (!containerPort) yield requiredValue(`${path}.containerPort`);
    else yield* port(containerPort, `${path}.containerPort`);
    if (hostPort) yield* port(hostPort, `${path}.hostPort`);
    yield* oneOf(protocol, { at: `${path}.protocol`, of: ['SCTP', 'TCP', 'UDP'], required: true });
  }
}

export function* mountProblems(
  { volumeMounts, securityContext }: Pick<Container, 'volumeMounts' | 'securityContext'>,
  { at, volumes }: Pick<ContainerScope, 'at' | 'volumes'>,
): Problems {
  const paths = new Set<string>();
  for (const [i, mount] of (volumeMounts ?? []).entries()) {
    const path = `${at}.volumeMounts[${i}]`;
    if (!mount.name) yield requiredValue(`${path}.name`);
    if (!volumes.has(mount.name)) yield notFoundValue(`${path}.name`, mount.name ?? '');
    if (!mount.mountPath) yield requiredValue(`${path}.mountPath`);
    else if (paths.has(mount.mountPath)) yield invalidValue(`${path}.mountPath`, mount.mountPath, 'must be unique');
    paths.add(mount.mountPath);
    yield* subPathProblems(mount, path);
    yield* oneOf(mount.mountPropagation, {
      at: `${path}.mountPropagation`,
      of: ['Bidirectional', 'HostToContainer', 'None'],
    });
    if (mount.mountPropagation === 'Bidirectional' && !securityContext?.privileged) {
      const detail = 'Bidirectional mount propagation is available only to privileged containers';
      yield forbiddenValue(`${path}.mountPropagation`, detail);
    }
    yield* recursionProblems(mount, `${path}.recursiveReadOnly`);
  }
}

function* recursionProblems(
  { recursiveReadOnly: value, readOnly, mountPropagation }: VolumeMount,
  at: string,
): Problems {
  if (value == null || value === 'Disabled') return;
  yield* oneOf(value, { at, of: ['Disabled', 'Enabled', 'IfPossible'] });
  if (value !== 'Enabled' && value !== 'IfPossible') return;
  if (!readOnly) yield forbiddenValue(at, 'may only be specified when readOnly is true');
  if (mountPropagation && mountPropagation !== 'None')
    yield forbiddenValue(at, 'may only be specified when mountPropagation is None or not specified');
}

/** Devices of claims that are given to the container as blocks. `claims`: the volumes that may be. */
function* deviceProblems(
  { volumeDevices, volumeMounts }: Pick<Container, 'volumeDevices' | 'volumeMounts'>,
  { at, volumes, claims }: ContainerScope,
): Problems {
  const [names, paths] = [new Set<string>(), new Set<string>()];
  for (const [i, { name, devicePath }] of (volumeDevices ?? []).entries()) {
    const path = `${at}.volumeDevices[${i}]`;
    if (!name) yield requiredValue(`${path}.name`);
    if (names.has(name)) yield invalidValue(`${path}.name`, name, 'must be unique');
    if (volumes.has(name) && !claims.has(name)) {
      const detail = 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode';
      yield invalidValue(`${path}.name`, name, detail);
    }
    if (!volumes.has(name)) yield notFoundValue(`${path}.name`, name);
    if (!devicePath) yield requiredValue(`${path}.devicePath`);
    if (paths.has(devicePath)) yield invalidValue(`${path}.devicePath`, devicePath, 'must be unique');
    if (devicePath?.split('/').includes('..'))
      yield invalidValue(`${path}.devicePath`, devicePath, "can not contain backsteps ('..')");
    if (volumeMounts?.some((mount) => mount.name === name))
      yield invalidValue(`${path}.name`, name, 'must not already exist in volumeMounts');
    if (volumeMounts?.some(({ mountPath }) => mountPath === devicePath))
      yield invalidValue(`${path}.devicePath`, devicePath, 'must not already exist as a path in volumeMounts');
    names.add(name);
    paths.add(devicePath);
  }
}

function* subPathProblems({ subPath, subPathExpr }: VolumeMount, at: string): Problems {
  for (const [name, value] of [
    ['subPath', subPath],
    ['subPathExpr', subPathExpr],
  ] as const) {
    if (!value) continue;
    if (value.startsWith('/')) yield invalidValue(`${at}.${name}`, value, 'must be a relative path');
    yield* noBacksteps(value, `${at}.${name}`);
  }
  if (subPath && subPathExpr) {
    yield invalidValue(`${at}.subPathExpr`, subPathExpr, 'subPathExpr and subPath are mutually exclusive');
  }
}

function* securityProblems(security: SecurityContext, at: string): Problems {
  const { runAsUser, runAsGroup, procMount, allowPrivilegeEscalation, privileged, capabilities } = security;
  yield* userId(runAsUser, `${at}.runAsUser`);
  yield* userId(runAsGroup, `${at}.runAsGroup`);
  yield* oneOf(procMount, { at: `${at}.procMount`, of: ['Default', 'Unmasked'] });
  yield* seccompProblems(security.seccompProfile, `${at}.seccompProfile`);
  if (allowPrivilegeEscalation !== false) return;
  if (privileged) {
    yield invalidValue(at, security, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true');
  }
  if (capabilities?.add?.includes('CAP_SYS_ADMIN')) {
    const detail = 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN';
    yield invalidValue(at, security, detail);
  }
}

export function* userId(id: number | undefined, at: string): Problems {
  if (id != null && (id < 0 || id > 2147483647)) {
    yield invalidValue(at, id, 'must be between 0 and 2147483647, inclusive');
  }
}
