import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import { Client, type ClientDuplexStream, credentials, Metadata } from '@grpc/grpc-js';
import type { Clock, TracedCall } from '@typernetes/base';
import { type EtcdError, etcdErrorOf, isUnavailable } from './etcd-error.ts';
import { type Method, methods, type WatchRequest, type WatchResponse } from './messages.ts';

export interface EtcdClientOptions {
  /** `https://127.0.0.1:2379`, `http://…`, `unix:///…`, or `host:port`. */
  readonly endpoints: readonly string[];
  /** Sockets that lead to endpoints which are not simply connected to, by endpoint. */
  readonly sockets?: ReadonlyMap<string, string> | undefined;
  /**
   * Called again whenever a member fails: certificates may be renewed at run time, and a new connection needs the new
   * ones.
   */
  readonly tls?: EtcdTls | (() => EtcdTls);
  readonly clock: Clock;
  /** Propagates the caller's trace in calls. */
  readonly traced?: TracedCall | undefined;
}

/** In PEM. Without a CA the system's are trusted; without a certificate none is sent. */
interface EtcdTls {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** How long a call may take, failovers included. */
export const callTimeoutMs = 15_000;
/** How long one member may take: another one may be healthy. */
const memberTimeoutMs = 5_000;
/** The pause after every member has failed once. */
const roundPauseMs = 100;

/** Upstream's settings for detecting a silent member. */
const channelOptions = {
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.max_receive_message_length': -1,
  'grpc.max_send_message_length': -1,
  'grpc.initial_reconnect_backoff_ms': 50,
  'grpc.min_reconnect_backoff_ms': 50,
  'grpc.max_reconnect_backoff_ms': 1000,
  'grpc.enable_http_proxy': 0,
  'grpc.service_config_disable_resolution': 1,
};

/**
 * Calls to an etcd cluster. One member is used until it fails; then the next one. A read is retried there; a write only
 * if it certainly was not sent, so its failure may leave open whether it happened.
 */
export class EtcdClient {
  #members: readonly Client[];
  #tls: EtcdTls | undefined;
  readonly #readTls: () => EtcdTls | undefined;
  readonly #connect: (tls: EtcdTls | undefined) => readonly Client[];
  readonly #clock: Clock;
  readonly #traced: TracedCall | undefined;
  #current = 0;
  /** The maximum duration of any call. */
  #mostMs = Number.POSITIVE_INFINITY;
  readonly #calls = new Set<Call>();
  #cancelHurry = (): void => {};

  constructor({ endpoints, sockets, tls, clock, traced }: EtcdClientOptions) {
    this.#traced = traced;
    if (endpoints.length === 0) throw new Error('Cannot reach etcd: no endpoint is given');
    this.#clock = clock;
    this.#connect = (known) => endpoints.map((endpoint) => connect(endpoint, known, sockets?.get(endpoint)));
    this.#readTls = typeof tls === 'function' ? tls : () => tls;
    this.#tls = this.#readTls();
    this.#members = this.#connect(this.#tls);
  }

  /** `repeatable`: asking twice does no harm. Throws EtcdErrors. */
  async call<I, O>(method: Method<I, O>, message: I, options: { repeatable: boolean; timeoutMs?: number }): Promise<O> {
    const timeoutMs = Math.min(options.timeoutMs ?? callTimeoutMs, this.#mostMs);
    const call: Call = { deadline: this.#clock.monotonic() + timeoutMs, cancel: () => {} };
    this.#calls.add(call);
    try {
      for (let attempt = 1; ; attempt++) {
        const member = this.#members[this.#current] as Client;
        const left = call.deadline - this.#clock.monotonic();
        try {
          const alone = this.#members.length === 1 || !options.repeatable;
          return await this.#ask(
            { member, call, timeoutMs: alone ? left : Math.min(left, memberTimeoutMs) },
            method,
            message,
          );
        } catch (error) {
          if (!isUnavailable(error as EtcdError)) throw error;
          this.leave(member);
          if (!options.repeatable && !(error as EtcdError).neverSent) throw error;
          if (this.#clock.monotonic() + roundPauseMs >= call.deadline) throw error;
          if (attempt % this.#members.length === 0) await this.#clock.sleep(roundPauseMs);
        }
      }
    } finally {
      this.#calls.delete(call);
    }
  }

  /** From now on no call takes longer than `mostMs`, including those in progress. */
  hurry(mostMs: number): void {
    this.#mostMs = Math.min(mostMs, this.#mostMs);
    const late = [...this.#calls];
    if (late.length === 0) return;
    const latest = this.#clock.monotonic() + mostMs;
    for (const call of late) call.deadline = Math.min(call.deadline, latest);
    this.#cancelHurry = this.#clock.after(mostMs, () => {
      for (const call of late) call.cancel();
    });
  }

  /** A stream of watches on the current member. It ends with an error event when the member fails or loses its leader. */
  openWatch(): { readonly stream: ClientDuplexStream<WatchRequest, WatchResponse>; readonly member: object } {
    const member = this.#members[this.#current] as Client;
    const metadata = new Metadata();
    metadata.set('hasleader', 'true');
    const { path, encode, decode } = methods.watch;
    return {
      stream: member.makeBidiStreamRequest(path, encode, decode as (bytes: Buffer) => WatchResponse, metadata),
      member,
    };
  }

  /** `member` has failed: if it still is the current one, switch to the next. */
  leave(member: object): void {
    if (this.#members[this.#current] === member) this.#current = (this.#current + 1) % this.#members.length;
    this.#renew();
  }

  /** Takes renewed certificates. Calls under way end on the connections that they have. */
  #renew(): void {
    const [old, before] = [this.#members, this.#tls];
    try {
      const tls = this.#readTls();
      if (tls?.ca === before?.ca && tls?.cert === before?.cert && tls?.key === before?.key) return;
      this.#members = this.#connect(tls);
      this.#tls = tls;
    } catch {
      return; // They are just being written, and do not fit together yet: the next failure finds them.
    }
    for (const member of old) member.close();
  }

  close(): void {
    this.#cancelHurry();
    for (const member of this.#members) member.close();
  }

  #ask<I, O>(of: Asked, method: Method<I, O>, message: I): Promise<O> {
    if (!this.#traced) return this.#send({ ...of, metadata: new Metadata() }, method, message);
    return this.#traced(method.path, (headers) => {
      const metadata = new Metadata();
      for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
      return this.#send({ ...of, metadata }, method, message);
    });
  }

  #send<I, O>(
    { member, call, timeoutMs, metadata }: Asked & { metadata: Metadata },
    { path, encode, decode }: Method<I, O>,
    message: I,
  ): Promise<O> {
    return new Promise((resolve, reject) => {
      const deadline = this.#clock.now() + Math.max(timeoutMs, 1);
      const options = { deadline };
      const asked = member.makeUnaryRequest<I, O>(path, encode, decode, message, metadata, options, (error, value) => {
        if (error) reject(etcdErrorOf(error, addressOf(member)));
        else resolve(value as O);
      });
      call.cancel = () => asked.cancel();
    });
  }
}

interface Asked {
  readonly member: Client;
  readonly call: Call;
  readonly timeoutMs: number;
}

/** A call under way. */
interface Call {
  /** By the monotonic clock. */
  deadline: number;
  cancel: () => void;
}

/** `127.0.0.1:2379`, or the path of a socket. */
const addressOf = (member: Client): string =>
  member
    .getChannel()
    .getTarget()
    .replace(/^(dns|ipv[46]|unix):/, '');

function connect(endpoint: string, tls: EtcdTls | undefined, socket: string | undefined): Client {
  const [, scheme, rest = ''] = /^(?:(https?|unixs?):\/\/)?(.*)$/.exec(endpoint.replace(/\/$/, '')) ?? [];
  const address = socket ? `unix:${socket}` : scheme?.startsWith('unix') ? `unix:${rest}` : rest;
  const options = { ...channelOptions, ...(socket ? { 'grpc.default_authority': rest } : {}) };
  const secure = scheme === 'https' || scheme === 'unixs' || (scheme === undefined && tls !== undefined);
  if (!secure) return new Client(address, credentials.createInsecure(), options);
  const pem = (text: string | undefined): Buffer | null => (text === undefined ? null : Buffer.from(text));
  const host = rest.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  // An IP address cannot be a TLS server name: sends another name, and verifies the certificate for the address.
  const byAddress = isIP(host) !== 0;
  return new Client(
    address,
    credentials.createSsl(pem(tls?.ca), pem(tls?.key), pem(tls?.cert), {
      ...(byAddress ? { checkServerIdentity: (_name, certificate) => checkServerIdentity(host, certificate) } : {}),
    }),
    {
      ...options,
      ...(byAddress || socket ? { 'grpc.ssl_target_name_override': byAddress ? 'etcd' : host } : {}),
    },
  );
}
