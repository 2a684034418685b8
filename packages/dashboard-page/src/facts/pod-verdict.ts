import type { ContainerState, ContainerStatus, Pod } from '@typernetes/api/core/v1';
import { findCondition } from '@typernetes/machinery';
import { type Tone, type Verdict, verdict } from './verdict.ts';

/** Reasons for waiting that pass by themselves. */
const passing = new Set(['ContainerCreating', 'PodInitializing', '']);

/**
 * How a pod is, and what keeps it from running: the scheduler's reason, a container that cannot start or does not stay up, a probe that fails, a
 * node that has evicted it. The word is the one that kubectl shows as the pod's status.
 */
export function podVerdict(pod: Pod): Verdict {
  const { metadata, status = {} } = pod;
  const phase = status.phase ?? 'Unknown';
  if (metadata.deletionTimestamp !== undefined)
    return verdict('busy', status.reason === 'NodeLost' ? 'Unknown' : 'Terminating', terminating(pod));
  if (phase === 'Succeeded') return verdict('off', 'Completed');
  const troubles = [
    ...(status.initContainerStatuses ?? []).flatMap((one) => containerTrouble(one, { isInit: true })),
    ...(status.containerStatuses ?? []).flatMap((one) => containerTrouble(one, { isInit: false })),
  ].sort((a, b) => Number(b.tone === 'bad') - Number(a.tone === 'bad'));
  const [worst] = troubles;
  if (phase === 'Failed')
    return verdict('bad', status.reason ?? worst?.word ?? 'Error', status.message, ...troubles.map(({ why }) => why));
  if (worst) return verdict(worst.tone, worst.word, ...troubles.map(({ why }) => why), status.message);
  if (phase === 'Pending') return pending(pod);
  if (phase === 'Unknown') return verdict('bad', 'Unknown', status.message ?? 'Its node does not tell how it is');
  return running(pod);
}

function terminating({ metadata, spec }: Pod): string {
  const { finalizers = [], deletionTimestamp = '' } = metadata;
  if (finalizers.length > 0) return `Finalizers hold it: ${finalizers.join(', ')}`;
  const grace = spec?.terminationGracePeriodSeconds;
  return `Was told to end; by ${deletionTimestamp} at the latest${grace === undefined ? '' : `, after ${grace} s of grace`}`;
}

function pending({ status = {} }: Pod): Verdict {
  const scheduled = findCondition(status.conditions, 'PodScheduled');
  if (scheduled?.status === 'False')
    return verdict('bad', scheduled.reason ?? 'Pending', scheduled.message ?? 'No node has been found for it');
  return verdict('busy', 'Pending', scheduled ? 'Its node is preparing it' : 'Waits for the scheduler');
}

function running({ status = {} }: Pod): Verdict {
  const ready = findCondition(status.conditions, 'Ready');
  if (ready?.status === 'True') return verdict('ok', 'Running');
  const unready = (status.containerStatuses ?? []).filter((one) => !one.ready && one.state?.running);
  const gates = (status.conditions ?? []).filter(({ reason }) => reason === 'ReadinessGatesNotReady');
  return verdict(
    'busy',
    'NotReady',
    ...unready.map(({ name }) => `Container ${name} runs, but its readiness probe does not succeed`),
    ...gates.map(({ message }) => message),
    unready.length + gates.length === 0 ? ready?.message : undefined,
  );
}

interface Trouble {
  readonly tone: Tone;
  readonly word: string;
  readonly why: string;
}

function containerTrouble(one: ContainerStatus, { isInit }: { isInit: boolean }): Trouble[] {
  const { name, state = {}, lastState, restartCount } = one;
  const prefix = isInit ? 'Init:' : '';
  const { waiting, terminated } = state;
  if (waiting) {
    const reason = waiting.reason ?? '';
    if (passing.has(reason)) return [];
    const before = ending(lastState);
    const said = [waiting.message, before].filter((text) => text !== undefined && text !== '').join('; ');
    const times = restartCount > 0 ? ` (restarted ${restartCount}×)` : '';
    return [{ tone: 'bad', word: prefix + reason, why: `Container ${name}${times}: ${said || reason}` }];
  }
  if (terminated && terminated.exitCode !== 0)
    return [
      {
        tone: 'bad',
        word: prefix + (terminated.reason ?? 'Error'),
        why: `Container ${name}: ${ending(state)}`,
      },
    ];
  return [];
}

/** How it ended: `it ended with exit code 137 (OOMKilled)`. */
function ending(state: ContainerState | undefined): string | undefined {
  const ended = state?.terminated;
  if (!ended) return undefined;
  const { exitCode, signal, reason, message } = ended;
  const how = signal ? `it was ended by signal ${signal}` : `it ended with exit code ${exitCode}`;
  return `${how}${reason ? ` (${reason})` : ''}${message ? `: ${message.trim()}` : ''}`;
}

/** How often its containers have been restarted, all together. */
export const restartsOf = ({ status = {} }: Pod): number =>
  [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])].reduce(
    (sum, { restartCount }) => sum + restartCount,
    0,
  );
