import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { AuthInfo, Cluster } from '@typernetes/api/clientcmd/v1';
import { codeOf, messagesOf, systemClock } from '@typernetes/base';
import { dump, load, YAMLException } from 'js-yaml';
import { type ProviderConfig, tokenSourceOf } from './auth-provider.ts';
import { ConfigurationError } from './configuration-error.ts';
import { CredentialError, execCredential } from './exec-credential.ts';
import { type HttpTransportOptions, httpTransport } from './http-transport.ts';
import {
  emptyKubeconfig,
  fromConfig,
  type Kubeconfig,
  type KubeconfigOverrides,
  mergeKubeconfigs,
  type ResolvedContext,
  resolveContext,
  toConfig,
} from './kubeconfig.ts';
import { readPlainYaml } from './plain-yaml.ts';
import { proxyAddress, proxyFor } from './proxy.ts';
import type { ApiClient } from './resource-client.ts';
import { restClient } from './rest-client.ts';
import { serverUrl } from './server-url.ts';
import type { Transport } from './transport.ts';
import { checkUsable } from './usable-context.ts';

/** Parses the text of a kubeconfig. Paths in it are taken relative to `directory`. */
export function parseKubeconfig(text: string, directory?: string): Kubeconfig {
  // An empty file, such as /dev/null, has no entries.
  const read = text.trim() === '' ? undefined : (readPlainYaml(text) ?? parsedYaml(text));
  const config = fromConfig(read ?? {});
  if (directory === undefined) return config;
  const absolute = <V extends object>(entries: Readonly<Record<string, V>>, fields: readonly (keyof V)[]) =>
    Object.fromEntries(
      Object.entries(entries).map(([name, entry]) => {
        const paths = fields.flatMap((f) => (typeof entry[f] === 'string' && entry[f] !== '' ? [f] : []));
        return [name, { ...entry, ...Object.fromEntries(paths.map((f) => [f, resolve(directory, String(entry[f]))])) }];
      }),
    );
  return {
    ...config,
    clusters: absolute<Cluster>(config.clusters, ['certificate-authority']),
    users: Object.fromEntries(
      Object.entries(absolute<AuthInfo>(config.users, ['client-certificate', 'client-key', 'tokenFile'])).map(
        ([name, user]) => [name, withWholeCommand(user, directory)],
      ),
    ),
  };
}

/** A plugin with a path is relative to the kubeconfig; one without is searched on the PATH. */
function withWholeCommand(user: AuthInfo, directory: string): AuthInfo {
  const { exec } = user;
  return exec?.command?.includes('/')
    ? { ...user, exec: { ...exec, command: resolve(directory, exec.command) } }
    : user;
}

/** In the words of Go's parser if known. */
const goReasons: Readonly<Record<string, string>> = {
  'bad indentation of a mapping entry': 'mapping values are not allowed in this context',
  'end of the stream or a document separator is expected': 'found character that cannot start any token',
};

function parsedYaml(text: string): unknown {
  try {
    return load(text, { json: true });
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const line = error.mark?.line ?? 0;
    throw new Error(`yaml: ${line > 0 ? `line ${line + 1}: ` : ''}${goReasons[error.reason] ?? error.reason}`);
  }
}

export function formatKubeconfig(config: Kubeconfig): string {
  return dump(toConfig(config), { lineWidth: -1 });
}

export function loadKubeconfig(file: string): Kubeconfig {
  return parsedFile(file, dirname(resolve(file)));
}

function parsedFile(file: string, directory?: string): Kubeconfig {
  try {
    return parseKubeconfig(readFileSync(file, 'utf8'), directory);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') throw error;
    const why = code === 'EISDIR' ? `read ${file}: is a directory` : messagesOf(error);
    throw new Error(`error loading config file ${JSON.stringify(file)}: ${why}`);
  }
}

/**
 * What kubectl reads: `--kubeconfig` when given (it must exist), else the files of $KUBECONFIG, else ~/.kube/config;
 * of the latter two, files that are not there count as empty.
 */
export function loadDefaultKubeconfig(env: Readonly<Record<string, string | undefined>>, file?: string): Kubeconfig {
  if (file) {
    if (!existsSync(file))
      throw Object.assign(new Error(`stat ${file}: no such file or directory`), { code: 'ENOENT' });
    return loadKubeconfig(file);
  }
  return mergeKubeconfigs(kubeconfigPaths(env).map(loadIfPresent));
}

/** The files that kubectl reads, the first before the others: `--kubeconfig` alone, else $KUBECONFIG, else ~/.kube/config. */
export function kubeconfigPaths(env: Readonly<Record<string, string | undefined>>, file?: string): string[] {
  if (file) return [file];
  const listed = env.KUBECONFIG?.split(':').filter((path) => path !== '') ?? [];
  return listed.length > 0 ? listed : [join(env.HOME ?? '/', '.kube', 'config')];
}

/** A file with its paths as they are written; empty when it is not there. */
export function loadKubeconfigAsWritten(file: string): Kubeconfig {
  try {
    return parsedFile(file);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return emptyKubeconfig;
    throw error;
  }
}

function loadIfPresent(file: string): Kubeconfig {
  try {
    return loadKubeconfig(file);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return emptyKubeconfig;
    throw error;
  }
}

/** Writes the file at once and for the owner's eyes only. */
export function writeKubeconfig(file: string, config: Kubeconfig): void {
  mkdirSync(dirname(file), { recursive: true });
  const temporary = `${file}.tmp`;
  writeFileSync(temporary, formatKubeconfig(config), { mode: 0o600 });
  renameSync(temporary, file);
}

/** How a program obtains credentials for a kubeconfig's user. */
interface CredentialOptions {
  /** Whether a credential plugin may ask back. */
  interactive?: () => boolean;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Throws unless a credential plugin may run. */
  checkPlugin?: (command: string) => void;
  /** Asks for name and password if the kubeconfig has no credentials; without it requests are anonymous. */
  askUser?: () => Pick<AuthInfo, 'username' | 'password'>;
  /** Keeps the new configuration of a user's `auth-provider` in the kubeconfig. */
  keepProvider?: (userName: string, config: ProviderConfig) => void;
}

/** The user, asked for if the kubeconfig has none. */
function knownUser(user: AuthInfo, { askUser }: CredentialOptions): AuthInfo {
  const { username, token, tokenFile, exec, 'auth-provider': provider } = user;
  const certificate = user['client-certificate'] || user['client-certificate-data'];
  if (username || token || tokenFile || certificate || exec || provider) return user;
  return askUser ? { ...user, ...askUser() } : user;
}

/**
 * The connection options for a context: reads files, decodes data, runs a credential plugin; `interactive` says whether
 * that may ask the user.
 */
export function transportOptions(
  resolved: ResolvedContext,
  options: CredentialOptions & Pick<HttpTransportOptions, 'clock'> = {},
): HttpTransportOptions {
  checkUsable(resolved);
  const { cluster, userName = '' } = resolved;
  // No credentials are sent over plain HTTP.
  const user = serverUrl(cluster.server).protocol === 'https:' ? knownUser(resolved.user, options) : {};
  const tokenSource = tokenSourceOf(user, {
    clock: options.clock ?? systemClock,
    environment: options.environment,
    keep: (config) => options.keepProvider?.(userName, config),
  });
  const plugin = user.exec && !user.token && !user.tokenFile ? user.exec : undefined;
  if (plugin) options.checkPlugin?.(plugin.command);
  const credential = plugin && execCredential(plugin, { cluster, interactive: options.interactive?.() ?? false });
  const isInsecure = cluster['insecure-skip-tls-verify'] ?? false;
  const ca = pem(cluster['certificate-authority-data'], cluster['certificate-authority']);
  const cert = credential?.certificate ?? pem(user['client-certificate-data'], user['client-certificate']);
  const key = credential?.privateKey ?? pem(user['client-key-data'], user['client-key']);
  if (ca && isInsecure)
    throw new ConfigurationError('specifying a root certificates file with the insecure flag is not allowed');
  if (ca && !hasPem(ca))
    throw new ConfigurationError('unable to load root certificates: unable to parse bytes as PEM block');
  for (const [what, text] of [
    ['certificate', cert],
    ['key', key],
  ] as const)
    if (cert && key && text !== undefined && !hasPem(text)) {
      const why = `tls: failed to find any PEM data in ${what} input`;
      if (credential?.certificate)
        throw new CredentialError(`getting credentials: failed parsing client key/certificate: ${why}`);
      throw new ConfigurationError(why);
    }
  return {
    server: serverOf(cluster),
    tls: {
      ...(ca ? { ca } : {}),
      ...(cert ? { cert } : {}),
      ...(key ? { key } : {}),
      ...(cluster['tls-server-name'] ? { serverName: cluster['tls-server-name'] } : {}),
      insecureSkipVerify: isInsecure,
    },
    ...(credential?.token ? { token: credential.token } : {}),
    ...(user.token ? { token: user.token } : user.tokenFile ? { tokenFile: user.tokenFile } : {}),
    ...(tokenSource ? { tokenSource } : {}),
    ...(user.username ? { basic: { username: user.username, password: user.password ?? '' } } : {}),
    ...(user.as
      ? {
          impersonate: {
            user: user.as,
            uid: user['as-uid'] ?? '',
            groups: user['as-groups'] ?? [],
            extra: user['as-user-extra'] ?? {},
          },
        }
      : {}),
    ...proxyOf(cluster, options.environment),
  };
}

/** The proxy of the kubeconfig, else that of the environment, where a program gives it. */
function proxyOf(cluster: Cluster, environment: Readonly<Record<string, string | undefined>> = {}): { proxy?: URL } {
  const own = cluster['proxy-url'];
  const proxy = own ? proxyAddress(own) : proxyFor(serverUrl(cluster.server), environment);
  return proxy ? { proxy } : {};
}

function serverOf({ server }: Cluster): string {
  const { href } = serverUrl(server);
  return server.includes('://') ? server : href;
}

const hasPem = (text: string): boolean => /-----BEGIN [A-Z0-9 ]+-----/.test(text);

function pem(data: string | undefined, file: string | undefined): string | undefined {
  if (data) return Buffer.from(data, 'base64').toString('utf8');
  return file ? readFileSync(file, 'utf8') : undefined;
}

/** A client for the context of a kubeconfig. */
export function clientFromKubeconfig(
  config: Kubeconfig,
  options: KubeconfigOverrides &
    CredentialOptions &
    Pick<HttpTransportOptions, 'userAgent' | 'http2' | 'clock' | 'answerTimeoutMs' | 'ownAuthorityAlone'> & {
      /** Wraps the transport. */
      wrap?: (transport: Transport) => Transport;
    } = {},
): ApiClient {
  const { userAgent, http2, clock, answerTimeoutMs, ownAuthorityAlone, ...others } = options;
  const { wrap, interactive, environment, checkPlugin, askUser, keepProvider, ...overrides } = others;
  const credentials: CredentialOptions & Pick<HttpTransportOptions, 'clock'> = {
    ...(interactive ? { interactive } : {}),
    ...(environment ? { environment } : {}),
    ...(checkPlugin ? { checkPlugin } : {}),
    ...(askUser ? { askUser } : {}),
    ...(keepProvider ? { keepProvider } : {}),
    ...(clock ? { clock } : {}),
  };
  const transport = httpTransport({
    ...transportOptions(resolveContext(config, overrides), credentials),
    ...(userAgent ? { userAgent } : {}),
    ...(http2 ? { http2 } : {}),
    ...(clock ? { clock } : {}),
    ...(answerTimeoutMs === undefined ? {} : { answerTimeoutMs }),
    ...(ownAuthorityAlone ? { ownAuthorityAlone } : {}),
  });
  return restClient(wrap ? wrap(transport) : transport);
}
