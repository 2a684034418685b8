import type { Container, Pod } from '@typernetes/api/core/v1';
import { pods } from '@typernetes/api/core/v1';
import type { ApiObject } from '@typernetes/machinery';
import type { ParsedFlags } from '@typernetes/process';
import { defineCommand } from '../command.ts';
import { PlainError } from '../io.ts';
import { filenameFlags } from '../manifests/read.ts';
import { localType } from '../resources/local-type.ts';
import { watchObject } from '../resources/watch-object.ts';
import type { Session } from '../session.ts';
import { attachOrShowLog, showLog } from '../streaming/attach-to-pod.ts';
import { checkRunningTimeout, podRunningTimeout } from '../streaming/pod-target.ts';
import { createGenerated, type Generated, printGenerated } from './create/generator.ts';
import { untilGone } from './deletion.ts';
import { deletionFlags, propagationOf } from './deletion-flags.ts';
import { servicePortsOf } from './expose-service.ts';
import { isImageReference } from './image-reference.ts';
import { parseLabels } from './labels.ts';
import { overridden, overrideFlags } from './overrides.ts';
import {
  dryRunFlag,
  dryRunOf,
  fieldManagerFlag,
  recordFlag,
  refuseWrongFormat,
  resultFlags,
  saveConfigFlag,
  usageError,
} from './result.ts';
import { isVariableName } from './variable-name.ts';

const flagSpecs = {
  ...deletionFlags('With --rm'),
  ...dryRunFlag,
  ...fieldManagerFlag('kubectl-run'),
  // Taken as upstream takes them: nothing is read from files.
  ...filenameFlags,
  ...overrideFlags,
  ...recordFlag,
  ...resultFlags,
  ...saveConfigFlag,
  annotations: { type: 'array', help: 'Annotations to apply to the pod.', default: [] },
  attach: {
    type: 'boolean',
    help: "If true, wait for the Pod to start running, and then attach to the Pod as if 'kubectl attach ...' were called.",
    default: false,
  },
  command: {
    type: 'boolean',
    help: "If true and extra arguments are present, use them as the 'command' field in the container, rather than the 'args' field which is the default.",
    default: false,
  },
  env: { type: 'array', help: 'Environment variables to set in the container.', default: [] },
  expose: {
    type: 'boolean',
    help: 'If true, create a ClusterIP service associated with the pod.  Requires `--port`.',
    default: false,
  },
  image: { type: 'string', help: 'The image for the container to run.', default: '' },
  'image-pull-policy': { type: 'string', help: 'The image pull policy for the container.', default: '' },
  labels: {
    type: 'string',
    short: 'l',
    help: 'Comma separated labels to apply to the pod. Will override previous values.',
    default: '',
  },
  'leave-stdin-open': {
    type: 'boolean',
    help: 'If the pod is started in interactive mode or with stdin, leave stdin open after the first attach completes.',
    default: false,
  },
  'pod-running-timeout': podRunningTimeout(60_000),
  port: { type: 'string', help: 'The port that this container exposes.', default: '' },
  privileged: { type: 'boolean', help: 'If true, run the container in privileged mode.', default: false },
  quiet: { type: 'boolean', short: 'q', help: 'If true, suppress prompt messages.', default: false },
  restart: {
    type: 'string',
    help: 'The restart policy for this Pod.  Legal values [Always, OnFailure, Never].',
    default: 'Always',
  },
  rm: {
    type: 'boolean',
    help: 'If true, delete the pod after it exits.  Only valid when attaching to the container.',
    default: false,
  },
  stdin: {
    type: 'boolean',
    short: 'i',
    help: 'Keep stdin open on the container in the pod, even if nothing is attached.',
    default: false,
  },
  tty: { type: 'boolean', short: 't', help: 'Allocate a TTY for the container in the pod.', default: false },
} as const;

type Flags = ParsedFlags<typeof flagSpecs>;

export const runCommand = defineCommand({
  use: 'run NAME --image=image [--env="key=value"] [--port=port] [--dry-run=server|client] [--overrides=inline-json] [--command] -- [COMMAND] [args...]',
  short: 'Run a particular image on the cluster',
  required: ['image'],
  flags: flagSpecs,
  async run({ flags, positional, rest, given }, session, signal) {
    const [name, ...more] = positional;
    dryRunOf(flags['dry-run']);
    if (name === undefined) throw usageError('run', 'NAME is required for run');
    refuseWrongFormat(flags);
    propagationOf(flags.cascade);
    if (flags.image === '') throw new Error('--image is required');
    if (!isImageReference(flags.image))
      throw new Error(`Invalid image name ${JSON.stringify(flags.image)}: invalid reference format`);
    const args = [...more, ...(rest ?? [])];
    const attach = given.has('attach') ? flags.attach : flags.stdin || flags.tty;
    const dryRun = dryRunOf(flags['dry-run']);
    checkFlags(flags, { attach, dry: dryRun !== 'none' });
    checkRunningTimeout('run', flags['pod-running-timeout']);
    const type = await session.resources.byName('pods');
    const pod = await overridden(podOf(name, { flags, args, attach }), flags, type);
    const creation = { name, flags, session, signal };
    const created = (await createGenerated(pod, { ...creation, as: type, silently: true })) as unknown as Pod;
    if (flags.expose) {
      await createGenerated(serviceOfPod(name, flags), creation);
      // Upstream ends the service itself, and the printer begins the pod: two lines.
      if (flags.output === 'yaml') session.io.out('---\n');
    }
    if (!attach) {
      // It may have been overridden to be of another kind.
      const shown = { ...type, ...localType(pod.apiVersion, pod.kind) };
      const printable = { type: shown, object: created as unknown as ApiObject };
      await printGenerated(session, printable, { verb: 'created', dryRun, flags });
      return 0;
    }
    try {
      return await attached(created, { flags, session, signal });
    } finally {
      if (flags.rm) await remove(created, { flags, session, signal });
    }
  },
});

function checkFlags(flags: Flags, { attach, dry }: { attach: boolean; dry: boolean }): void {
  if (flags.tty && !flags.stdin) throw usageError('run', '-i/--stdin is required for containers with -t/--tty=true');
  if (flags.expose && flags.port === '') throw usageError('run', '--port must be set when exposing a service');
  if (attach && dry)
    throw usageError(
      'run',
      "--dry-run=[server|client] can't be used with attached containers options (--attach, --stdin, or --tty)",
    );
  if (flags.rm && !attach) throw usageError('run', '--rm should only be used for attached containers');
  restartPolicyOf(flags);
  if (!['', 'Always', 'IfNotPresent', 'Never'].includes(flags['image-pull-policy']))
    throw usageError('run', `invalid image pull policy: ${flags['image-pull-policy']}`);
  if (flags.port !== '' && !/^[+-]?\d+$/.test(flags.port))
    throw new Error(`strconv.Atoi: parsing ${JSON.stringify(flags.port)}: invalid syntax`);
}

/** What is asked for in so many words; without any: pods that are attached to are not restarted for ever. */
function restartPolicyOf({ restart, stdin }: Pick<Flags, 'restart' | 'stdin'>): string {
  if (restart === '') return stdin ? 'OnFailure' : 'Always';
  if (!['Always', 'OnFailure', 'Never'].includes(restart))
    throw usageError('run', `invalid restart policy: ${restart}`);
  return restart;
}

function podOf(
  name: string,
  { flags, args, attach }: { flags: Flags; args: readonly string[]; attach: boolean },
): Generated {
  const annotations = annotationsOf(flags.annotations);
  const labels = flags.labels === '' ? { run: name } : parseLabels(flags.labels);
  const container: Container = {
    ...(args.length > 0 ? (flags.command ? { command: [...args] } : { args: [...args] }) : {}),
    ...(flags.env.length > 0 ? { env: flags.env.map((pair) => envOf(pair)) } : {}),
    image: flags.image,
    ...(flags['image-pull-policy'] ? { imagePullPolicy: flags['image-pull-policy'] } : {}),
    name,
    ...(flags.port ? { ports: [{ containerPort: Number(flags.port) }] } : {}),
    resources: {},
    ...(flags.privileged ? { securityContext: { privileged: true } } : {}),
    ...(flags.stdin ? { stdin: true } : {}),
    ...(flags.stdin && attach && !flags['leave-stdin-open'] ? { stdinOnce: true } : {}),
    ...(flags.tty ? { tty: true } : {}),
  } as Container;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...(flags.annotations.length > 0 ? { annotations } : {}), labels, name },
    spec: { containers: [container], dnsPolicy: 'ClusterFirst', restartPolicy: restartPolicyOf(flags) },
    status: {},
  };
}

/** `KEY=VALUE` each. Names all those that are not. */
function annotationsOf(pairs: readonly string[]): Record<string, string> {
  const wrong = pairs.filter((pair) => pair.indexOf('=') <= 0);
  if (wrong.length > 0) throw new Error(`invalid annotations format: ${wrong.join(', ')}`);
  return Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
}

function envOf(pair: string): { name: string; value: string } {
  const equals = pair.indexOf('=');
  const name = pair.slice(0, Math.max(equals, 0));
  if (!isVariableName(name)) throw new Error(`invalid env: ${pair}`);
  return { name, value: pair.slice(equals + 1) };
}

function serviceOfPod(name: string, flags: Flags): Generated {
  const labels = flags.labels === '' ? { run: name } : parseLabels(flags.labels);
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { ports: servicePortsOf({ ports: [flags.port], protocolOf: () => 'TCP', target: '' }), selector: labels },
    status: { loadBalancer: {} },
  };
}

const isOver = ({ status }: Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed';

const isReady = ({ status }: Pod): boolean =>
  status?.phase === 'Running' &&
  status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;

/** Waits until the pod is ready, and is its terminal; what it wrote before that, when it was over too soon. */
async function attached(
  created: Pod,
  { flags, session, signal }: { flags: Flags; session: Session; signal: AbortSignal },
): Promise<number> {
  const type = await session.resources.byName('pods');
  const { name, namespace = session.namespace } = created.metadata;
  let pod = created;
  const started = await watchObject(
    { type, ref: { name, namespace } },
    { session, signal, timeoutMs: flags['pod-running-timeout'] },
    (object) => {
      if (!object) throw new Error(`pods ${JSON.stringify(name)} not found`);
      pod = object as Pod;
      return isOver(pod) || isReady(pod);
    },
  );
  if (!started) throw new Error('timed out waiting for the condition');
  const container = pod.spec.containers[0]?.name ?? '';
  const of = { container, stdin: flags.stdin, tty: flags.tty, quiet: flags.quiet };
  await (isOver(pod) ? showLog : attachOrShowLog)(pod, of, { session, signal });
  // What keeps its input open for others is not waited for.
  if (flags.restart === 'Always' || flags['leave-stdin-open']) return 0;
  await watchObject({ type, ref: { name, namespace } }, { session, signal, timeoutMs: undefined }, (object) => {
    if (!object) return true;
    pod = object as Pod;
    const { phase } = pod.status ?? {};
    return phase === 'Succeeded' || (phase === 'Failed' && flags.restart === 'Never');
  });
  return exitCodeOfPod(pod);
}

/** Zero for a pod that succeeded; else that of its first container, with its reason. */
export function exitCodeOfPod({ metadata, status }: Pod): number {
  if (status?.phase !== 'Failed') return 0;
  const terminated = status.containerStatuses?.[0]?.state?.terminated;
  const pod = `pod ${metadata.namespace}/${metadata.name}`;
  if (!terminated || terminated.exitCode === 0) throw new Error(`${pod} failed with unknown exit code`);
  throw new PlainError(
    `${pod} terminated (${terminated.reason ?? ''})\n${terminated.message ?? ''}`.replace(/\n?$/, '\n'),
    terminated.exitCode,
  );
}

async function remove(
  pod: Pod,
  { flags, session, signal }: { flags: Flags; session: Session; signal: AbortSignal },
): Promise<void> {
  const { name, namespace = session.namespace, uid } = pod.metadata;
  const grace = flags['grace-period'];
  await session.client
    .resource(pods)
    .delete(
      { name, namespace },
      { propagationPolicy: propagationOf(flags.cascade), ...(grace >= 0 ? { gracePeriodSeconds: grace } : {}), signal },
    );
  session.io.out(`pod ${JSON.stringify(name)} deleted from ${namespace} namespace\n`);
  const type = await session.resources.byName('pods');
  await untilGone(
    { type, ref: { name, namespace }, uid },
    { session, signal, timeoutMs: flags.timeout > 0 ? flags.timeout : undefined },
  );
}
