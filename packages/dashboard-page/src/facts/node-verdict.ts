import type { Node } from '@typernetes/api/core/v1';
import { findCondition } from '@typernetes/machinery';
import { type Verdict, verdict } from './verdict.ts';

/** Conditions that tell of trouble when they are true. */
const pressures = ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'NetworkUnavailable'];

/** How a node is. Pressure comes with the kubelet's own words. */
export function nodeVerdict({ spec = {}, status = {} }: Node): Verdict {
  const ready = findCondition(status.conditions, 'Ready');
  const cordoned = spec.unschedulable ? 'It is cordoned: no pods are placed on it' : undefined;
  if (ready?.status !== 'True')
    return verdict(
      'bad',
      ready?.status === 'Unknown' ? 'Unknown' : 'NotReady',
      ready?.message ?? 'Its kubelet has not reported',
      cordoned,
    );
  const pressed = (status.conditions ?? []).filter(({ type, status }) => pressures.includes(type) && status === 'True');
  if (pressed.length > 0)
    return verdict(
      'bad',
      pressed.map(({ type }) => type).join(', '),
      ...pressed.map(({ message }) => message),
      cordoned,
    );
  return cordoned === undefined ? verdict('ok', 'Ready') : verdict('busy', 'Cordoned', cordoned);
}

const rolePrefix = 'node-role.kubernetes.io/';

/** `control-plane`; empty for a worker. */
export const rolesOf = ({ metadata }: Node): string[] =>
  Object.keys(metadata.labels ?? {}).flatMap((label) =>
    label.startsWith(rolePrefix) ? [label.slice(rolePrefix.length)] : [],
  );
