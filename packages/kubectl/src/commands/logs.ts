import { type Pod, pods } from '@typernetes/api/core/v1';
import { messageOf } from '@typernetes/base';
import { linesOf, responseError } from '@typernetes/client';
import { collectionPath, isNotFound } from '@typernetes/machinery';
import type { ParsedFlags } from '@typernetes/process';
import { defineCommand } from '../command.ts';
import type { Session } from '../session.ts';
import { allContainers, containerOf, podsOfTarget } from '../streaming/pod-target.ts';

const flagSpecs = {
  'all-containers': { type: 'boolean', help: "Get all containers' logs in the pod(s).", default: false },
  'all-pods': { type: 'boolean', help: 'Get logs from all pod(s). Sets prefix to true.', default: false },
  container: { type: 'string', short: 'c', help: 'Print the logs of this container' },
  follow: { type: 'boolean', short: 'f', help: 'Specify if the logs should be streamed.', default: false },
  'limit-bytes': { type: 'number', help: 'Maximum bytes of logs to return.', default: 0 },
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
  async run({ flags, positional }, session, signal) {
    const [target, container = flags.container] = positional;
    const found = await podsFor(target, flags, session);
    const sources = found.flatMap((pod) => {
      const names = flags['all-containers']
        ? allContainers(pod).map(({ name }) => name)
        : [containerOf(pod, container, session)];
      return names.map((name) => ({ pod, container: name }));
    });
    const tail = flags.tail >= 0 ? flags.tail : flags.selector !== '' ? 10 : -1;
    const prefix = flags.prefix || flags['all-pods'];
    const print = (source: { pod: Pod; container: string }): Promise<void> =>
      printLog(source, { flags: { ...flags, tail }, session, signal, prefix });
    if (flags.follow) await Promise.all(sources.map(print));
    else for (const source of sources) await print(source);
    return 0;
  },
});

async function podsFor(target: string | undefined, flags: Flags, session: Session): Promise<Pod[]> {
  if (flags.selector !== '') {
    const { items } = await session.client
      .resource(pods)
      .list({ namespace: session.namespace, labelSelector: flags.selector });
    if (items.length === 0) session.io.err(`No resources found in ${session.namespace} namespace.\n`);
    return items;
  }
  if (target === undefined) {
    throw new Error(
      "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command\nSee 'kubectl logs -h' for help and examples",
    );
  }
  const found = await podsWithLogs(target, session);
  if (flags['all-pods'] || found.length <= 1) return found;
  const [first] = found;
  session.io.err(`Found ${found.length} pods, using pod/${first?.metadata.name}\n`);
  return first ? [first] : [];
}

async function printLog(
  { pod, container }: { pod: Pod; container: string },
  { flags, session, signal, prefix }: { flags: Flags; session: Session; signal: AbortSignal; prefix: boolean },
): Promise<void> {
  const query = new URLSearchParams({ container });
  if (flags.follow) query.set('follow', 'true');
  if (flags.previous) query.set('previous', 'true');
  if (flags.timestamps) query.set('timestamps', 'true');
  if (flags.tail >= 0) query.set('tailLines', String(flags.tail));
  if (flags['limit-bytes'] > 0) query.set('limitBytes', String(flags['limit-bytes']));
  if (flags.since > 0) query.set('sinceSeconds', String(Math.ceil(flags.since / 1000)));
  if (flags['since-time'] !== '') query.set('sinceTime', flags['since-time']);
  const path = `${collectionPath(pods, pod.metadata.namespace)}/${pod.metadata.name}/log?${query}`;
  const response = await session.client.transport.request({ method: 'GET', path, signal });
  if (response.status !== 200) throw await responseError(response);
  if (!prefix) {
    for await (const chunk of response.body) session.io.outBytes(chunk);
    return;
  }
  for await (const line of linesOf(response.body)) {
    if (line !== '') session.io.out(`[pod/${pod.metadata.name}/${container}] ${line}\n`);
  }
}

/** Upstream has a sentence of its own here for what is not there. */
function podsWithLogs(target: string, session: Session): Promise<Pod[]> {
  return podsOfTarget(target, session).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
    throw new Error(`error from server (NotFound): ${messageOf(error)} in namespace "${session.namespace}"`);
  });
}
