import { type CorefileSource, type Line, type ServerBlock, serverBlocks } from '../corefile/server-blocks.ts';
import { CorefileError, problemAt } from '../corefile/word.ts';
import { absolute, servedZones } from '../corefile/zone-name.ts';
import { type AclSettings, parseAcl } from '../plugins/acl.ts';
import { type AutopathSettings, parseAutopath } from '../plugins/autopath.ts';
import { type CacheSettings, parseCache } from '../plugins/cache.ts';
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
import { type HostsSettings, parseHosts } from '../plugins/hosts.ts';
import { parseKubernetes } from '../plugins/kubernetes.ts';
import { parseLoadbalance } from '../plugins/loadbalance.ts';
import { type LogSettings, parseLog } from '../plugins/log.ts';
import { parseLoop } from '../plugins/loop.ts';
import { parseRewrite, type RewriteSettings } from '../plugins/rewrite.ts';
import { parseTemplate, type TemplateSettings } from '../plugins/template.ts';
import type { KubernetesSettings } from '../zone/kubernetes-settings.ts';

/** The settings of each plugin of a server block; undefined for those that are not used. */
interface PluginSettings {
  readonly reload?: ReloadSettings;
  readonly ready?: ReadySettings;
  readonly health?: HealthSettings;
  readonly prometheus?: Listening;
  readonly errors?: ErrorsSettings;
  readonly log?: LogSettings;
  readonly acl?: AclSettings;
  readonly loadbalance?: true;
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

type Parser = (lines: readonly Line[], zones: readonly string[]) => unknown;

const parsers: Readonly<Record<keyof PluginSettings, Parser>> = {
  reload: parseReload,
  ready: parseReady,
  health: parseHealth,
  prometheus: parsePrometheus,
  errors: parseErrors,
  log: parseLog,
  acl: parseAcl,
  loadbalance: parseLoadbalance,
  cache: parseCache,
  rewrite: parseRewrite,
  autopath: parseAutopath,
  template: parseTemplate,
  hosts: parseHosts,
  kubernetes: parseKubernetes,
  file: parseFile,
  loop: parseLoop,
  forward: parseForward,
};

/** Plugins of CoreDNS that this program has not. */
const missing = new Set(
  `root metadata geoip cancel tls quic timeouts multisocket nsid bufsize bind debug trace pprof dnstap local dns64 any chaos
  dnssec minimal transfer route53 azure clouddns k8s_external auto secondary etcd grpc grpc_server https https3
  erratic whoami on sign view nomad header tsig`.split(/\s+/),
);

const standardPort = 53;

interface PlanOptions {
  /** The file's name in messages. */
  readonly file: string;
  readonly source: CorefileSource;
}

/** Parses a Corefile. Throws a {@link CorefileError} for the first problem, in CoreDNS's words. */
export function planOf(text: string, { file, source }: PlanOptions): DnsPlan {
  const blocks = serverBlocks(text, file, source).map(blockPlan);
  const served = new Set<string>();
  for (const { zone, port } of blocks.flatMap(({ serves }) => serves)) {
    const key = `dns://${absolute(zone)}:${port}`;
    if (served.has(key)) throw new CorefileError(`cannot serve ${key} - it is already defined`);
    served.add(key);
  }
  return { blocks };
}

function blockPlan({ keys, lines }: ServerBlock): BlockPlan {
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
  const settings = Object.entries(parsers).flatMap(([name, parse]) => {
    const own = byName.get(name);
    return own ? [[name, inPlugin(name, () => parse(own, zones))]] : [];
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
