import type { ContainerStatus } from '@typernetes/api/core/v1';

interface Statuses {
  readonly init: readonly ContainerStatus[];
  readonly regular: readonly ContainerStatus[];
}

/**
 * The statuses of a pod of which nothing runs any more: a container that had started and whose end is unknown has
 * failed, as nobody can tell how it ended (upstream: the status manager's TerminatePod).
 */
export function withoutOpenEnds({ init, regular }: Statuses): Statuses {
  const begun = init.length === 0 || regular.some(hasBegun) || init.at(-1)?.state?.terminated?.exitCode === 0;
  const lastInit = init.findLastIndex(hasBegun);
  return {
    init: init.map((status, index) => (index <= lastInit ? ended(status) : status)),
    regular: begun ? regular.map(ended) : regular,
  };
}

const hasBegun = ({ state, lastState }: ContainerStatus): boolean =>
  Boolean(state?.running || state?.terminated || lastState?.terminated);

function ended(status: ContainerStatus): ContainerStatus {
  if (status.state?.terminated) return status;
  const message = 'The container could not be located when the pod was terminated';
  const terminated = { exitCode: 137, reason: 'ContainerStatusUnknown', message };
  return { ...status, state: { terminated }, ready: false, started: false };
}
