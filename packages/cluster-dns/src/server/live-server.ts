import { createHash } from 'node:crypto';
import { type Clock, type Logger, messageOf, type Random, type Runnable } from '@typernetes/base';
import { ExitError, listen } from '@typernetes/process';
import { type DnsPlan, planOf } from '../corefile/plan.ts';
import type { CorefileSource } from '../corefile/server-blocks.ts';
import { absolute } from '../corefile/zone-name.ts';
import type { Listening, ReloadSettings } from '../plugins/endpoints.ts';
import type { KubernetesSettings } from '../plugins/kubernetes.ts';
import type { ClusterAccess } from '../zone/cluster-access.ts';
import { type Servers, serversOf } from './chain.ts';
import type { DnsLog } from './dns-log.ts';
import type { DnsMetrics } from './dns-metrics.ts';
import { dnsServer } from './dns-server.ts';
import { respond } from './responder.ts';

type Handle = Parameters<typeof listen>[0]['handle'];

export interface LiveServerOptions {
  /** The address of DNS; `0.0.0.0` stands for all of either family. */
  readonly host: string;
  /** The file's text as it is now. */
  readonly read: () => string;
  /** What messages call it. */
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
  /** Answers `/metrics`. */
  readonly metricsHandler: Handle;
  /** Told of each port once it is answered on; of port 0 the one that the system has chosen. */
  readonly onListening?: (port: number, asked: number) => void;
  /** Told after each change of the file has been looked at. */
  readonly onReload?: (taken: boolean) => void;
}

interface Running {
  readonly servers: Servers;
  readonly plan: DnsPlan;
}

/** What is open: sockets and HTTP servers, by what they are for. */
interface Open {
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

/**
 * Serves what a Corefile asks for, and what it asks for later: a file that has changed takes the place of the one before between two queries, and one that
 * is wrong is told of and left alone. Rejects with what is wrong with the first, or when a port cannot be had.
 */
export function liveServer(options: LiveServerOptions): Runnable {
  const { clock, cluster, dnsLog, metrics } = options;
  return {
    name: 'dns',
    async run(signal) {
      const stop = new AbortController();
      const failure = Promise.withResolvers<never>();
      // Both waits below tell of it; one that comes before them is not unhandled.
      failure.promise.catch(() => {});
      const open = new Map<string, Open>();
      let isReady = false;
      let running: Running | undefined;

      const build = (text: string): Running => {
        const plan = planOf(text, { file: options.file, source: options.source });
        const servers = serversOf(plan, {
          ...options,
          log: dnsLog,
          view: ({ plugins }) => cluster.view(plugins.kubernetes as KubernetesSettings),
          onLoop: (why) => {
            dnsLog('FATAL', why);
            failure.reject(new ExitError(1));
          },
        });
        return { plan, servers };
      };
      /** Keeps it running; rejects when it ends before it has begun. */
      const keep = async (
        key: string,
        run: (scope: AbortSignal) => Promise<void>,
        begun?: Promise<unknown>,
      ): Promise<void> => {
        const own = new AbortController();
        const task = run(AbortSignal.any([stop.signal, own.signal]));
        await Promise.race([begun, task]);
        open.set(key, { stop: own, done: task.catch((error: unknown) => failure.reject(error)) });
      };
      const closeOthers = async (wanted: ReadonlySet<string>): Promise<void> => {
        const others = [...open].filter(([key]) => !wanted.has(key));
        for (const [key, { stop: own }] of others) {
          own.abort();
          open.delete(key);
        }
        await Promise.all(others.map(([, { done }]) => done));
      };
      const endpoint = async (name: string, { host, port }: Listening, handle: Handle): Promise<string> => {
        const key = `${name} ${host}:${port}`;
        if (open.has(key)) return key;
        const address = host === '' ? '0.0.0.0' : host === 'localhost' ? '127.0.0.1' : host;
        const serving = await listen({ name, address, port, handle });
        await keep(key, (scope) => serving.run(scope), Promise.resolve());
        return key;
      };
      /** Opens what the plan needs over HTTP; gives what that is. */
      const endpoints = async ({ blocks }: DnsPlan): Promise<string[]> => {
        const keys: string[] = [];
        for (const { plugins } of blocks) {
          const { health, ready, prometheus } = plugins;
          if (health)
            keys.push(
              await endpoint(
                'health',
                health,
                answering(() => true),
              ),
            );
          if (ready)
            keys.push(
              await endpoint(
                'ready',
                ready,
                answering(() => isReady),
              ),
            );
          if (prometheus) keys.push(await endpoint('prometheus', prometheus, options.metricsHandler));
        }
        return keys;
      };
      const sockets = async ({ blocks }: DnsPlan): Promise<string[]> => {
        const ports = [...new Set(blocks.flatMap(({ serves }) => serves.map(({ port }) => port)))];
        return Promise.all(
          ports.map(async (port) => {
            const key = `dns ${port}`;
            if (open.has(key)) return key;
            const listening = Promise.withResolvers<number>();
            const server = dnsServer({
              host: options.host,
              port,
              log: options.log,
              answer: async (query) => running && respond(query, { servers: running.servers, port, clock, metrics }),
              onListening: listening.resolve,
            });
            await keep(key, (scope) => server.run(scope), listening.promise);
            options.onListening?.(await listening.promise, port);
            return key;
          }),
        );
      };
      const take = async (text: string, scope: AbortSignal): Promise<void> => {
        const next = build(text);
        const before = new Set(open.keys());
        try {
          const http = await endpoints(next.plan);
          // Names that are there must never be denied because they were not known yet.
          await Promise.race([cluster.untilSynced(scope), failure.promise]);
          const dns = await sockets(next.plan);
          running = next;
          await closeOthers(new Set([...http, ...dns]));
        } catch (error) {
          await closeOthers(before);
          throw error;
        }
        for (const { zone, port } of next.plan.blocks.flatMap(({ serves }) => serves))
          options.print(`${absolute(zone)}:${port}`);
        const hash = createHash('sha512').update(text).digest('hex');
        metrics.running(next.plan.blocks, hash);
        if (reloadOf(next.plan)) dnsLog('INFO', `plugin/reload: Running configuration SHA512 = ${hash}`);
        void next.servers.start(scope);
      };
      const watch = async (first: string): Promise<void> => {
        let text = first;
        for (let reload = running && reloadOf(running.plan); reload; reload = running && reloadOf(running.plan)) {
          await clock.sleep(reload.intervalMs + (options.random.next() * 2 - 1) * reload.jitterMs, signal);
          const now = readOr(options.read, text);
          if (now === text) continue;
          text = now;
          dnsLog('INFO', 'Reloading');
          try {
            await take(text, signal);
            dnsLog('INFO', 'Reloading complete');
            options.onReload?.(true);
          } catch (error) {
            if (signal.aborted) return;
            metrics.reloadFailed();
            dnsLog('ERROR', `plugin/reload: Corefile changed but reload failed: ${messageOf(error)}`);
            options.onReload?.(false);
          }
        }
      };
      const lameduck = async (): Promise<void> => {
        const times = running?.plan.blocks.map(({ plugins }) => plugins.health?.lameduckMs ?? 0) ?? [];
        const ms = Math.max(0, ...times);
        if (ms === 0) return;
        dnsLog('INFO', `plugin/health: Going into lameduck mode for ${ms / 1000}s`);
        await clock.sleep(ms);
      };

      try {
        const text = options.read();
        await take(text, signal);
        isReady = true;
        const ended = new Promise<void>((resolve) => {
          if (signal.aborted) resolve();
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
        const watching = watch(text).catch((error: unknown) => {
          if (!signal.aborted) failure.reject(error);
        });
        await Promise.race([ended.then(lameduck), failure.promise]);
        stop.abort();
        if (signal.aborted) await watching;
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        stop.abort();
        await closeOthers(new Set());
      }
    },
  };
}

function reloadOf({ blocks }: DnsPlan): ReloadSettings | undefined {
  return blocks.find(({ plugins }) => plugins.reload)?.plugins.reload;
}

/** A file that is being replaced may be away for a moment. */
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
