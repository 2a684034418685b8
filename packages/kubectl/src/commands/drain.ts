import { daemonsets } from '@typernetes/api/apps/v1';
import { type Node, type Pod, pods } from '@typernetes/api/core/v1';
import { messagesOf } from '@typernetes/base';
import { controllerOf, parseSelector } from '@typernetes/machinery';
import type { ParsedFlags } from '@typernetes/process';
import { defineCommand } from '../command.ts';
import { warningText } from '../requests/warning-text.ts';
import type { Session } from '../session.ts';
import { checkNodeArguments, nodesOf, setSchedulable } from './cordon.ts';
import { planDrain } from './drain/doomed-pods.ts';
import { DeadlinePassed, deletePods, type EvictionOptions, evictPods, printEvictions } from './drain/eviction.ts';
import { type DryRun, dryRunFlag, dryRunOf } from './result.ts';
import { selectorFlag } from './selected-objects.ts';

const flagSpecs = {
  ...dryRunFlag,
  ...selectorFlag,
  'chunk-size': {
    type: 'number',
    help: 'Return large lists in chunks rather than all at once. Pass 0 to disable.',
    default: 500,
  },
  'delete-emptydir-data': {
    type: 'boolean',
    help: 'Continue even if there are pods using emptyDir (local data that will be deleted when the node is drained).',
    default: false,
  },
  'disable-eviction': {
    type: 'boolean',
    help: 'Force drain to use delete, even if eviction is supported. This will bypass checking PodDisruptionBudgets, use with caution.',
    default: false,
  },
  force: { type: 'boolean', help: 'Continue even if there are pods that do not declare a controller.', default: false },
  'grace-period': {
    type: 'number',
    help: 'Period of time in seconds given to each pod to terminate gracefully.',
    default: -1,
  },
  'ignore-daemonsets': { type: 'boolean', help: 'Ignore DaemonSet-managed pods.', default: false },
  'pod-selector': { type: 'string', help: 'Label selector to filter pods on the node', default: '' },
  'skip-wait-for-delete-timeout': {
    type: 'number',
    help: 'If pod DeletionTimestamp older than N seconds, skip waiting for the pod.  Seconds must be greater than 0 to skip.',
    default: 0,
  },
  timeout: { type: 'duration', help: 'The length of time to wait before giving up, zero means infinite', default: 0 },
} as const;

type Flags = ParsedFlags<typeof flagSpecs>;

export const drainCommand = defineCommand({
  use: 'drain NODE',
  short: 'Drain node in preparation for maintenance',
  flags: flagSpecs,
  async run({ flags, positional, given }, session, signal) {
    checkNodeArguments(positional, { selector: given.has('selector') ? flags.selector : undefined, verb: 'drain' });
    const dryRun = dryRunOf(flags['dry-run']);
    try {
      parseSelector(flags['pod-selector']);
    } catch {
      throw new Error('--pod-selector=<pod_selector> must be a valid label selector');
    }
    const found = await nodesOf(positional, { selector: flags.selector, session });
    for (const node of found) await setSchedulable(node, { schedulable: false, dryRun, session });
    const pending: string[] = [];
    const failures: unknown[] = [];
    for (const node of found) {
      const { name } = node.metadata;
      try {
        await drainNode(node, { flags, dryRun, session, signal });
        const suffix = { none: '', client: ' (dry run)', server: ' (server dry run)' }[dryRun];
        session.io.out(`node/${name} drained${suffix}\n`);
      } catch (error) {
        signal.throwIfAborted();
        const text = inOneText(problemsOf(error));
        session.io.err(
          `error: unable to drain node ${JSON.stringify(name)} due to error: ${text}, continuing command...\n`,
        );
        pending.push(name);
        failures.push(error);
      }
    }
    if (pending.length === 0) return 0;
    session.io.err(`There are pending nodes to be drained:\n${pending.map((name) => ` ${name}\n`).join('')}`);
    // Those of one node stand apart; one that is not about pods is told as any other.
    const [only, ...others] = failures;
    if (others.length > 0) for (const failure of failures) session.io.err(`${inOneText(problemsOf(failure))}\n`);
    else if (only instanceof DrainRefused) for (const text of only.refusals) session.io.err(`${text}\n`);
    // Nobody failed to connect.
    else if (only instanceof DeadlinePassed) session.io.err(`error: ${only.message}\n`);
    else throw only;
    return 1;
  },
});

/** Pods stand in the way, and no flag says that they may go. */
class DrainRefused extends Error {
  override readonly name = 'DrainRefused';
  readonly refusals: readonly string[];
  constructor(refusals: readonly string[]) {
    super(refusals.join(', '));
    this.refusals = refusals;
  }
}

async function drainNode(
  node: Node,
  { flags, dryRun, session, signal }: { flags: Flags; dryRun: DryRun; session: Session; signal: AbortSignal },
): Promise<void> {
  const list = async (): Promise<Pod[]> => {
    const labelSelector = flags['pod-selector'] ? { labelSelector: flags['pod-selector'] } : {};
    const query = { fieldSelector: `spec.nodeName=${node.metadata.name}`, ...labelSelector };
    return (await session.client.resource(pods).list(query)).items;
  };
  const items = await list();
  const owned = items.some((pod) => controllerOf(pod)?.kind === 'DaemonSet');
  const sets = owned ? (await session.client.resource(daemonsets).list()).items : [];
  const allowances = {
    force: flags.force,
    ignoreDaemonSets: flags['ignore-daemonsets'],
    deleteEmptyDirData: flags['delete-emptydir-data'],
    skipWaitForDeleteTimeout: flags['skip-wait-for-delete-timeout'],
  };
  const circumstances = {
    now: session.clock.now(),
    daemonSetExists: (namespace: string, name: string): boolean =>
      sets.some(({ metadata }) => metadata.namespace === namespace && metadata.name === name),
  };
  const plan = planDrain(items, allowances, circumstances);
  if (plan.refusals.length > 0) throw new DrainRefused(plan.refusals);
  if (plan.warnings.length > 0) session.io.err(warningText(plan.warnings.join('; '), session));
  const over = new AbortController();
  const cancel = flags.timeout > 0 ? session.clock.after(flags.timeout, () => over.abort()) : undefined;
  try {
    const options = {
      session,
      signal: AbortSignal.any([signal, over.signal]),
      dryRun,
      gracePeriodSeconds: flags['grace-period'],
      skipWaitForDeleteTimeout: flags['skip-wait-for-delete-timeout'],
      timeout: `${flags.timeout / 1000}s`,
    };
    if (dryRun === 'client') {
      printEvictions(plan.pods, options);
      return;
    }
    const failure = await (flags['disable-eviction']
      ? deletePods(plan.pods, options)
      : evictAll(plan.pods, options)
    ).then(
      () => undefined,
      (error: unknown) => error,
    );
    signal.throwIfAborted();
    if (failure === undefined) return;
    printPending(node, failure, { left: planDrain(await list(), allowances, circumstances).pods, session });
    throw failure;
  } finally {
    cancel?.();
    over.abort();
  }
}

async function evictAll(all: readonly Pod[], options: EvictionOptions): Promise<void> {
  const problems = await evictPods(all, options);
  if (problems.length > 0) throw new DrainRefused(problems);
}

const problemsOf = (error: unknown): readonly string[] =>
  error instanceof DrainRefused ? error.refusals : [messagesOf(error)];

const inOneText = (problems: readonly string[]): string =>
  problems.length > 1 ? `[${problems.join(', ')}]` : problems.join('');

/** What is still there when it did not work out. */
function printPending(
  node: Node,
  failure: unknown,
  { left, session }: { left: readonly Pod[]; session: Session },
): void {
  if (left.length === 0) return;
  const text = inOneText(problemsOf(failure));
  const name = JSON.stringify(node.metadata.name);
  session.io.err(`There are pending pods in node ${name} when an error occurred: ${text}\n`);
  for (const pod of left) session.io.err(`pod/${pod.metadata.name}\n`);
}
