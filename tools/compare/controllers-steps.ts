import type { ApiClient } from '@typernetes/client';
import { isNotFound } from '@typernetes/machinery';
import type { Side } from './controllers-side.ts';
import type { Step } from './controllers-work.ts';

interface Found {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly { readonly uid: string }[];
  };
  readonly spec?: { readonly template?: { readonly metadata: { readonly labels: Record<string, string> } } };
}

/** Performs a step on one side. Returns the server's answer: `ok`, or the code and reason of the error. */
export async function perform({ client, isOriginal }: Side, step: Step, namespace: string): Promise<string> {
  const at = (path: string): string => pathOf(path, namespace, isOriginal);
  const pods = at('v1/pods');
  const first = async (labels: string): Promise<string | undefined> => {
    const { items } = await client.json<{ items: Found[] }>(
      'GET',
      `${pods}?labelSelector=${encodeURIComponent(labels)}&fieldSelector=${alive}`,
    );
    return items.map(({ metadata }) => metadata.name).sort()[0];
  };
  const act = async (): Promise<unknown> => {
    if (step.do === 'wait') return pause(step.seconds * 1000);
    if (step.do === 'post') {
      await client.json('POST', at(step.path), await filledIn(client, step.body, { namespace, at }));
      return pause((step.andWait ?? 0) * 1000);
    }
    if (step.do === 'patch') {
      const [collection, name] = split(step.path);
      const part = step.isStatus ? '/status' : '';
      const path = `${at(collection)}/${name.replace('{namespace}', namespace)}${part}`;
      await client.json('PATCH', path, step.body, strategic);
      return pause((step.andWait ?? 0) * 1000);
    }
    if (step.do === 'delete') {
      const [collection, name] = split(step.path);
      const options = step.policy ? { propagationPolicy: step.policy } : {};
      await client.json('DELETE', `${at(collection)}/${name.replace('{namespace}', namespace)}`, options);
      return pause((step.andWait ?? 0) * 1000);
    }
    if (step.do === 'undo') return undo(client, at, step.deployment);
    const pod = await first(step.labels);
    if (pod === undefined) return undefined;
    if (step.do === 'deletePod') return client.json('DELETE', `${pods}/${pod}`, {});
    if (step.do === 'evict') {
      const apiVersion = `policy/${isOriginal ? 'v1beta1' : 'v1'}`;
      return client.json('POST', `${pods}/${pod}/eviction`, {
        apiVersion,
        kind: 'Eviction',
        metadata: { name: pod, namespace },
      });
    }
    return client.json('PATCH', `${pods}/${pod}${step.status ? '/status' : ''}`, step.body, strategic);
  };
  try {
    await act();
    return 'ok';
  } catch (error) {
    const { code, reason, message } = error as { code?: number; reason?: string; message: string };
    if (code === undefined) throw error;
    return `${code} ${reason}: ${message}`;
  }
}

/** The first pod by name could have terminated on one side only. */
const alive = encodeURIComponent('status.phase!=Failed,status.phase!=Succeeded');

const strategic = { contentType: 'application/strategic-merge-patch+json' };

/** The URL path for `apps/v1/deployments` in the namespace, or `cluster:v1/persistentvolumes` outside. */
export function pathOf(path: string, namespace: string, isOriginal: boolean): string {
  const [isOutside, plain] = path.startsWith('cluster:') ? [true, path.slice(8)] : [false, path];
  const parts = plain
    .replace(/^policy\//, `policy/${isOriginal ? 'v1beta1' : 'v1'}/`)
    .replace(/^discovery\//, `discovery.k8s.io/${isOriginal ? 'v1beta1' : 'v1'}/`)
    .split('/');
  const resource = parts.pop();
  const root = parts.length === 1 ? `/api/${parts[0]}` : `/apis/${parts.join('/')}`;
  return isOutside ? `${root}/${resource}` : `${root}/namespaces/${namespace}/${resource}`;
}

function split(path: string): readonly [collection: string, name: string] {
  const slash = path.lastIndexOf('/');
  return [path.slice(0, slash), path.slice(slash + 1)];
}

/** For requests about objects that may not exist. */
export function unlessGone(error: unknown): undefined {
  if (!isNotFound(error)) throw error;
}

/**
 * Fills in the namespace's name and uids (`uid:v1/configmaps/a`) as they are on that side; a missing object gets a uid
 * that nobody has.
 */
async function filledIn(
  client: ApiClient,
  body: object,
  where: { namespace: string; at: (path: string) => string },
): Promise<object> {
  let text = JSON.stringify(body).replaceAll('{namespace}', where.namespace);
  for (const [whole = '', path = ''] of text.matchAll(/"uid:([^"]*)"/g)) {
    const [collection, name] = split(path);
    const owner = await client.json<Found>('GET', `${where.at(collection)}/${name}`).catch(unlessGone);
    text = text.replace(whole, JSON.stringify(owner?.metadata.uid ?? 'd0000000-0000-4000-8000-000000000001'));
  }
  return JSON.parse(text) as object;
}

const revision = 'deployment.kubernetes.io/revision';

/** Like `kubectl rollout undo`: sets the template of the revision before the newest. */
async function undo(client: ApiClient, at: (path: string) => string, name: string): Promise<void> {
  const path = `${at('apps/v1/deployments')}/${name}`;
  const { metadata } = await client.json<Found>('GET', path);
  const { items } = await client.json<{ items: Found[] }>('GET', at('apps/v1/replicasets'));
  const owned = items
    .filter((set) => set.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid))
    .sort((a, b) => Number(b.metadata.annotations?.[revision]) - Number(a.metadata.annotations?.[revision]));
  const template = owned[1]?.spec?.template;
  if (!template) return;
  const { 'pod-template-hash': _, ...labels } = template.metadata.labels;
  const value = { ...template, metadata: { ...template.metadata, labels } };
  const patch = [{ op: 'replace', path: '/spec/template', value }];
  await client.json('PATCH', path, patch, { contentType: 'application/json-patch+json' });
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
