import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { type Clock, type Logger, messageOf, type Random, type Runnable } from '@typernetes/base';
import { ExitError, listen } from '@typernetes/process';
import type { CorefileSource } from '../corefile/server-blocks.ts';
import { absolute } from '../corefile/zone-name.ts';
import { searchDomains } from '../plugins/autopath.ts';
import { standardTimeouts, type TimeoutsSettings } from '../plugins/connection-timeouts.ts';
import type { DnsLog } from '../plugins/dns-log.ts';
import type { Listening, ReloadSettings } from '../plugins/endpoints.ts';
import type { ClusterAccess } from '../zone/cluster-access.ts';
import type { KubernetesSettings } from '../zone/kubernetes-settings.ts';
import { type Servers, serversOf } from './chain.ts';
import type { DnsMetrics } from './dns-metrics.ts';
import { dnsServer } from './dns-server.ts';
import { OpenParts } from './open-parts.ts';
import { type DnsPlan, hostsOf, planOf } from './plan.ts';
import { respond } from './responder.ts';

type Handle = Parameters<typeof listen>[0]['handle'];

export interface LiveServerOptions {
  /** The address for DNS; `0.0.0.0` means all addresses of both families. */
  readonly host: string;
  /** Reads the file. */
  readonly read: () => string;
  /** The file's name in messages. */
  readonly file: string;
  readonly source: CorefileSource;
  readonly cluster: ClusterAccess;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly dnsLog: DnsLog;
  /** Writes a line to standard output. */
  readonly print: (line: string) => void;
  readonly metrics: DnsMetrics;
  /** Serves `/metrics`. */
  readonly metricsHandler: Handle;
  /** Called for each opened port; for port 0 with the one chosen by the system. */
  readonly onListening?: (port: number, asked: number) => void;
  /** Called after each change of the file, with whether it took effect. */
  readonly onReload?: (taken: boolean) => void;
}

interface Running {
  readonly servers: Servers;
  readonly plan: DnsPlan;
}

/**
 * Serves a Corefile, and follows its changes: a changed file takes effect between two queries; an invalid one is logged
 * and ignored. `run` rejects when the first file is invalid, or when a port cannot be opened.
 */
export function liveServer(options: LiveServerOptions): Runnable {
  return { name: 'dns', run: (signal) => new LiveServer(options).run(signal) };
}

class LiveServer {
  readonly #options: LiveServerOptions;
  readonly #stop = new AbortController();
  readonly #failure = Promise.withResolvers<never>();
  readonly #open = new OpenParts(this.#stop.signal, this.#failure.reject);
  #isReady = false;
  #running: Running | undefined;

  constructor(options: LiveServerOptions) {
    this.#options = options;
    // It is awaited below; an earlier failure must not count as unhandled.
    this.#failure.promise.catch(() => {});
  }

  async run(signal: AbortSignal): Promise<void> {
    try {
      const text = this.#options.read();
      await this.#take(text, signal);
      this.#isReady = true;
      const ended = new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
      const watching = this.#watch(text, signal).catch((error: unknown) => {
        if (!signal.aborted) this.#failure.reject(error);
      });
      await Promise.race([ended.then(() => this.#lameduck()), this.#failure.promise]);
      this.#stop.abort();
      if (signal.aborted) await watching;
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#stop.abort();
      await this.#open.closeOthers(new Set());
    }
  }

  /** Puts a Corefile into effect. Throws, and leaves everything as it was, when it is wrong or a port cannot be opened. */
  async #take(text: string, scope: AbortSignal): Promise<void> {
    const { cluster, metrics, dnsLog, print } = this.#options;
    const next = this.#build(text);
    const before = this.#open.keys;
    try {
      const http = await this.#endpoints(next.plan);
      // An existing name must not be denied because it is not known yet.
      await Promise.race([cluster.untilSynced(scope), this.#failure.promise]);
      const dns = await this.#sockets(next.plan);
      this.#running = next;
      await this.#open.closeOthers(new Set([...http, ...dns]));
    } catch (error) {
      await this.#open.closeOthers(before);
      throw error;
    }
    for (const block of next.plan.blocks)
      for (const { zone, port } of block.serves)
        for (const host of hostsOf(block)) print(`${absolute(zone)}:${port}${host === '' ? '' : ` on ${host}`}`);
    const hash = createHash('sha512').update(text).digest('hex');
    metrics.running(next.plan.blocks, hash);
    if (reloadOf(next.plan)) dnsLog('INFO', `plugin/reload: Running configuration SHA512 = ${hash}`);
    void next.servers.start(scope);
  }

  #build(text: string): Running {
    const { file, source, cluster, dnsLog } = this.#options;
    const plan = planOf(text, { file, source, interfaces: networkInterfaces() });
    const servers = serversOf(plan, {
      ...this.#options,
      log: dnsLog,
      view: ({ plugins }) => cluster.view(plugins.kubernetes as KubernetesSettings),
      ownAddresses: ownAddresses(),
      ownSearch: ownSearch(),
      hostName: hostname(),
      onLoop: (why) => {
        dnsLog('FATAL', why);
        this.#failure.reject(new ExitError(1));
      },
    });
    return { plan, servers };
  }

  /** Opens the plan's HTTP endpoints; returns their keys. */
  async #endpoints({ blocks }: DnsPlan): Promise<string[]> {
    const keys: string[] = [];
    for (const { plugins } of blocks) {
      const { health, ready, prometheus } = plugins;
      const isUp = answering(() => true);
      const isReady = answering(() => this.#isReady);
      if (health) keys.push(await this.#endpoint('health', health, isUp));
      if (ready) keys.push(await this.#endpoint('ready', ready, isReady));
      if (prometheus) keys.push(await this.#endpoint('prometheus', prometheus, this.#options.metricsHandler));
    }
    return keys;
  }

  async #endpoint(name: string, { host, port }: Listening, handle: Handle): Promise<string> {
    const key = `${name} ${host}:${port}`;
    if (this.#open.has(key)) return key;
    const address = host === '' ? '0.0.0.0' : host === 'localhost' ? '127.0.0.1' : host;
    const serving = await listen({ name, address, port, handle });
    await this.#open.add(key, (scope) => serving.run(scope), Promise.resolve());
    return key;
  }

  /** Opens the plan's DNS ports; returns their keys. */
  async #sockets({ blocks }: DnsPlan): Promise<string[]> {
    const places = blocks.flatMap((block) =>
      hostsOf(block).flatMap((host) => block.serves.map(({ port }) => ({ host, port }))),
    );
    const each = new Map(places.map((place) => [`${place.host} ${place.port}`, place]));
    return Promise.all([...each.values()].map((place) => this.#socket(place)));
  }

  async #socket({ host, port }: { readonly host: string; readonly port: number }): Promise<string> {
    const { log, clock, metrics, onListening } = this.#options;
    const key = `dns ${host} ${port}`;
    if (this.#open.has(key)) return key;
    const listening = Promise.withResolvers<number>();
    const server = dnsServer({
      host: host === '' ? this.#options.host : host,
      port,
      log,
      timeouts: () => this.#timeouts(port, host),
      answer: async (query) =>
        this.#running && respond(query, { servers: this.#running.servers, port, host, clock, metrics }),
      onListening: listening.resolve,
    });
    await this.#open.add(key, (scope) => server.run(scope), listening.promise);
    onListening?.(await listening.promise, port);
    return key;
  }

  /** Those of the first block of the socket that says any. */
  #timeouts(port: number, host: string): TimeoutsSettings {
    const blocks = this.#running?.plan.blocks ?? [];
    const here = blocks.filter((one) => hostsOf(one).includes(host) && one.serves.some((zone) => zone.port === port));
    return here.find(({ plugins }) => plugins.timeouts)?.plugins.timeouts ?? standardTimeouts;
  }

  get #reload(): ReloadSettings | undefined {
    return this.#running && reloadOf(this.#running.plan);
  }

  /** Looks at the file again and again, as long as the plugin `reload` is in it. */
  async #watch(first: string, signal: AbortSignal): Promise<void> {
    const { clock, random, read, dnsLog, metrics, onReload } = this.#options;
    let text = first;
    for (let reload = this.#reload; reload; reload = this.#reload) {
      await clock.sleep(reload.intervalMs + (random.next() * 2 - 1) * reload.jitterMs, signal);
      const now = readOr(read, text);
      if (now === text) continue;
      text = now;
      dnsLog('INFO', 'Reloading');
      try {
        await this.#take(text, signal);
        dnsLog('INFO', 'Reloading complete');
        onReload?.(true);
      } catch (error) {
        if (signal.aborted) return;
        metrics.reloadFailed();
        dnsLog('ERROR', `plugin/reload: Corefile changed but reload failed: ${messageOf(error)}`);
        onReload?.(false);
      }
    }
  }

  /** Serves on for a while, as the plugin `health` may ask for, until clients have noticed that the server is ending. */
  async #lameduck(): Promise<void> {
    const times = this.#running?.plan.blocks.map(({ plugins }) => plugins.health?.lameduckMs ?? 0) ?? [];
    const ms = Math.max(0, ...times);
    if (ms === 0) return;
    this.#options.dnsLog('INFO', `plugin/health: Going into lameduck mode for ${ms / 1000}s`);
    await this.#options.clock.sleep(ms);
  }
}

function reloadOf({ blocks }: DnsPlan): ReloadSettings | undefined {
  return blocks.find(({ plugins }) => plugins.reload)?.plugins.reload;
}

/** Reads the file; it may be missing for a moment while it is being replaced. */
function readOr(read: () => string, otherwise: string): string {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

function answering(isUp: () => boolean): Handle {
  return (_request, response) => {
    response.writeHead(isUp() ? 200 : 503, { 'Content-Type': 'text/plain' }).end(isUp() ? 'OK' : 'kubernetes');
  };
}

/** By which others reach this machine. */
function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((addresses = []) =>
    addresses
      .filter(({ internal, address }) => !internal && !/^(169\.254\.|fe80:)/i.test(address))
      .map(({ address }) => address),
  );
}

/** Where this machine looks for names. */
function ownSearch(): string[] {
  const file = '/etc/resolv.conf';
  return existsSync(file) ? searchDomains(readFileSync(file, 'utf8')) : [];
}
