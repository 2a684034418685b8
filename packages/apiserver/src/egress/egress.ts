import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { type Clock, type Logger, messageOf, type Random, systemClock, systemRandom } from '@typernetes/base';
import type { Dial } from '@typernetes/client';
import type { Metrics } from '@typernetes/process';
import { connectProxy } from './connect-proxy.ts';
import { DialError } from './dial-error.ts';
import {
  decodeEgressConfiguration,
  type EgressConnection,
  type EgressName,
  type EgressTls,
} from './egress-configuration.ts';
import { type EgressObserver, egressMetrics } from './egress-metrics.ts';
import type { EgressProxy } from './egress-proxy.ts';
import { type SocketRelay, socketRelay } from './socket-relay.ts';

/** The timeout of a connection through a proxy. */
const dialTimeoutMs = 30_000;

/** The ways that connections of this server take. */
export interface Egress {
  /** Undefined: by TCP. */
  dial(name: EgressName): Dial | undefined;
  /** The path of a socket that leads to a place, for clients that make their connections themselves; undefined: by TCP. */
  relay(name: EgressName, place: { readonly host: string; readonly port: number }): Promise<string | undefined>;
  close(): void;
}

interface EgressDeps {
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
}

/**
 * Reads `--egress-selector-config-file` and the certificates that it names; undefined without a file. Connects to
 * nothing yet. Throws for an invalid file, in upstream's words.
 */
export async function openEgress(file: string, deps: EgressDeps): Promise<Egress | undefined> {
  const { metrics, log, clock = systemClock, random = systemRandom } = deps;
  const observer = egressMetrics(metrics);
  if (file === '') return undefined;
  const proxies = new Map<EgressName, EgressProxy>();
  for (const { name, connection } of read(file)) {
    try {
      const proxy = await proxyOf(connection, random);
      if (proxy) proxies.set(name, proxy);
    } catch (error) {
      throw new Error(`failed to create dialer for egressSelection ${JSON.stringify(name)}: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }
  const relays: SocketRelay[] = [];
  const dials = new Map([...proxies].map(([name, proxy]) => [name, dialBy(proxy, { observer, clock })]));
  return {
    dial: (name) => dials.get(name),
    relay: async (name, place) => {
      const dial = dials.get(name);
      if (!dial) return undefined;
      const relay = await socketRelay(place, { dial, log });
      relays.push(relay);
      return relay.path;
    },
    close: () => {
      for (const relay of relays) relay.close();
      for (const proxy of proxies.values()) proxy.close();
    },
  };
}

function read(file: string) {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Error(
      `failed to read egress selector config: unable to read egress selector configuration from ${JSON.stringify(file)} [${messageOf(cause)}]`,
      { cause },
    );
  }
  return decodeEgressConfiguration(text);
}

/** gRPC is loaded only if a connection uses it. */
async function proxyOf(
  { proxyProtocol, transport = {} }: EgressConnection,
  random: Random,
): Promise<EgressProxy | undefined> {
  if (proxyProtocol === 'Direct') return undefined;
  const path = transport.uds?.udsName ?? '';
  if (proxyProtocol === 'GRPC') {
    const { konnectivityProxy } = await import('./konnectivity-proxy.ts');
    return konnectivityProxy(path, { random });
  }
  if (transport.uds) return connectProxy({ address: path, at: { path } });
  const url = new URL(transport.tcp?.url ?? '');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const secure = url.protocol === 'https:';
  const port = Number(url.port) || (secure ? 443 : 80);
  const tls = secure && transport.tcp?.tlsConfig ? { tls: tlsOf(transport.tcp.tlsConfig, host) } : {};
  return connectProxy({ address: url.host, at: { host, port }, ...tls });
}

function tlsOf({ caBundle, clientCert = '', clientKey = '', tlsServerName }: EgressTls, host: string) {
  const secureContext = createSecureContext({
    cert: readFileSync(clientCert),
    key: readFileSync(clientKey),
    ...(caBundle ? { ca: readFileSync(caBundle) } : {}),
  });
  const servername = tlsServerName || host;
  return { secureContext, ...(/^[\d.]+$|:/.test(servername) ? {} : { servername }) };
}

function dialBy(proxy: EgressProxy, { observer, clock }: { observer: EgressObserver; clock: Clock }): Dial {
  return async ({ host, port }, signal) => {
    const since = clock.monotonic();
    const late = new AbortController();
    const cancel = clock.after(dialTimeoutMs, () => late.abort(new Error('i/o timeout')));
    observer.started(proxy);
    try {
      const place = `${host.includes(':') ? `[${host}]` : host}:${port}`;
      const socket = await proxy.dial(place, signal ? AbortSignal.any([late.signal, signal]) : late.signal);
      observer.made(proxy, (clock.monotonic() - since) / 1000);
      return socket;
    } catch (error) {
      observer.failed(proxy, error instanceof DialError ? error.stage : 'connect');
      throw error;
    } finally {
      cancel();
    }
  };
}
