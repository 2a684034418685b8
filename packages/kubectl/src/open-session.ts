import { typernetesVersion } from '@typernetes/base';
import {
  clientFromKubeconfig,
  type Kubeconfig,
  type KubeconfigOverrides,
  kubeconfigPaths,
  loadDefaultKubeconfig,
  resolveContext,
  type Transport,
} from '@typernetes/client';
import type { ParsedFlags } from '@typernetes/process';
import type { GlobalFlags } from './global-flags.ts';
import { askUser } from './kubeconfig/ask-user.ts';
import { KubeconfigFiles } from './kubeconfig/files.ts';
import type { PluginCheck } from './kuberc/plugin-policy.ts';
import { logged } from './logged-warning.ts';
import { interruptibleTransport } from './requests/interruptible.ts';
import { loggedTransport, showsRequests } from './requests/logged-transport.ts';
import { requestTimeoutMs, timeLimitedTransport } from './requests/time-limit.ts';
import { warningText } from './requests/warning-text.ts';
import { type WarningCount, warningTransport } from './requests/warnings.ts';
import { discoveryCache } from './resources/discovery-cache.ts';
import { resourceFinder } from './resources/finder.ts';
import type { Session, Surroundings } from './session.ts';

/** The kubeconfig is read, its context looked up and a client made when a command first asks for them: some need none. `checkPlugin` is asked before a credential plugin runs, `stop` ends requests under way. */
export function openSession(
  flags: ParsedFlags<GlobalFlags>,
  { io, files, clock, environment }: Surroundings,
  {
    command,
    changeCause,
    checkPlugin,
    stop,
  }: {
    /** The name of the command, with ` --raw` behind it where that is given. */
    command: string;
    changeCause?: string | undefined;
    checkPlugin?: PluginCheck | undefined;
    stop: AbortSignal;
  },
): OpenSession {
  const overrides = {
    ...overridesOf(flags),
    ...(environment.KUBERNETES_MASTER ? { defaultServer: environment.KUBERNETES_MASTER } : {}),
  };
  const kubeconfig = lazy((): Kubeconfig => loadDefaultKubeconfig(environment, flags.kubeconfig));
  const resolved = lazy(() => resolveContext(kubeconfig(), overrides));
  const client = lazy(() =>
    clientFromKubeconfig(kubeconfig(), {
      ...overrides,
      userAgent: 'kubectl',
      clock,
      // Logs, proxies and watches may be silent for long, so there is no timeout except the user's --request-timeout.
      answerTimeoutMs: 0,
      ownAuthorityAlone: true,
      interactive: () => io.stdin.isTerminal,
      environment,
      ...(checkPlugin ? { checkPlugin } : {}),
      askUser: () => askUser(io),
      keepProvider: (name, config) => kubeconfigFiles().keepProvider(name, config),
      wrap: (transport) => wrapped(transport, resolved().cluster.server),
    }),
  );
  const warnings: WarningCount = { count: 0 };
  const wrapped = (plain: Transport, server: string): Transport => {
    let transport = plain;
    const level = flags.v;
    if (level >= showsRequests) {
      const own = {
        'user-agent': `kubectl/v${typernetesVersion}`,
        ...(flags.token ? { authorization: `Bearer ${flags.token}` } : {}),
      };
      const files = kubeconfigPaths(environment, flags.kubeconfig).join(':');
      const text = `Config loaded from file:  ${files}`;
      io.err(logged(text, { session: { clock }, place: 'loader.go:405', severity: 'I' }));
      const shown = { level, server: server.replace(/\/$/, ''), session: { io, clock }, own, command };
      transport = loggedTransport(transport, shown);
    }
    const ms = requestTimeoutMs(flags['request-timeout']);
    if (ms > 0) transport = timeLimitedTransport(transport, { ms, clock });
    return interruptibleTransport(warningTransport(transport, { session: { io, environment }, seen: warnings }), stop);
  };
  const cacheDir = cacheDirOf(flags, { environment });
  const resources = lazy(() => {
    const { server } = resolved().cluster;
    const kept = cacheDir === undefined ? undefined : discoveryCache({ cacheDir, server }, () => clock.now());
    return resourceFinder(client(), kept, (text) => io.err(warningText(text, { io, environment })));
  });
  const kubeconfigFiles = lazy(() => new KubeconfigFiles(environment, flags.kubeconfig));
  return {
    io,
    files,
    clock,
    environment,
    globalFlags: flags,
    cacheDir,
    typed: !plainClients.has(command),
    changeCause,
    namespaceGiven: flags.namespace !== undefined,
    get client() {
      return client();
    },
    get namespace() {
      return resolved().namespace;
    },
    get resources() {
      return resources();
    },
    get server() {
      return resolved().cluster.server;
    },
    get kubeconfig() {
      return kubeconfig();
    },
    get kubeconfigFiles() {
      return kubeconfigFiles();
    },
    get warnings() {
      return warnings.count;
    },
    // Later: a program that ends with its command has nothing of it to take apart.
    close: () => void setImmediate(() => client.made?.transport.close()),
  };
}

/** Commands whose answers upstream leaves as they are, whatever their kinds; all others know the kinds they deal with. */
const plainClients: ReadonlySet<string> = new Set([
  'annotate',
  'apply',
  'apply edit-last-applied',
  'apply set-last-applied',
  'apply view-last-applied',
  'autoscale',
  'certificate approve',
  'certificate deny',
  'create',
  'delete',
  'describe',
  'diff',
  'edit',
  'get',
  'label',
  'patch',
  'replace',
  'scale',
  'wait',
]);

export interface OpenSession extends Session {
  /** The number of warnings from the server. */
  readonly warnings: number;
  close(): void;
}

interface Lazy<T> {
  (): T;
  readonly made: T | undefined;
}

function lazy<T>(make: () => T): Lazy<T> {
  let made: T | undefined;
  const get = (): T => {
    made ??= make();
    return made;
  };
  return Object.defineProperty(get, 'made', { get: () => made }) as unknown as Lazy<T>;
}

function overridesOf(flags: ParsedFlags<GlobalFlags>): KubeconfigOverrides {
  const { context, cluster, user, namespace, server, token, username, password } = flags;
  return {
    ...(context ? { context } : {}),
    ...(cluster ? { cluster } : {}),
    ...(user ? { user } : {}),
    ...(namespace ? { namespace } : {}),
    ...(server ? { server } : {}),
    ...(token ? { token } : {}),
    clusterFields: given({
      'certificate-authority': flags['certificate-authority'],
      'insecure-skip-tls-verify': flags['insecure-skip-tls-verify'],
      'tls-server-name': flags['tls-server-name'],
    }),
    userFields: given({
      'client-certificate': flags['client-certificate'],
      'client-key': flags['client-key'],
      username,
      password,
      as: flags.as,
      'as-uid': flags['as-uid'],
      'as-groups': flags['as-group'] ? [...flags['as-group']] : undefined,
      'as-user-extra': flags['as-user-extra']?.some((pair) => pair.includes('='))
        ? extraOf(flags['as-user-extra'])
        : undefined,
    }),
  };
}

/** Drops undefined fields. */
function given<F extends Readonly<Record<string, unknown>>>(fields: F): { [K in keyof F]?: NonNullable<F[K]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}

/** `key=value`, several values for a key. */
function extraOf(pairs: readonly string[]): Record<string, string[]> {
  const extra: Record<string, string[]> = {};
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    // Upstream ignores invalid pairs.
    if (equals < 0) continue;
    const key = pair.slice(0, equals);
    extra[key] = [...(extra[key] ?? []), pair.slice(equals + 1)];
  }
  return extra;
}

/** The cache folder; undefined without a home directory. */
function cacheDirOf(
  flags: ParsedFlags<GlobalFlags>,
  { environment }: Pick<Surroundings, 'environment'>,
): string | undefined {
  const home = environment.KUBECACHEDIR || (environment.HOME ? `${environment.HOME}/.kube/cache` : '');
  return flags['cache-dir'] || home || undefined;
}
