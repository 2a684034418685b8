import { pods } from '@typernetes/api/core/v1';
import type { Session } from '../session.ts';
import type { Completion, Typed } from './complete.ts';
import { namesOfType, resourceTypes } from './objects.ts';
import { completionScripts } from './scripts.ts';

const podCommands = ['attach', 'debug', 'exec', 'logs', 'port-forward', 'top pod', 'cp'];
const nodeCommands = ['cordon', 'drain', 'uncordon', 'top node'];
const typeCommands = [
  'annotate',
  'apply edit-last-applied',
  'apply view-last-applied',
  'autoscale',
  'delete',
  'describe',
  'edit',
  'expose',
  'get',
  'label',
  'patch',
  'scale',
  'set env',
  'set image',
  'set resources',
  'set serviceaccount',
  'taint',
  'wait',
];
const contextCommands = ['config delete-context', 'config get-contexts', 'config rename-context', 'config use-context'];

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
  if (name.startsWith('rollout ')) return typesAndNames(typed, session, ['deployment', 'daemonset', 'statefulset']);
  if (podCommands.includes(name)) {
    if (name === 'cp') return copyEnds(typed, session);
    return first ? podsOrSlash(typed, session) : { words: [] };
  }
  if (typeCommands.includes(name)) return typesAndNames(typed, session);
  return { words: [], files: true };
}

/** Types that have pods; of nodes and pods alone there is no other way to say it. */
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

/** A pod or namespace, or a file here. */
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
  { positional, last }: Typed,
  session: Session,
  types?: readonly string[],
): Promise<Completion> {
  if (last.includes('/')) return slashed(last, session);
  const [type, ...names] = positional;
  if (type === undefined) return { words: types ?? (await resourceTypes(session)) };
  if (type.includes('/')) return { words: [] };
  return without(await namesOfType(type, session), names);
}

/** `deployments/web` */
async function slashed(last: string, session: Session): Promise<Completion> {
  const type = last.slice(0, last.indexOf('/'));
  return { words: (await namesOfType(type, session)).map((name) => `${type}/${name}`) };
}

function without(all: readonly string[], taken: readonly string[]): Completion {
  return { words: all.filter((name) => !taken.includes(name)) };
}
