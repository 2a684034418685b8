import type { AuthInfo, Cluster, Config, Context, NamedExtension, Preferences } from '@typernetes/api/clientcmd/v1';
import { ConfigurationError } from './configuration-error.ts';
import { checkKubeconfig } from './kubeconfig-shape.ts';

/** A kubeconfig in memory: entries by name. Paths from a file are kept, made absolute. */
export interface Kubeconfig {
  readonly currentContext: string;
  readonly clusters: Readonly<Record<string, Cluster>>;
  readonly users: Readonly<Record<string, AuthInfo>>;
  readonly contexts: Readonly<Record<string, Context>>;
  readonly preferences?: Preferences;
  readonly extensions?: readonly NamedExtension[];
}

export const emptyKubeconfig: Kubeconfig = { currentContext: '', clusters: {}, users: {}, contexts: {} };

/** The entries of a parsed file. Throws with upstream's words when it is not a kubeconfig. */
export function fromConfig(config: unknown): Kubeconfig {
  checkKubeconfig(config);
  const {
    clusters,
    users,
    contexts,
    preferences,
    extensions,
    'current-context': currentContext,
  } = config as Partial<Config>;
  return {
    currentContext: currentContext ?? '',
    clusters: Object.fromEntries((clusters ?? []).map(({ name, cluster }) => [name, cluster ?? {}])),
    users: Object.fromEntries((users ?? []).map(({ name, user }) => [name, user ?? {}])),
    contexts: Object.fromEntries((contexts ?? []).map(({ name, context }) => [name, context ?? {}])),
    ...(preferences ? { preferences } : {}),
    ...(extensions ? { extensions } : {}),
  };
}

/** The contents of a file, entries sorted by name as kubectl writes them. */
export function toConfig({ currentContext, clusters, users, contexts, ...others }: Kubeconfig): Config {
  const sorted = <V>(entries: Readonly<Record<string, V>>): [string, V][] =>
    Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    apiVersion: 'v1',
    clusters: sorted(clusters).map(([name, cluster]) => ({ cluster, name })),
    contexts: sorted(contexts).map(([name, context]) => ({ context, name })),
    'current-context': currentContext,
    ...(others.extensions ? { extensions: [...others.extensions] } : {}),
    ...(others.preferences ? { preferences: others.preferences } : {}),
    kind: 'Config',
    users: sorted(users).map(([name, user]) => ({ name, user })),
  };
}

/** Merges in the order of $KUBECONFIG: the first file that names something wins. */
export function mergeKubeconfigs(configs: readonly Kubeconfig[]): Kubeconfig {
  return configs.reduce(
    (merged, next) => ({
      currentContext: merged.currentContext || next.currentContext,
      clusters: { ...next.clusters, ...merged.clusters },
      users: { ...next.users, ...merged.users },
      contexts: { ...next.contexts, ...merged.contexts },
      ...mergedExtras(merged, next),
    }),
    emptyKubeconfig,
  );
}

function mergedExtras(one: Kubeconfig, other: Kubeconfig): Pick<Kubeconfig, 'preferences' | 'extensions'> {
  const extensions = mergedExtensions(one.extensions, other.extensions);
  const colors = one.preferences?.colors || other.preferences?.colors;
  const ofPreferences = mergedExtensions(one.preferences?.extensions, other.preferences?.extensions);
  const preferences = {
    ...(colors ? { colors } : {}),
    ...(ofPreferences.length > 0 ? { extensions: ofPreferences } : {}),
  };
  return {
    ...(Object.keys(preferences).length > 0 ? { preferences } : {}),
    ...(extensions.length > 0 ? { extensions } : {}),
  };
}

function mergedExtensions(
  one: readonly NamedExtension[] = [],
  other: readonly NamedExtension[] = [],
): NamedExtension[] {
  return [...one, ...other.filter(({ name }) => !one.some((known) => known.name === name))];
}

/** Overrides by the command line. */
export interface KubeconfigOverrides {
  readonly context?: string;
  readonly cluster?: string;
  readonly user?: string;
  readonly namespace?: string;
  readonly server?: string;
  readonly token?: string;
  /** The server if nothing else is configured. Default: port 8080 of this machine. */
  readonly defaultServer?: string;
  /** Fields of the cluster and the user that override those of the file. */
  readonly clusterFields?: Partial<Cluster>;
  readonly userFields?: Partial<AuthInfo>;
}

/** One context with its cluster and user looked up. */
export interface ResolvedContext {
  readonly cluster: Cluster;
  /** The name of the cluster's entry; empty when there is none. */
  readonly clusterName?: string;
  readonly user: AuthInfo;
  /** The name of the user's entry; empty when there is none. */
  readonly userName?: string;
  readonly namespace: string;
}

/** Looks up the context to use; a missing one is an error only when something names it. */
export function resolveContext(config: Kubeconfig, overrides: KubeconfigOverrides = {}): ResolvedContext {
  const contextName = overrides.context ?? config.currentContext;
  const context = contextName === '' ? undefined : config.contexts[contextName];
  if (contextName !== '' && !context)
    throw new ConfigurationError(`Error in configuration: context was not found for specified context: ${contextName}`);
  const clusterName = overrides.cluster ?? context?.cluster ?? '';
  // A missing entry named by a context counts as empty; one named by the command line is an error.
  const cluster = overrides.cluster ? named('cluster', config.clusters, clusterName) : config.clusters[clusterName];
  const userName = overrides.user ?? context?.user ?? '';
  const user = overrides.user ? named('auth info', config.users, userName) : config.users[userName];
  const known = { ...withoutReplaced(cluster, overrides.clusterFields), ...overrides.clusterFields };
  return {
    cluster: {
      ...known,
      server: overrides.server || known.server || overrides.defaultServer || 'http://localhost:8080',
    },
    user: {
      ...withoutReplaced(user, overrides.userFields),
      // A certificate stays: servers look at it first.
      ...(overrides.token ? { token: overrides.token } : {}),
      ...overrides.userFields,
    },
    clusterName,
    userName,
    namespace: overrides.namespace ?? context?.namespace ?? 'default',
  };
}

/** A file overrides data in the kubeconfig too; without verification no CA is needed. */
function withoutReplaced<V extends object>(entry: V | undefined, fields: object = {}): Partial<V> {
  const replaced = Object.keys(fields).map((field) => `${field}-data`);
  if ((fields as Partial<Cluster>)['insecure-skip-tls-verify'])
    replaced.push('certificate-authority', 'certificate-authority-data');
  return Object.fromEntries(Object.entries(entry ?? {}).filter(([field]) => !replaced.includes(field))) as Partial<V>;
}

function named<V>(what: string, entries: Readonly<Record<string, V>>, name: string | undefined): V | undefined {
  if (!name) return undefined;
  const entry = entries[name];
  if (!entry)
    throw new ConfigurationError(
      what === 'cluster' ? `no server found for cluster "${name}"` : `${what} "${name}" does not exist`,
    );
  return entry;
}

/** A kubeconfig of one cluster, one user and one context, as kubeadm and tests write it. */
export function singleContext(of: {
  readonly clusterName: string;
  readonly cluster: Cluster;
  readonly userName: string;
  readonly user: AuthInfo;
}): Kubeconfig {
  const contextName = `${of.userName}@${of.clusterName}`;
  return {
    currentContext: contextName,
    clusters: { [of.clusterName]: of.cluster },
    users: { [of.userName]: of.user },
    contexts: { [contextName]: { cluster: of.clusterName, user: of.userName } },
  };
}
