import { type Clock, messageOf, type Random } from '@typernetes/base';
import { zoneOf } from '../corefile/zone-name.ts';
import { aclPlugin } from '../plugins/acl.ts';
import { anyPlugin } from '../plugins/any.ts';
import { autopathPlugin, podSearch, type SearchPath } from '../plugins/autopath.ts';
import { bufsizePlugin } from '../plugins/bufsize.ts';
import { cachePlugin } from '../plugins/cache.ts';
import { cancelPlugin } from '../plugins/cancel.ts';
import { chaosPlugin } from '../plugins/chaos.ts';
import { whoamiPlugin } from '../plugins/client-address.ts';
import type { DnsLog } from '../plugins/dns-log.ts';
import { dns64Plugin } from '../plugins/dns64.ts';
import { errorsPlugin } from '../plugins/errors.ts';
import { filePlugin } from '../plugins/file.ts';
import { forwardPlugin } from '../plugins/forward.ts';
import { headerPlugin } from '../plugins/header.ts';
import { hostsPlugin } from '../plugins/hosts.ts';
import { kubernetesPlugin } from '../plugins/kubernetes.ts';
import { loadbalancePlugin } from '../plugins/loadbalance.ts';
import { localPlugin } from '../plugins/local.ts';
import { logPlugin } from '../plugins/log.ts';
import { loopCheck } from '../plugins/loop.ts';
import { minimalPlugin } from '../plugins/minimal.ts';
import { nsidPlugin } from '../plugins/nsid.ts';
import { empty, failed, type Handler, type Plugin, type Query, type Reply } from '../plugins/query.ts';
import { rewritePlugin } from '../plugins/rewrite.ts';
import { templatePlugin } from '../plugins/template.ts';
import { codes } from '../wire/message.ts';
import type { ClusterView } from '../zone/zone.ts';
import type { DnsMetrics } from './dns-metrics.ts';
import { type BlockPlan, type DnsPlan, hostsOf, type ServedZone } from './plan.ts';

interface ChainDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: DnsLog;
  readonly metrics: DnsMetrics;
  /** The cluster as the block's options select it. */
  readonly view: (block: BlockPlan) => ClusterView;
  /** Of this machine; none where nobody says. */
  readonly ownAddresses?: readonly string[];
  readonly hostName: string;
  /** Where this machine looks for names. */
  readonly ownSearch?: readonly string[];
  /** Called when queries loop between servers. */
  readonly onLoop: (text: string) => void;
}

/** All servers of a plan, ready to answer. */
export interface Servers {
  /** Answers a query that came to a port of an address (empty for the usual one), and names the zone. */
  answer(
    query: Query,
    at: { readonly port: number; readonly host: string },
  ): Promise<{ readonly reply: Reply; readonly zone?: string }>;
  /** Checks for loops, once it is answered. */
  start(signal: AbortSignal): Promise<void>;
}

/** Chains the plugins of each server block in CoreDNS's order, whatever their order in the file. */
export function serversOf(plan: DnsPlan, deps: ChainDeps): Servers {
  const blocks = plan.blocks.map((block) => {
    const at = { port: block.serves[0]?.port ?? 53, host: hostsOf(block)[0] ?? '' };
    const self: Handler = async (query) => (await answer(query, at)).reply;
    return { block, ...chainOf(block, { ...deps, self }) };
  });
  const answer: Servers['answer'] = async (query, { port, host }) => {
    const here = blocks
      .filter(({ block }) => hostsOf(block).includes(host))
      .flatMap(({ block, handler }) =>
        block.serves.filter((served) => served.port === port).map(({ zone }) => ({ zone, handler })),
      );
    const zone = zoneOf(
      query.name,
      here.map((one) => one.zone),
    );
    const found = here.find((one) => one.zone === zone);
    if (!found) return { reply: { message: empty(query, codes.REFUSED), by: '' } };
    try {
      return { reply: await found.handler(query), zone: found.zone };
    } catch (error) {
      // A bug in a plugin must not leave a client without a response.
      deps.log('ERROR', `plugin/errors: 2 ${query.name}. ${query.type}: ${messageOf(error)}`);
      return { reply: failed(query, '', messageOf(error)), zone: found.zone };
    }
  };
  return {
    answer,
    start: async (signal) => void (await Promise.all(blocks.map(({ start }) => start(signal)))),
  };
}

interface Chain {
  readonly handler: Handler;
  start(signal: AbortSignal): Promise<void>;
}

function chainOf(block: BlockPlan, deps: ChainDeps & { readonly self: Handler }): Chain {
  const { plugins } = block;
  const { clock, random, log, metrics } = deps;
  const [served] = block.serves as readonly [ServedZone];
  const loop = plugins.loop ? loopCheck(served.zone, { random, onLoop: deps.onLoop }) : undefined;
  const all: (Plugin | undefined)[] = [
    plugins.cancel === undefined ? undefined : cancelPlugin(plugins.cancel, clock),
    plugins.nsid && nsidPlugin(plugins.nsid, deps.hostName),
    plugins.bufsize === undefined ? undefined : bufsizePlugin(plugins.bufsize),
    plugins.errors && errorsPlugin(plugins.errors, { log, clock }),
    plugins.log && logPlugin(plugins.log, { log, clock }),
    plugins.local && localPlugin({ onLocalhost: metrics.localhost }),
    plugins.dns64 && dns64Plugin(plugins.dns64, { self: deps.self, onTranslated: () => metrics.translated(block) }),
    plugins.acl && aclPlugin(plugins.acl),
    plugins.any && anyPlugin,
    plugins.chaos && chaosPlugin(plugins.chaos, { random, hostName: deps.hostName }),
    plugins.loadbalance && loadbalancePlugin(random, plugins.loadbalance),
    plugins.cache && cachePlugin(plugins.cache, { clock, watcher: metrics.cacheOf(block) }),
    plugins.rewrite && rewritePlugin(plugins.rewrite),
    plugins.header && headerPlugin(plugins.header),
    plugins.autopath && autopathPlugin(plugins.autopath, searchPathOf(block, deps)),
    plugins.minimal && minimalPlugin,
    plugins.template && templatePlugin(plugins.template),
    plugins.hosts && hostsPlugin(plugins.hosts, { clock, onEntries: metrics.hosts }),
    plugins.kubernetes &&
      kubernetesPlugin(plugins.kubernetes, {
        view: deps.view(block),
        serial: () => Math.floor(clock.now() / 1000),
        self: deps.self,
        ...(deps.ownAddresses ? { ownAddresses: deps.ownAddresses } : {}),
      }),
    ...(plugins.file ?? []).map((one) =>
      filePlugin(one, { clock, self: deps.self, onError: (text) => log('ERROR', `plugin/file: ${text}`) }),
    ),
    loop?.plugin,
    ...(plugins.forward ?? []).map((one) => forwardPlugin(one, { clock, random, watcher: metrics.forward })),
    plugins.whoami && whoamiPlugin,
  ];
  const last = Object.keys(plugins).at(-1) ?? '';
  const nobody: Handler = async (query) => failed(query, '', `plugin/${last}: no next plugin found`);
  const handler = all.filter((plugin) => plugin !== undefined).reduceRight((next, plugin) => plugin(next), nobody);
  return { handler, start: async (signal) => loop?.start(handler, signal) };
}

/** Pods are only known where the plugin `kubernetes` is to verify them. */
function searchPathOf(block: BlockPlan, { view, ownSearch = [] }: ChainDeps): SearchPath {
  const { autopath, kubernetes } = block.plugins;
  const search = autopath?.search ?? [];
  if (!('plugin' in search)) return () => search;
  if (search.plugin !== 'kubernetes' || kubernetes?.pods !== 'verified') return () => undefined;
  return podSearch(kubernetes.zones, view(block), ownSearch);
}
