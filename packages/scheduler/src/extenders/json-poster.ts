import { readFileSync } from 'node:fs';
import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import type { ExtenderTLSConfig } from '@typernetes/api/kubescheduler.config/v1';
import type { Clock } from '@typernetes/base';

interface JsonPosterOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly https: boolean;
  readonly tls?: ExtenderTLSConfig;
}

/** Posts JSON to one server, with keep-alive connections. */
export class JsonPoster {
  readonly #prefix: string;
  readonly #options: JsonPosterOptions;
  readonly #agent: HttpAgent | HttpsAgent;

  constructor(prefix: string, options: JsonPosterOptions) {
    this.#prefix = prefix.replace(/\/+$/, '');
    this.#options = options;
    this.#agent = prefix.startsWith('https:')
      ? new HttpsAgent({ keepAlive: true, ...tlsOptions(options) })
      : new HttpAgent({ keepAlive: true });
  }

  /** Throws without a timely response, or if its status is not 200. */
  async post(verb: string, body: unknown, signal: AbortSignal): Promise<unknown> {
    const url = `${this.#prefix}/${verb}`;
    const { clock, timeoutMs } = this.#options;
    const stop = new AbortController();
    const cancel = clock.after(timeoutMs, () => stop.abort(new Error(`Post "${url}": context deadline exceeded`)));
    const scope = AbortSignal.any([signal, stop.signal]);
    try {
      const response = await this.#send(url, JSON.stringify(body), scope);
      const answer = await text(response);
      if (response.statusCode !== 200)
        throw new Error(`failed ${verb} with extender at URL ${url}, code ${response.statusCode}`);
      return JSON.parse(answer);
    } catch (error) {
      if (scope.aborted) throw scope.reason;
      throw error;
    } finally {
      cancel();
    }
  }

  #send(url: string, body: string, signal: AbortSignal): Promise<IncomingMessage> {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const options = { method: 'POST', headers, agent: this.#agent, signal };
    return new Promise((resolve, reject) => {
      const request: ClientRequest = url.startsWith('https:')
        ? httpsRequest(url, options, resolve)
        : httpRequest(url, options, resolve);
      request.on('error', reject);
      request.end(body);
    });
  }
}

/** Without a CA of its own, HTTPS is not verified: as upstream. */
function tlsOptions({ https, tls = {} }: JsonPosterOptions) {
  const read = (data: string | undefined, file: string | undefined): Buffer | undefined =>
    data ? Buffer.from(data, 'base64') : file ? readFileSync(file) : undefined;
  const ca = read(tls.caData, tls.caFile);
  const cert = read(tls.certData, tls.certFile);
  const key = read(tls.keyData, tls.keyFile);
  return {
    ...(ca ? { ca, allowPartialTrustChain: true } : {}),
    ...(cert ? { cert } : {}),
    ...(key ? { key } : {}),
    ...(tls.serverName ? { servername: tls.serverName } : {}),
    rejectUnauthorized: !(tls.insecure || (https && !ca)),
  };
}
