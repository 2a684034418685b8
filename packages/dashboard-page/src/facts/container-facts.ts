import type { Container, ContainerStatus, Pod } from '@typernetes/api/core/v1';
import { type Tone, type Verdict, verdict } from './verdict.ts';

/** A container of a pod: what was asked for, and what has become of it. */
export interface ContainerFacts {
  readonly name: string;
  readonly role: 'container' | 'init container' | 'sidecar' | 'ephemeral container';
  readonly spec: Container;
  readonly status: ContainerStatus | undefined;
  readonly verdict: Verdict;
  /** How the run before this one ended. */
  readonly last: string | undefined;
}

/** In the order in which they start; ephemeral ones last. */
export function containersOf({ spec, status = {} }: Pod): ContainerFacts[] {
  const find = (list: readonly ContainerStatus[] | undefined, name: string): ContainerStatus | undefined =>
    list?.find((one) => one.name === name);
  return [
    ...(spec?.initContainers ?? []).map((one) =>
      factsOf(
        one,
        one.restartPolicy === 'Always' ? 'sidecar' : 'init container',
        find(status.initContainerStatuses, one.name),
      ),
    ),
    ...(spec?.containers ?? []).map((one) => factsOf(one, 'container', find(status.containerStatuses, one.name))),
    ...(spec?.ephemeralContainers ?? []).map((one) =>
      factsOf(one as Container, 'ephemeral container', find(status.ephemeralContainerStatuses, one.name)),
    ),
  ];
}

function factsOf(spec: Container, role: ContainerFacts['role'], status: ContainerStatus | undefined): ContainerFacts {
  const ended = status?.lastState?.terminated;
  return {
    name: spec.name,
    role,
    spec,
    status,
    verdict: stateOf(status, role),
    last: ended
      ? `${ended.reason ?? 'Ended'}, exit code ${ended.exitCode}${ended.finishedAt ? `, ${ended.finishedAt}` : ''}`
      : undefined,
  };
}

function stateOf(status: ContainerStatus | undefined, role: ContainerFacts['role']): Verdict {
  const { waiting, running, terminated } = status?.state ?? {};
  if (running) {
    const isUnready = role !== 'ephemeral container' && status?.ready === false;
    return verdict(
      isUnready ? 'busy' : 'ok',
      isUnready ? 'Running, not ready' : 'Running',
      `since ${running.startedAt}`,
    );
  }
  if (terminated) {
    const tone: Tone = terminated.exitCode === 0 ? 'off' : 'bad';
    return verdict(tone, terminated.reason ?? 'Terminated', `exit code ${terminated.exitCode}`, terminated.message);
  }
  if (waiting) {
    const reason = waiting.reason ?? 'Waiting';
    const tone: Tone = ['ContainerCreating', 'PodInitializing', 'Waiting'].includes(reason) ? 'busy' : 'bad';
    return verdict(tone, reason, waiting.message);
  }
  return verdict('busy', 'Not started');
}
