import { type Container, type Node, nodes, type Pod, pods } from '@typernetes/api/core/v1';
import { nameSuffix } from '@typernetes/base';
import {
  applyStrategicMergePatch,
  type JsonObject,
  jsonEqual,
  reasonOf,
  type StatusError,
} from '@typernetes/machinery';
import type { ParsedFlags } from '@typernetes/process';
import { defineCommand } from '../command.ts';
import { attachWhenRunning } from '../debugging/attach-when-running.ts';
import { checkCustom, containerSchema, customContainer } from '../debugging/custom-container.ts';
import { type DebugContainerSpec, ephemeralContainer, nodeDebugPod, podCopy } from '../debugging/debug-pod.ts';
import { type ProfileName, profileNames } from '../debugging/profiles.ts';
import { freshRandom } from '../fresh-random.ts';
import { PlainError } from '../io.ts';
import { readManifests } from '../manifests/read.ts';
import { warningText } from '../requests/warning-text.ts';
import type { AnyResource } from '../resources/any-resource.ts';
import { parseTypeAndName } from '../resources/arguments.ts';
import type { Session } from '../session.ts';
import { allContainers } from '../streaming/pod-target.ts';
import { debugFlags } from './debug-flags.ts';
import { isImageReference } from './image-reference.ts';

type Flags = ParsedFlags<typeof debugFlags>;

export const debugCommand = defineCommand({
  use: 'debug (POD | TYPE[[.VERSION].GROUP]/NAME) [ -- COMMAND [args...] ]',
  short: 'Create debugging sessions for troubleshooting workloads and nodes',
  flags: debugFlags,
  async run({ flags, positional, rest = [], given }, session, signal) {
    const attach = given.has('attach') ? flags.attach : flags.stdin;
    const profile = profileOf(flags.profile);
    const custom = flags.custom === '' ? undefined : await customOf(flags.custom, session);
    check(flags, { words: rest, targets: positional, attachGiven: given.has('attach') && flags.attach });
    if (flags.target !== '' && !flags.quiet) {
      session.io.out(
        `Targeting container ${JSON.stringify(flags.target)}. If you don't see processes from this container it may be because the container runtime doesn't support this feature.\n`,
      );
    }
    checkTerminal(flags);
    checkCustom(custom);
    if (profile === 'legacy') {
      session.io.err(
        '--profile=legacy is deprecated and will be removed in the future. It is recommended to explicitly specify a profile, for example "--profile=general".\n',
      );
    }
    const debugging: Debugging = {
      flags,
      words: rest,
      profile,
      custom,
      shareProcesses: given.has('share-processes') ? flags['share-processes'] : undefined,
      session,
      signal,
    };
    for (const { type, name, namespace } of await targetsOf(positional, flags, session)) {
      const started = await start({ type, name, namespace }, debugging);
      if (attach && started.container !== undefined) {
        await attachWhenRunning(started.pod, { ...flags, container: started.container }, { session, signal });
      }
    }
    return 0;
  },
});

interface Debugging {
  readonly flags: Flags;
  readonly words: readonly string[];
  readonly profile: ProfileName;
  readonly custom: JsonObject | undefined;
  readonly shareProcesses: boolean | undefined;
  readonly session: Session;
  readonly signal: AbortSignal;
}

interface Target {
  readonly type: AnyResource;
  readonly name: string;
  readonly namespace: string;
}

interface Started {
  readonly pod: Pod;
  readonly container: string | undefined;
}

async function targetsOf(names: readonly string[], flags: Flags, session: Session): Promise<Target[]> {
  const { namespace } = session;
  const files =
    flags.filename.length === 0 ? [] : await readManifests({ filenames: flags.filename, recursive: false }, session);
  const named = await Promise.all(
    names.map(async (target) => {
      if (!target.includes('/')) return { type: pods as unknown as AnyResource, name: target, namespace };
      const { type, names: found = [] } = await parseTypeAndName(target, session.resources);
      return { type, name: found[0] ?? '', namespace };
    }),
  );
  return [...files.map(({ type, name, namespace: own = namespace }) => ({ type, name, namespace: own })), ...named];
}

async function start({ type, name, namespace }: Target, debugging: Debugging): Promise<Started> {
  const { client } = debugging.session;
  if (type.group === '' && type.plural === 'nodes') {
    return debugNode(await client.resource(nodes).get({ name }), debugging);
  }
  if (type.group !== '' || type.plural !== 'pods') {
    const ref = type.namespaced ? { name, namespace } : { name };
    await client.resource(type).get(ref);
    throw new Error(`"${type.group}/${type.version}, Kind=${type.kind}" not supported by debug`);
  }
  const pod = await client.resource(pods).get({ name, namespace });
  return debugging.flags['copy-to'] === '' ? joinPod(pod, debugging) : copyPod(pod, debugging);
}

async function debugNode(node: Node, debugging: Debugging): Promise<Started> {
  const { flags, profile, session, signal } = debugging;
  const container = containerSpec(flags.container || 'debugger', debugging);
  const name = `node-debugger-${node.metadata.name}-${nameSuffix(5, freshRandom)}`;
  if (!flags.quiet) {
    session.io.out(`Creating debugging pod ${name} with container ${container.name} on node ${node.metadata.name}.\n`);
  }
  const pod = await customized(nodeDebugPod(node, { name, profile, container }), container.name, debugging);
  const sent = { ...pod, metadata: { ...pod.metadata, namespace: session.namespace } };
  return { pod: await session.client.resource(pods).create(sent, { signal }), container: container.name };
}

async function copyPod(pod: Pod, debugging: Debugging): Promise<Started> {
  const { flags, profile, shareProcesses, session, signal } = debugging;
  const needsName = flags.container === '' && flags.image !== '';
  const name = needsName ? newName(pod, debugging) : flags.container;
  const made = podCopy(pod, {
    name: flags['copy-to'],
    container: containerSpec(name, debugging),
    profile,
    keep: {
      labels: flags['keep-labels'],
      annotations: flags['keep-annotations'],
      liveness: flags['keep-liveness'],
      readiness: flags['keep-readiness'],
      startup: flags['keep-startup'],
      initContainers: flags['keep-init-containers'],
    },
    images: flags['set-image'],
    sameNode: flags['same-node'],
    shareProcesses,
  });
  const copy = made.container === undefined ? made.pod : await customized(made.pod, made.container, debugging);
  warnOfUser(copy, made.container, session);
  const created = await session.client.resource(pods).create(copy, { signal });
  if (flags.replace) {
    const { name: original, namespace = '' } = pod.metadata;
    await session.client.resource(pods).delete({ name: original, namespace }, { gracePeriodSeconds: 0 });
  }
  return { pod: created, container: made.container };
}

async function joinPod(pod: Pod, debugging: Debugging): Promise<Started> {
  const { flags, profile, session, signal } = debugging;
  const name = flags.container || newName(pod, debugging);
  const container = await laidOver(
    ephemeralContainer(containerSpec(name, debugging), { profile, target: flags.target }),
    debugging.custom,
    name,
  );
  const before = pod.spec.ephemeralContainers ?? [];
  const there = before.find((each) => each.name === name);
  if (there) {
    checkSame(pod, { name, profile, same: jsonEqual(there.securityContext, container.securityContext) });
    return { pod, container: name };
  }
  const joined = { ...pod, spec: { ...pod.spec, ephemeralContainers: [...before, container] } } as Pod;
  // No message about a name that the server will refuse.
  if (!allContainers(pod).some((each) => each.name === name)) warnOfUser(joined, name, session);
  const order = [...before, container].map((each) => ({ name: each.name }));
  const patch = { spec: { '$setElementOrder/ephemeralContainers': order, ephemeralContainers: [container] } };
  const ref = { name: pod.metadata.name, namespace: pod.metadata.namespace ?? session.namespace };
  try {
    const result = await session.client
      .resource(pods)
      .patch(ref, patch as never, { type: 'strategic', subresource: 'ephemeralcontainers', signal });
    return { pod: result, container: name };
  } catch (error) {
    // A server without ephemeral containers reports the subresource as missing, not the pod.
    if (reasonOf(error) === 'NotFound' && !(error as StatusError).details?.name) {
      throw new Error(
        `ephemeral containers are disabled for this cluster (error from server: ${JSON.stringify((error as Error).message)})`,
      );
    }
    throw error;
  }
}

/**
 * Upstream applies the profile to the existing container: the server refuses changes to it, and capabilities are added a second
 * time.
 */
function checkSame(pod: Pod, of: { name: string; profile: ProfileName; same: boolean }): void {
  if (of.profile === 'legacy' || of.profile === 'baseline') return;
  if (of.same && of.profile !== 'general' && of.profile !== 'netadmin') return;
  throw new PlainError(
    `The Pod ${JSON.stringify(pod.metadata.name)} is invalid: spec.ephemeralContainers: Forbidden: existing ephemeral containers ${JSON.stringify(of.name)} may not be changed\n\n`,
  );
}

function containerSpec(name: string, { flags, words }: Debugging): DebugContainerSpec {
  return {
    name,
    image: flags.image,
    pullPolicy: flags['image-pull-policy'],
    env: Object.entries(flags.env).map(([variable, value]) => ({ name: variable, value })),
    words,
    argumentsOnly: flags['arguments-only'],
    stdin: flags.stdin,
    tty: flags.tty,
  };
}

function newName(pod: Pod, { flags, session }: Debugging): string {
  const taken = new Set(allContainers(pod).map(({ name }) => name));
  let name = '';
  while (name === '' || taken.has(name)) name = `debugger-${nameSuffix(5, freshRandom)}`;
  if (!flags.quiet) session.io.out(`Defaulting debug container name to ${name}.\n`);
  return name;
}

async function customized(pod: Pod, name: string, { custom }: Debugging): Promise<Pod> {
  if (!custom) return pod;
  if (!pod.spec.containers.some((each) => each.name === name))
    throw new Error(`unable to find the ${name} container in the pod ${pod.metadata.name}`);
  const containers = await Promise.all(
    pod.spec.containers.map((each) => (each.name === name ? laidOver(each, custom, name) : each)),
  );
  return { ...pod, spec: { ...pod.spec, containers } };
}

/** Merges a partial container into one. */
async function laidOver<C extends object>(container: C, custom: JsonObject | undefined, name: string): Promise<C> {
  if (!custom) return container;
  const schema = await containerSchema();
  return applyStrategicMergePatch(container as unknown as JsonObject, { ...custom, name }, schema) as unknown as C;
}

async function customOf(file: string, session: Session): Promise<JsonObject> {
  const text = await session.files.read(file).catch((error: unknown) => {
    throw new Error('must pass a container spec json file for custom profile', { cause: error });
  });
  return customContainer(text, file);
}

function profileOf(name: string): ProfileName {
  const found = profileNames.find((known) => known === name);
  if (!found) throw new Error(`unknown profile: ${name}`);
  return found;
}

function check(
  flags: Flags,
  { words, targets, attachGiven }: { words: readonly string[]; targets: readonly string[]; attachGiven: boolean },
): void {
  const { image, container, 'image-pull-policy': policy, 'set-image': images } = flags;
  if (attachGiven && image === '' && container === '')
    throw new Error('you must specify --container or create a new container using --image in order to attach.');
  const setsImages = Object.keys(images).length > 0;
  if (flags['copy-to'] !== '') {
    if (image === '' && !setsImages && words.length === 0)
      throw new Error('you must specify --image, --set-image or command arguments.');
    if (words.length > 0 && container === '' && image === '')
      throw new Error('you must specify an existing container or a new image when specifying args.');
  } else {
    if (flags.replace) throw new Error('--replace may only be used with --copy-to.');
    if (flags['same-node']) throw new Error('--same-node may only be used with --copy-to.');
    if (setsImages) throw new Error('--set-image may only be used with --copy-to.');
    if (image === '') throw new Error('you must specify --image when not using --copy-to.');
  }
  if (image !== '' && !isImageReference(image))
    throw new Error(`invalid image name ${JSON.stringify(image)}: invalid reference format`);
  if (targets.length === 0 && flags.filename.length === 0) throw new Error('NAME or filename is required for debug');
  if (!['', 'Always', 'IfNotPresent', 'Never'].includes(policy))
    throw new Error(`invalid image pull policy: ${policy}`);
  for (const [name, reference] of Object.entries(images)) {
    if (!isImageReference(reference))
      throw new Error(
        `invalid image name ${JSON.stringify(reference)} for container ${JSON.stringify(name)}: invalid reference format`,
      );
  }
  if (flags.target !== '' && flags['copy-to'] !== '')
    throw new Error('--target is incompatible with --copy-to. Use --share-processes instead.');
}

function checkTerminal({ tty, stdin }: Flags): void {
  if (tty && !stdin) throw new Error('-i/--stdin is required for containers with -t/--tty=true');
}

/** Capabilities have little effect in a container that runs as a non-root user because of its pod. */
function warnOfUser(pod: Pod, name: string | undefined, session: Session): void {
  const container = (allContainers(pod) as Pick<Container, 'name' | 'securityContext'>[]).find(
    (each) => each.name === name,
  );
  const context = container?.securityContext;
  if (!pod.spec.securityContext?.runAsUser || !context || context.runAsUser === 0) return;
  if (!context.privileged && !context.capabilities?.add?.length) return;
  session.io.err(
    warningText(
      'Non-root user is configured for the entire target Pod, and some capabilities granted by debug profile may not work. Please consider using "--custom" with a custom profile that specifies "securityContext.runAsUser: 0".',
      session,
    ),
  );
}
