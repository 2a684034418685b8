import type { ParsedFlags } from '@typernetes/process';
import type { apiServerFlags } from './flags.ts';

/** The storage settings. Files are named, not read. */
export interface StorageConfig {
  readonly backend: string;
  readonly path: string;
  readonly etcd: {
    readonly servers: readonly string[];
    readonly caFile: string;
    readonly certFile: string;
    readonly keyFile: string;
    /** Servers that keep some resources, each set once. */
    readonly overrides: readonly EtcdOverride[];
    /** The given values, for validation only. */
    readonly overridesGiven: readonly string[];
  };
  /** `--storage-media-type`, which has no effect: objects are stored as JSON. */
  readonly mediaType: string;
  /** The prefix of all keys. */
  readonly prefix: string;
  /** 0: never. */
  readonly compactionIntervalMs: number;
  readonly encryption: { readonly file: string; readonly automaticReload: boolean };
  readonly timeouts: { readonly healthMs: number; readonly readyMs: number };
}

export function completeStorage(flags: ParsedFlags<typeof apiServerFlags>): StorageConfig {
  return {
    backend: flags['storage-backend'] || (flags['etcd-servers'].length > 0 ? 'etcd3' : 'sqlite'),
    path: flags['storage-path'],
    etcd: {
      servers: flags['etcd-servers'],
      caFile: flags['etcd-cafile'],
      certFile: flags['etcd-certfile'],
      keyFile: flags['etcd-keyfile'],
      overrides: overridesOf(flags['etcd-servers-overrides']),
      overridesGiven: flags['etcd-servers-overrides'],
    },
    mediaType: (flags as { readonly 'storage-media-type'?: string })['storage-media-type'] ?? '',
    prefix: flags['etcd-prefix'],
    compactionIntervalMs: flags['etcd-compaction-interval'],
    encryption: {
      file: flags['encryption-provider-config'],
      automaticReload: flags['encryption-provider-config-automatic-reload'],
    },
    timeouts: { healthMs: flags['etcd-healthcheck-timeout'], readyMs: flags['etcd-readycheck-timeout'] },
  };
}

/** An etcd that stores these resources instead of the main one. */
export interface EtcdOverride {
  readonly servers: readonly string[];
  readonly resources: readonly { readonly group: string; readonly resource: string }[];
}

/** `group/resource#servers`, the servers separated by semicolons; as upstream, the last entry for a resource wins. */
const override = /^([^/#]*)\/([^/#]*)#([^#]*)$/;

function overridesOf(given: readonly string[]): EtcdOverride[] {
  const serversOf = new Map<string, string>();
  for (const text of given) {
    const [, group = '', resource = '', servers] = override.exec(text) ?? [];
    if (servers !== undefined) serversOf.set(`${group}/${resource}`, servers);
  }
  return [...new Set(serversOf.values())].map((servers) => ({
    servers: servers.split(';'),
    resources: [...serversOf]
      .filter(([, theirs]) => theirs === servers)
      .map(([name]) => {
        const [group = '', resource = ''] = name.split('/');
        return { group, resource };
      }),
  }));
}

const mediaTypes = ['application/json', 'application/vnd.kubernetes.protobuf', 'application/yaml'];

export function storageProblems({ backend, etcd, encryption, mediaType }: StorageConfig): string[] {
  const problems: string[] = [];
  if (!['etcd3', 'sqlite', 'memory'].includes(backend))
    problems.push(
      "--storage-backend invalid, allowed values: etcd3, sqlite, memory. If not specified, it will default to 'sqlite', or to 'etcd3' with --etcd-servers",
    );
  else if (backend === 'etcd3' && etcd.servers.length === 0) problems.push('--etcd-servers must be specified');
  else if (backend !== 'etcd3' && etcd.servers.length > 0)
    problems.push(`--etcd-servers can not be used with --storage-backend=${backend}`);
  for (const text of etcd.overridesGiven)
    if (!override.test(text))
      problems.push(
        '--etcd-servers-overrides invalid, must be of format: group/resource#servers, where servers are URLs, semicolon separated',
      );
  if ((etcd.certFile === '') !== (etcd.keyFile === ''))
    problems.push('--etcd-certfile and --etcd-keyfile must be specified together');
  if (encryption.automaticReload && encryption.file === '')
    problems.push('--encryption-provider-config-automatic-reload must be set with --encryption-provider-config');
  if (mediaType !== '' && !mediaTypes.includes(mediaType))
    problems.push(
      `--storage-media-type ${JSON.stringify(mediaType)} invalid, allowed values: ${mediaTypes.join(', ')}`,
    );
  return problems;
}
