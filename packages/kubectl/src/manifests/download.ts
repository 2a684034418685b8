import { STATUS_CODES } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { codeOf, messagesOf } from '@typernetes/base';
import { type ApiResponse, httpTransport, proxyFor, readBody, trustNamed, UnreachableError } from '@typernetes/client';
import { PlainError } from '../io.ts';
import type { Surroundings } from '../session.ts';

/** The number of attempts on temporary errors, one second apart. */
const mostTries = 3;
const betweenTriesMs = 1000;
/** Go's limit of redirects. */
const mostRedirects = 10;

type Place = Pick<Surroundings, 'clock' | 'environment'>;

/** Downloads a text over http or https, with the environment's proxies. Throws upstream's errors. */
export async function downloaded(address: string, place: Place): Promise<string> {
  if (/^https?:\/\/$/.test(address)) throw new UnreachableError('http: no Host in request URL');
  if (!URL.canParse(address)) {
    const quoted = JSON.stringify(address);
    const [port] = /(?<=^https?:\/\/[^/]*):[^/:\]]*(?=\/|$)/.exec(address) ?? [];
    const why = port === undefined || /^:\d+$/.test(port) ? 'invalid URL' : `invalid port "${port}" after host`;
    throw new Error(`the URL passed to filename ${quoted} is not valid: parse ${quoted}: ${why}`);
  }
  for (let tries = 1; ; tries++) {
    const outcome = await attempt(address, place).catch((error: unknown) => ({ error, again: true }));
    if ('text' in outcome) return outcome.text();
    if (!outcome.again || tries === mostTries) throw outcome.error;
    await place.clock.sleep(betweenTriesMs);
  }
}

type Outcome = { readonly text: () => Promise<string> } | { readonly error: unknown; readonly again: boolean };

/** The text, or the error and whether to retry. */
async function attempt(address: string, place: Place): Promise<Outcome> {
  let url = new URL(address);
  for (let redirects = 0; ; redirects++) {
    if (redirects === mostRedirects) throw new UnreachableError(`stopped after ${mostRedirects} redirects`);
    const answer = await got(url, place);
    const { status, location } = answer;
    if (status === 200)
      return {
        text: () => answer.text().catch(() => Promise.reject(new Error(`error parsing ${address}: unexpected EOF`))),
      };
    await answer.text().catch(() => undefined); // unused, but reading it frees the connection
    if (status > 300 && status < 309 && status !== 304 && location !== undefined) {
      url = new URL(location, url);
      continue;
    }
    const said = `${status} ${STATUS_CODES[status] ?? ''}`;
    return {
      error: new Error(`unable to read URL ${JSON.stringify(address)}, server reported ${said}, status code=${status}`),
      again: status >= 500,
    };
  }
}

interface Answer {
  readonly status: number;
  readonly location: string | undefined;
  /** Reads the whole body, and closes the connection. */
  readonly text: () => Promise<string>;
}

async function got(url: URL, { environment }: Place): Promise<Answer> {
  if (url.protocol === 'https:') trustNamed(environment);
  const proxy = proxyFor(url, environment);
  const transport = httpTransport({ server: url.origin, ...(proxy ? { proxy } : {}) });
  let response: ApiResponse;
  try {
    response = await transport.request({ method: 'GET', path: url.pathname + url.search });
  } catch (error) {
    transport.close();
    throw worded(error, url);
  }
  const { status, headers } = response;
  const text = async (): Promise<string> => {
    try {
      const body = await readBody(response);
      // Some servers compress without being asked.
      return (headers['content-encoding'] === 'gzip' ? gunzipSync(body) : Buffer.from(body)).toString('utf8');
    } finally {
      transport.close();
    }
  };
  return { status, location: headers.location, text };
}

function worded(error: unknown, { host }: URL): unknown {
  if (messagesOf(error).includes('wrong version number'))
    return new UnreachableError('http: server gave HTTP response to HTTPS client');
  // The host of the URL, not the API server.
  return refused(error)
    ? new PlainError(`The connection to the server ${host} was refused - did you specify the right host or port?\n`)
    : error;
}

function refused(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) if (codeOf(at) === 'ECONNREFUSED') return true;
  return false;
}
