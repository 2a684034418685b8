import { type Clock, messageOf, type Random } from '@typernetes/base';
import { zoneOf } from '../corefile/zone-name.ts';
import { aclPlugin } from '../plugins/acl.ts';
import { autopathPlugin, podSearch, type SearchPath } from '../plugins/autopath.ts';
import { cachePlugin } from '../plugins/cache.ts';
import type { DnsLog } from '../plugins/dns-log.ts';
import { errorsPlugin } from '../plugins/errors.ts';
import { filePlugin } from '../plugins/file.ts';
import { forwardPlugin } from '../plugins/forward.ts';
import { hostsPlugin } from '../plugins/hosts.ts';
import { kubernetesPlugin } from '../plugins/kubernetes.ts';
import { loadbalancePlugin } from '../plugins/loadbalance.ts';
import { logPlugin } from '../plugins/log.ts';
import { loopCheck } from '../plugins/loop.ts';
import { empty, failed, type Handler, type Plugin, type Reply } from '../plugins/query.ts';
import { rewritePlugin } from '../plugins/rewrite.ts';
import { templatePlugin } from '../plugins/template.ts';
import { codes } from '../wire/message.ts';
import type { ClusterView } from '../zone/zone.ts';
import type { DnsMetrics } from './dns-metrics.ts';
import type { BlockPlan, DnsPlan, ServedZone } from './plan.ts';

interface ChainDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: DnsLog;
  readonly metrics: DnsMetrics;
  /** The cluster as the block's options select it. */
  readonly view: (block: BlockPlan) => ClusterView;
  /** Of this machine; none where nobody says. */
  readonly ownAddresses?: readonly string[];
  /** Where this machine looks for names. */
  readonly ownSearch?: readonly string[];
  /** Called when queries loop between servers. */
  readonly onLoop: (text: string) => void;
}

/** All servers of a plan, ready to answer. */
export interface Servers {
  /** Answers a query on a port, and names the zone. */
  answer(query: Parameters<Handler>[0], port: number): Promise<{ readonly reply: Reply; readonly zone?: string }>;
  /** Checks for loops, once it is answered. */
  start(signal: AbortSignal): Promise<void>;
}

/** Chains the plugins of each server block in CoreDNS's order, whatever their order in the file. */
export function serversOf(plan: DnsPlan, deps: ChainDeps): Servers {
  const blocks = plan.blocks.map((block) => {
    const self: Handler = async (query) => (await answer(query, block.serves[0]?.port ?? 53)).reply;
    return { block, ...chainOf(block, { ...deps, self }) };
  });
  const answer: Servers['answer'] = async (query, port) => {
    const here = blocks.flatMap((one) =>
      one.block.serves.filter((served) => served.port === port).map(({ zone }) => ({ zone, handler: one.handler })),
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
    plugins.errors && errorsPlugin(plugins.errors, { log, clock }),
    plugins.log && logPlugin(plugins.log, { log, clock }),
    plugins.acl && aclPlugin(plugins.acl),
    plugins.loadbalance && loadbalancePlugin(random),
    plugins.cache && cachePlugin(plugins.cache, { clock, watcher: metrics.cacheOf(block) }),
    plugins.rewrite && rewritePlugin(plugins.rewrite),
    plugins.autopath && autopathPlugin(plugins.autopath, searchPathOf(block, deps)),
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
