import type { ApiRequest, ApiResponse, Transport } from '@typernetes/client';
import { logged } from '../logged-warning.ts';
import type { Surroundings } from '../session.ts';
import { bodyPlace } from './body-place.ts';

/** The levels of `-v` that log requests, headers and bodies, and curl commands. */
export const showsRequests = 6;
const showsHead = 7;
const showsBodies = 8;
const showsCurl = 9;

interface Shown {
  readonly level: number;
  /** The server's URL without a trailing slash. */
  readonly server: string;
  readonly session: Pick<Surroundings, 'io' | 'clock'>;
  /** The headers that the client adds to a request. */
  readonly own: Readonly<Record<string, string>>;
  /** The name of the command. */
  readonly command: string;
}

/** A transport that logs requests and responses to standard error, as upstream does at the level. */
export function loggedTransport(transport: Transport, shown: Shown): Transport {
  const { clock } = shown.session;
  return {
    async request(unordered) {
      const request = { ...unordered, path: inOrder(unordered.path) };
      showRequest(request, shown);
      const began = clock.monotonic();
      const response = await transport.request(request).catch((error: unknown) => {
        const milliseconds = Math.trunc(clock.monotonic() - began);
        const what = shown.level >= showsHead && shown.level < showsCurl ? '' : `${requestOf(request, shown)} `;
        say(`"Response" ${what}status="" milliseconds=${milliseconds}`, 'round_trippers.go:632', shown);
        throw error;
      });
      return showAnswer(request, response, { ...shown, milliseconds: Math.trunc(clock.monotonic() - began) });
    },
    async upgrade(unordered) {
      const request = { ...unordered, path: inOrder(unordered.path) };
      showRequest(request, shown);
      const began = clock.monotonic();
      const connection = await transport.upgrade(request);
      const answer = { status: 101, headers: connection.headers, body: (async function* () {})() };
      showHead(request, answer, { ...shown, milliseconds: Math.trunc(clock.monotonic() - began) });
      return connection;
    },
    close: () => transport.close(),
  };
}

function say(text: string, place: string, { session }: Shown): void {
  session.io.err(logged(text, { session, place, severity: 'I' }));
}

/** A path with its parameters in the order of their names, as upstream sends and shows them. */
function inOrder(path: string): string {
  const at = path.indexOf('?');
  if (at < 0) return path;
  const named = path
    .slice(at + 1)
    .split('&')
    .map((text) => ({ text, name: text.split('=', 1)[0] ?? '' }));
  named.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return `${path.slice(0, at)}?${named.map(({ text }) => text).join('&')}`;
}

const requestOf = (request: ApiRequest, shown: Shown): string =>
  `verb="${request.method}" url=${urlOf(request, shown)}`;

const urlOf = (request: ApiRequest, { server }: Shown): string => JSON.stringify(server + request.path);

function showRequest(request: ApiRequest, shown: Shown): void {
  const { level } = shown;
  if (level >= showsBodies)
    say(`"Request Body" body=${bodyText(request.body ?? '', level)}`, bodyPlace(request, shown.command), shown);
  const headers = { ...shown.own, ...request.headers };
  if (level >= showsCurl) {
    const options = Object.entries(headers)
      .map(([name, value]) => `-H ${JSON.stringify(`${canonical(name)}: ${masked(name, value)}`)}`)
      .sort();
    const command = `\tcurl -v -X${request.method}  ${options.join(' ')} '${shown.server}${request.path}'`;
    say(`"Request" curlCommand=<\n${command}\n >`, 'round_trippers.go:527', shown);
  } else if (level >= showsHead) {
    const head = `${requestOf(request, shown)} headers=${headerText(headers)}`;
    say(`"Request" ${head}`, 'round_trippers.go:527', shown);
  }
}

interface Answered extends Shown {
  readonly milliseconds: number;
}

function showHead(request: ApiRequest, response: ApiResponse, shown: Answered): void {
  const { level, milliseconds } = shown;
  const what = level >= showsHead && level < showsCurl ? '' : `${requestOf(request, shown)} `;
  const headers = level >= showsBodies ? `headers=${headerText(response.headers)} ` : '';
  const status = `${response.status} ${process.getBuiltinModule('node:http').STATUS_CODES[response.status] ?? ''}`;
  say(`"Response" ${what}status="${status}" ${headers}milliseconds=${milliseconds}`, 'round_trippers.go:632', shown);
}

async function showAnswer(request: ApiRequest, response: ApiResponse, shown: Answered): Promise<ApiResponse> {
  showHead(request, response, shown);
  // The bodies of watches and followed logs are not logged here.
  if (shown.level < showsBodies || /[?&](watch|follow)=(true|1)/.test(request.path)) return response;
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  say(`"Response Body" body=${bodyText(bytes, shown.level)}`, bodyPlace(request, shown.command), shown);
  return {
    ...response,
    body: (async function* () {
      yield bytes;
    })(),
  };
}

/** Long bodies are truncated at the lower levels. */
function bodyText(body: Uint8Array | string, level: number): string {
  const text = typeof body === 'string' ? body : Buffer.from(body).toString('utf8');
  const longest = level >= 10 ? Number.POSITIVE_INFINITY : level >= 9 ? 10_240 : 1024;
  const cut = text.length > longest ? `${text.slice(0, longest)} [truncated ${text.length - longest} chars]` : text;
  return cut.includes('\n') ? `<\n${cut.replace(/\n$/, '').replace(/^/gm, '\t')}\n >` : JSON.stringify(cut);
}

function headerText(headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `\t${canonical(name)}: ${masked(name, value)}\n`);
  return `<\n${lines.sort().join('')} >`;
}

/** `content-type` as Go writes it: `Content-Type`. */
function canonical(name: string): string {
  return name.replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase());
}

function masked(name: string, value: string): string {
  if (name.toLowerCase() !== 'authorization') return value;
  return `${value.split(' ')[0]} <masked>`;
}
