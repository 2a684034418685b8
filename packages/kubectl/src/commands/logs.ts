import { type Pod, pods } from '@typernetes/api/core/v1';
import { messageOf } from '@typernetes/base';
import { responseError } from '@typernetes/client';
import { collectionPath, isNotFound, timeProblem } from '@typernetes/machinery';
import type { ParsedFlags } from '@typernetes/process';
import { defineCommand } from '../command.ts';
import { PlainError } from '../io.ts';
import type { AnyResource } from '../resources/any-resource.ts';
import { listError } from '../resources/list-error.ts';
import type { Session } from '../session.ts';
import {
  allContainers,
  containerOf,
  defaultContainerAnnotation,
  podRunningTimeout,
  podsOfTarget,
  type Waiting,
} from '../streaming/pod-target.ts';
import { wholeLines } from '../streaming/whole-lines.ts';
import { usageError } from './result.ts';

const flagSpecs = {
  'all-containers': { type: 'boolean', help: "Get all containers' logs in the pod(s).", default: false },
  'all-pods': { type: 'boolean', help: 'Get logs from all pod(s). Sets prefix to true.', default: false },
  container: { type: 'string', short: 'c', help: 'Print the logs of this container' },
  follow: { type: 'boolean', short: 'f', help: 'Specify if the logs should be streamed.', default: false },
  'ignore-errors': {
    type: 'boolean',
    help: 'Go on with the other containers where the log of one cannot be had; its error is printed.',
    default: false,
  },
  'insecure-skip-tls-verify-backend': {
    type: 'boolean',
    help: "Do not check the certificate of the node's kubelet that logs come from.",
    default: false,
  },
  'limit-bytes': { type: 'number', help: 'Maximum bytes of logs to return.', default: 0 },
  'max-log-requests': {
    type: 'number',
    help: 'How many logs may be followed at the same time. With a selector 5 by default.',
    default: 5,
  },
  'pod-running-timeout': podRunningTimeout(20_000),
  prefix: {
    type: 'boolean',
    help: 'Prefix each log line with the log source (pod name and container name).',
    default: false,
  },
  previous: {
    type: 'boolean',
    short: 'p',
    help: 'If true, print the logs for the previous instance of the container in a pod if it exists.',
    default: false,
  },
  selector: { type: 'string', short: 'l', help: 'Selector (label query) to filter on.', default: '' },
  since: { type: 'duration', help: 'Only return logs newer than a relative duration like 5s, 2m, or 3h.', default: 0 },
  'since-time': { type: 'string', help: 'Only return logs after a specific date (RFC3339).', default: '' },
  tail: { type: 'number', help: 'Lines of recent log file to display.', default: -1 },
  timestamps: { type: 'boolean', help: 'Include timestamps on each line in the log output', default: false },
} as const;

type Flags = ParsedFlags<typeof flagSpecs>;

export const logsCommand = defineCommand({
  use: 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]',
  short: 'Print the logs for a container in a pod',
  flags: flagSpecs,
  async run({ flags, positional, given }, session, signal) {
    const [target, container = flags.container, ...more] = positional;
    if (more.length > 0 || (target === undefined && flags.selector === '')) throw usageError('logs', wantedArguments);
    if (target !== undefined && flags.selector !== '')
      throw usageError('logs', 'only a selector (-l) or a POD name is allowed');
    const problem = flags['since-time'] === '' ? undefined : timeProblem(flags['since-time']);
    if (problem !== undefined) throw new Error(problem);
    if (flags['pod-running-timeout'] <= 0) throw new Error('--pod-running-timeout must be higher than zero');
    const found = await podsFor(target, flags, { session, signal, named: () => check(flags, positional) });
    const everything = flags['all-containers'];
    // With several pods each line has a prefix with its source.
    const output = flags['all-pods'] ? { io: { err: () => undefined } } : session;
    const sources = found.flatMap((pod) => {
      if (!everything && container === undefined) warnOfAnnotation(pod, session);
      const names = everything ? allContainers(pod).map(({ name }) => name) : [containerOf(pod, container, output)];
      return names.map((name) => ({ pod, container: name }));
    });
    const tail = flags.tail >= 0 ? flags.tail : flags.selector !== '' && !given.has('tail') ? 10 : -1;
    const prefix = flags.prefix || flags['all-pods'];
    const most = flags['max-log-requests'];
    if (flags.follow && sources.length > Math.max(most, 1))
      throw new Error(
        `you are attempting to follow ${sources.length} log streams, but maximum allowed concurrency is ${most}, use --max-log-requests to increase the limit`,
      );
    const print = async (source: { pod: Pod; container: string }): Promise<void> => {
      try {
        await printLog(source, { flags: { ...flags, tail }, session, signal, prefix, several: sources.length > 1 });
      } catch (error) {
        if (!flags['ignore-errors'] || signal.aborted) throw error;
        // Among the logs, so that it is seen whose log is missing.
        session.io.out(error instanceof PlainError ? error.message : `error: ${messageOf(error)}\n`);
      }
    };
    if (flags.follow) await Promise.all(sources.map(print));
    else for (const source of sources) await print(source);
    return 0;
  },
});

/** Throws upstream's errors for incompatible flags. */
function check(flags: Flags, [, container]: readonly string[]): void {
  if (container !== undefined && flags.container !== undefined)
    throw new Error('only one of -c or an inline [CONTAINER] arg is allowed');
  if (flags['all-containers'] && (container ?? flags.container) !== undefined)
    throw new Error(
      `--all-containers=true should not be specified with container name ${container ?? flags.container}`,
    );
  if (flags['since-time'] !== '' && flags.since !== 0)
    throw new Error('at most one of `sinceTime` or `sinceSeconds` may be specified');
  if (flags['limit-bytes'] < 0) throw new Error('--limit-bytes must be greater than 0');
  if (flags.tail < -1) throw new Error('--tail must be greater than or equal to -1');
  if (secondsOf(flags.since) < 0) throw new Error('--since must be greater than 0');
}

const wantedArguments =
  "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command";

async function podsFor(
  target = '',
  flags: Flags,
  { session, signal, named }: { session: Session; signal: AbortSignal; named: () => void },
): Promise<Pod[]> {
  if (flags.selector !== '') {
    const { items } = await session.client
      .resource(pods)
      .list({ namespace: session.namespace, labelSelector: flags.selector })
      .catch((error: unknown) => {
        throw listError(error, { type: pods as unknown as AnyResource, labelSelector: flags.selector });
      });
    named();
    if (items.length === 0) session.io.err(`No resources found in ${session.namespace} namespace.\n`);
    return items;
  }
  const found = await podsWithLogs(target, { session, signal, timeoutMs: flags['pod-running-timeout'], named });
  if (flags['all-pods'] || found.length <= 1) return found;
  const [first] = found;
  session.io.err(`Found ${found.length} pods, using pod/${first?.metadata.name}\n`);
  return first ? [first] : [];
}

interface Printing {
  readonly flags: Flags;
  readonly session: Session;
  readonly signal: AbortSignal;
  readonly prefix: boolean;
  /** Whether other logs are printed at the same time. */
  readonly several: boolean;
}

async function printLog(
  { pod, container }: { pod: Pod; container: string },
  { flags, session, signal, prefix, several }: Printing,
): Promise<void> {
  const path = `${collectionPath(pods, pod.metadata.namespace)}/${pod.metadata.name}/log?${logQuery(container, flags)}`;
  const response = await session.client.transport.request({ method: 'GET', path, signal });
  if (response.status < 200 || response.status > 299) throw await responseError(response, { method: 'GET', path });
  const source = prefix ? Buffer.from(`[pod/${pod.metadata.name}/${container}] `) : undefined;
  const pieces = source || (several && flags.follow) ? wholeLines(response.body) : response.body;
  try {
    for await (const piece of pieces) session.io.outBytes(source ? Buffer.concat([source, piece]) : piece);
  } catch (error) {
    // The server was reached: it is the log that ends too soon.
    throw messageOf(error) === 'EOF' ? new PlainError('error: unexpected EOF\n') : error;
  }
}

/** The parameters of a request for a log, in the order of their names. */
function logQuery(container: string, flags: Flags): URLSearchParams {
  const since = flags['since-time'];
  const given: Readonly<Record<string, string | false>> = {
    container,
    follow: flags.follow && 'true',
    insecureSkipTLSVerifyBackend: flags['insecure-skip-tls-verify-backend'] && 'true',
    limitBytes: flags['limit-bytes'] > 0 && String(flags['limit-bytes']),
    previous: flags.previous && 'true',
    sinceSeconds: flags.since !== 0 && String(secondsOf(flags.since)),
    sinceTime: since !== '' && new Date(since).toISOString().replace(/\.\d+Z$/, 'Z'),
    tailLines: flags.tail >= 0 && String(flags.tail),
    timestamps: flags.timestamps && 'true',
  };
  return new URLSearchParams(Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== false));
}

/** Rounded as by Go: halves go away from zero. */
const secondsOf = (ms: number): number => Math.sign(ms) * Math.round(Math.abs(ms) / 1000);

/** The pod's annotation may name a container that it does not have. */
function warnOfAnnotation(pod: Pod, session: Session): void {
  const name = pod.metadata.annotations?.[defaultContainerAnnotation];
  if (name && !allContainers(pod).some((each) => each.name === name))
    session.io.err(`Default container name ${JSON.stringify(name)} not found in pod ${pod.metadata.name}\n`);
}

/** Upstream's special message for missing objects. */
function podsWithLogs(target: string, waiting: Waiting): Promise<Pod[]> {
  const { session } = waiting;
  return podsOfTarget(target, session, { ...waiting, what: 'get the logs from', forLogs: true }).catch(
    (error: unknown) => {
      if (!isNotFound(error)) throw error;
      throw new Error(`error from server (NotFound): ${messageOf(error)} in namespace "${session.namespace}"`);
    },
  );
}
