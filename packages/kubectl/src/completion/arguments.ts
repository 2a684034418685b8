import { pods } from '@typernetes/api/core/v1';
import type { Session } from '../session.ts';
import type { Completion, Typed } from './completion.ts';
import { containerNames, namesOfType, resourceTypes } from './objects.ts';
import { completionScripts } from './scripts.ts';

const podCommands = ['attach', 'exec', 'logs', 'port-forward', 'top pod', 'cp'];
const nodeCommands = ['cordon', 'drain', 'uncordon', 'top node'];
const typeCommands = [
  'annotate',
  'apply edit-last-applied',
  'apply view-last-applied',
  'debug',
  'delete',
  'describe',
  'edit',
  'get',
  'label',
  'patch',
  'set env',
  'set resources',
  'set serviceaccount',
  'wait',
];
const scaled = ['deployment', 'replicaset', 'replicationcontroller', 'statefulset'];
const rolledOut = ['deployment', 'daemonset', 'statefulset'];
/** Commands that work with certain types only. */
const typesOf: Readonly<Record<string, readonly string[]>> = {
  autoscale: scaled,
  expose: ['pod', 'service', 'replicationcontroller', 'deployment', 'replicaset'],
  'rollout history': rolledOut,
  'rollout pause': ['deployment'],
  'rollout restart': rolledOut,
  'rollout resume': ['deployment'],
  'rollout status': rolledOut,
  'rollout undo': rolledOut,
  scale: scaled,
  'set image': [
    'daemonsets',
    'deployments',
    'pods',
    'cronjobs',
    'replicasets',
    'replicationcontrollers',
    'statefulsets',
  ],
  taint: ['node'],
};
/** Commands that take a single `TYPE/NAME`. */
const ofOne = /^(set |wait$|rollout status$)/;
const contextCommands = [
  'config delete-context',
  'config get-contexts',
  'config rename-context',
  'config set-context',
  'config use',
  'config use-context',
];

/** Arguments: types and names of the cluster's objects, or of the kubeconfig's entries. */
export async function completeArgument(typed: Typed, session: Session): Promise<Completion> {
  const { name, positional } = typed;
  const first = positional.length === 0;
  if (contextCommands.includes(name)) return { words: first ? Object.keys(session.kubeconfig.contexts).sort() : [] };
  if (name === 'config delete-cluster' || name === 'config set-cluster')
    return { words: first ? Object.keys(session.kubeconfig.clusters).sort() : [] };
  if (name === 'config delete-user' || name === 'config set-credentials')
    return { words: first ? Object.keys(session.kubeconfig.users).sort() : [] };
  if (name === 'completion') return { words: first ? Object.keys(completionScripts) : [] };
  if (name === 'explain') return { words: first ? await resourceTypes(session) : [], noSpace: true };
  if (name === 'create token') return { words: first ? await namesOfType('serviceaccounts', session) : [] };
  if (name.startsWith('certificate '))
    return without(await namesOfType('certificatesigningrequests', session), positional);
  if (nodeCommands.includes(name)) return without(await namesOfType('nodes', session), positional);
  if (Object.hasOwn(typesOf, name)) return typesAndNames(typed, session, typesOf[name]);
  if (podCommands.includes(name)) {
    if (name === 'cp') return copyEnds(typed, session);
    if (first) return podsOrSlash(typed, session);
    const [pod = ''] = positional;
    return { words: name === 'logs' && positional.length === 1 ? await containerNames(pod, session) : [] };
  }
  if (typeCommands.includes(name)) return typesAndNames(typed, session);
  return { words: [], files: true };
}

/** Types that have pods. */
const podTypes = [
  'daemonsets/',
  'deployments/',
  'pods/',
  'jobs/',
  'replicasets/',
  'replicationcontrollers/',
  'services/',
  'statefulsets/',
];

async function podsOrSlash({ name, last }: Typed, session: Session): Promise<Completion> {
  if (last.includes('/')) return slashed(last, session);
  const words = await namesOfType('pods', session);
  return { words: name === 'top pod' ? words : [...words, ...podTypes] };
}

/** Completes a pod, a namespace, or a local file. */
async function copyEnds({ positional, last }: Typed, session: Session): Promise<Completion> {
  if (positional.length > 1) return { words: [] };
  if (last.includes(':') || /^[./]/.test(last)) return { words: [], files: true };
  if (last.includes('/')) {
    const namespace = last.slice(0, last.indexOf('/'));
    const { items } = await session.client.resource(pods).list({ namespace });
    return { words: items.map(({ metadata }) => `${namespace}/${metadata.name}:`), noSpace: true };
  }
  const namespaces = await namesOfType('namespaces', session);
  const podNames = await namesOfType('pods', session);
  const words = [...namespaces.map((name) => `${name}/`), ...podNames.map((name) => `${name}:`), './', '/'];
  return { words, noSpace: true, files: true };
}

async function typesAndNames(
  { name, positional, last }: Typed,
  session: Session,
  types?: readonly string[],
): Promise<Completion> {
  if (last.includes('/')) return slashed(last, session);
  const [type, ...names] = positional;
  if (type === undefined) return { words: types ?? (await resourceTypes(session)) };
  if (type.includes('/')) {
    if (ofOne.test(name)) return { words: [] };
    return { words: (types ?? (await resourceTypes(session))).map((type) => `${type}/`), noSpace: true };
  }
  return without(await namesOfTypes(type, session), names);
}

/** For `pods,services`: the objects of one type before those of the other. */
async function namesOfTypes(list: string, session: Session): Promise<string[]> {
  const found = await Promise.all(list.split(',').map((type) => namesOfType(type, session)));
  return found.flat();
}

/** `deployments/web` */
async function slashed(last: string, session: Session): Promise<Completion> {
  const type = last.slice(0, last.indexOf('/'));
  return { words: (await namesOfTypes(type, session)).map((name) => `${type}/${name}`) };
}

function without(all: readonly string[], taken: readonly string[]): Completion {
  return { words: all.filter((name) => !taken.includes(name)) };
}
