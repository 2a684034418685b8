import type { networkInterfaces } from 'node:os';
import { argumentsOf } from '../corefile/arguments.ts';
import { type CorefileSource, type Line, type ServerBlock, serverBlocks } from '../corefile/server-blocks.ts';
import { CorefileError, problemAt, wrongCount } from '../corefile/word.ts';
import { absolute, servedZones } from '../corefile/zone-name.ts';
import { type AclSettings, parseAcl } from '../plugins/acl.ts';
import { parseAny } from '../plugins/any.ts';
import { type AutopathSettings, parseAutopath } from '../plugins/autopath.ts';
import { type BindSettings, parseBind } from '../plugins/bind.ts';
import { parseBufsize } from '../plugins/bufsize.ts';
import { type CacheSettings, parseCache } from '../plugins/cache.ts';
import { parseCancel } from '../plugins/cancel.ts';
import { type ChaosSettings, parseChaos } from '../plugins/chaos.ts';
import { parseWhoami } from '../plugins/client-address.ts';
import { parseTimeouts, type TimeoutsSettings } from '../plugins/connection-timeouts.ts';
import { type Dns64Settings, parseDns64 } from '../plugins/dns64.ts';
import {
  type HealthSettings,
  type Listening,
  parseHealth,
  parsePrometheus,
  parseReady,
  parseReload,
  type ReadySettings,
  type ReloadSettings,
} from '../plugins/endpoints.ts';
import { type ErrorsSettings, parseErrors } from '../plugins/errors.ts';
import { type FileSettings, parseFile } from '../plugins/file.ts';
import { type ForwardSettings, parseForward } from '../plugins/forward.ts';
import { type HeaderSettings, parseHeader } from '../plugins/header.ts';
import { type HostsSettings, parseHosts } from '../plugins/hosts.ts';
import { parseKubernetes } from '../plugins/kubernetes.ts';
import { parseLoadbalance } from '../plugins/loadbalance.ts';
import { parseLocal } from '../plugins/local.ts';
import { type LogSettings, parseLog } from '../plugins/log.ts';
import { parseLoop } from '../plugins/loop.ts';
import { parseMinimal } from '../plugins/minimal.ts';
import { type NsidSettings, parseNsid } from '../plugins/nsid.ts';
import { parseRewrite, type RewriteSettings } from '../plugins/rewrite.ts';
import { parseTemplate, type TemplateSettings } from '../plugins/template.ts';
import type { KubernetesSettings } from '../zone/kubernetes-settings.ts';

/** The settings of each plugin of a server block; undefined for those that are not used. */
interface PluginSettings {
  readonly root?: string;
  /** Milliseconds. */
  readonly cancel?: number;
  readonly timeouts?: TimeoutsSettings;
  readonly nsid?: NsidSettings;
  /** Bytes. */
  readonly bufsize?: number;
  readonly bind?: BindSettings;
  readonly local?: true;
  readonly dns64?: Dns64Settings;
  readonly any?: true;
  readonly chaos?: ChaosSettings;
  readonly header?: HeaderSettings;
  readonly minimal?: true;
  readonly whoami?: true;
  readonly reload?: ReloadSettings;
  readonly ready?: ReadySettings;
  readonly health?: HealthSettings;
  readonly prometheus?: Listening;
  readonly errors?: ErrorsSettings;
  readonly log?: LogSettings;
  readonly acl?: AclSettings;
  readonly loadbalance?: ReturnType<typeof parseLoadbalance>;
  readonly cache?: CacheSettings;
  readonly rewrite?: RewriteSettings;
  readonly autopath?: AutopathSettings;
  readonly template?: TemplateSettings;
  readonly hosts?: HostsSettings;
  readonly kubernetes?: KubernetesSettings;
  readonly file?: readonly FileSettings[];
  readonly loop?: true;
  readonly forward?: readonly ForwardSettings[];
}

export interface ServedZone {
  readonly zone: string;
  readonly port: number;
}

export interface BlockPlan {
  readonly serves: readonly ServedZone[];
  readonly plugins: PluginSettings;
}

/** The plan made from a Corefile. */
export interface DnsPlan {
  readonly blocks: readonly BlockPlan[];
}

/** What parsers know besides the lines of their plugin. */
interface Place {
  /** The folder of files that are named by a relative path; empty for the working directory. */
  readonly root: string;
  readonly interfaces: ReturnType<typeof networkInterfaces>;
}

type Parser = (lines: readonly Line[], zones: readonly string[], place: Place) => unknown;

/** In CoreDNS's order. */
const parsers: Readonly<Record<keyof PluginSettings, Parser>> = {
  root: parseRoot,
  cancel: parseCancel,
  timeouts: parseTimeouts,
  reload: parseReload,
  nsid: parseNsid,
  bufsize: parseBufsize,
  bind: (lines, _zones, { interfaces }) => parseBind(lines, interfaces),
  ready: parseReady,
  health: parseHealth,
  prometheus: parsePrometheus,
  errors: parseErrors,
  log: parseLog,
  local: parseLocal,
  dns64: parseDns64,
  acl: parseAcl,
  any: parseAny,
  chaos: parseChaos,
  loadbalance: parseLoadbalance,
  cache: parseCache,
  rewrite: parseRewrite,
  header: parseHeader,
  autopath: parseAutopath,
  minimal: parseMinimal,
  template: parseTemplate,
  hosts: (lines, zones, { root }) => parseHosts(lines, zones, root),
  kubernetes: parseKubernetes,
  file: (lines, zones, { root }) => parseFile(lines, zones, root),
  loop: parseLoop,
  forward: parseForward,
  whoami: parseWhoami,
};

/** `root PATH` */
function parseRoot(lines: readonly Line[]): string {
  return lines.reduce((_, line) => argumentsOf(line)[0] ?? raise(wrongCount(line.words[0])), '');
}

function raise(error: Error): never {
  throw error;
}

/** Plugins of CoreDNS that this program has not. */
const missing = new Set(
  `metadata geoip tls quic multisocket debug trace pprof dnstap dnssec transfer route53 azure clouddns k8s_external auto
  secondary etcd grpc grpc_server https https3 erratic on sign view nomad tsig`.split(/\s+/),
);

const standardPort = 53;

interface PlanOptions {
  /** The file's name in messages. */
  readonly file: string;
  readonly source: CorefileSource;
  /** Those of this machine; none where nobody says. */
  readonly interfaces?: Place['interfaces'];
}

/** Parses a Corefile. Throws a {@link CorefileError} for the first problem, in CoreDNS's words. */
export function planOf(text: string, { file, source, interfaces = {} }: PlanOptions): DnsPlan {
  const blocks = serverBlocks(text, file, source).map((block) => blockPlan(block, interfaces));
  const served = new Set<string>();
  for (const block of blocks)
    for (const { zone, port } of block.serves)
      for (const host of hostsOf(block)) {
        const key = `dns://${absolute(zone)}:${port}`;
        if (served.has(`${key} ${host}`)) throw new CorefileError(`cannot serve ${key} - it is already defined`);
        served.add(`${key} ${host}`);
      }
  return { blocks };
}

/** The addresses that a block listens on; empty for the usual one. */
export function hostsOf({ plugins }: Pick<BlockPlan, 'plugins'>): readonly string[] {
  return plugins.bind?.addresses ?? [''];
}

function blockPlan({ keys, lines }: ServerBlock, interfaces: Place['interfaces']): BlockPlan {
  const serves = keys.flatMap(({ text }) => {
    const { zones, port = standardPort } = servedZones(text);
    return zones.map((zone) => ({ zone, port }));
  });
  const byName = Map.groupBy(lines, ({ words: [{ text }] }) => text);
  const names = [...byName.keys()];
  for (const name of names) {
    const [word] = byName.get(name)?.[0]?.words ?? [];
    if (Object.hasOwn(parsers, name) || !word) continue;
    if (!missing.has(name)) throw problemAt(word, `Unknown directive '${name}'`);
    const known = Object.keys(parsers).sort().join(', ');
    throw problemAt(word, `plugin '${name}' is not part of this cluster DNS; these are: ${known}`);
  }
  const zones = serves.map(({ zone }) => zone);
  const place = { root: inPlugin('root', () => parseRoot(byName.get('root') ?? [])), interfaces };
  const settings = Object.entries(parsers).flatMap(([name, parse]) => {
    const own = byName.get(name);
    return own ? [[name, inPlugin(name, () => parse(own, zones, place))]] : [];
  });
  const { autopath } = Object.fromEntries(settings) as PluginSettings;
  const knower = autopath && 'plugin' in autopath.search ? autopath.search.plugin : 'kubernetes';
  if (knower !== 'kubernetes' && byName.has(knower))
    throw new CorefileError(`plugin/autopath: ${knower} does not implement the AutoPather interface`);
  return { serves, plugins: Object.fromEntries(settings) as PluginSettings };
}

/** Adds the plugin's name to problems. */
function inPlugin<T>(name: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof CorefileError) throw new CorefileError(`plugin/${name}: ${error.message}`);
    throw error;
  }
}
