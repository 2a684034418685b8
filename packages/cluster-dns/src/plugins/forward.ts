import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { type Clock, messageOf, type Random } from '@typernetes/base';
import { argumentsOf, counted, integer, milliseconds, single, unknownProperty } from '../corefile/arguments.ts';
import type { Line } from '../corefile/server-blocks.ts';
import { CorefileError, problemAt, wrongCount } from '../corefile/word.ts';
import { isInZone, zonesOfHost } from '../corefile/zone-name.ts';
import { type ForwarderOptions, forwarder, nameServers, type Policy, type Upstream } from '../forward/forwarder.ts';
import { codeName, codeOf, codes } from '../wire/message.ts';
import { empty, failed, type Plugin } from './query.ts';

export interface ForwardSettings {
  readonly from: string;
  readonly to: readonly Upstream[];
  readonly except: readonly string[];
  readonly forceTcp: boolean;
  readonly policy: Policy;
  /** 0: unresponsive servers keep their turn. */
  readonly maxFails: number;
  /** 0: no limit. */
  readonly maxConcurrent: number;
  readonly tls: NonNullable<ForwarderOptions['tls']>;
  /** Response codes after which the next plugin is tried. */
  readonly next: readonly string[];
}

const mostServers = 15;

/** `forward FROM TO... { … }`; may occur several times. */
export function parseForward(lines: readonly Line[]): ForwardSettings[] {
  return lines.map((line) => {
    const [from, ...to] = argumentsOf(line);
    if (from === undefined || to.length === 0) throw wrongCount(line.words.at(-1) ?? line.words[0]);
    const [zone = '.'] = zonesOfHost(from);
    const servers = to.flatMap(upstreamsOf);
    if (servers.length > mostServers)
      throw new CorefileError(`more than ${mostServers} TOs configured: ${servers.length}`);
    let settings: ForwardSettings = {
      from: zone,
      to: servers,
      except: [],
      forceTcp: false,
      policy: 'random',
      maxFails: 2,
      maxConcurrent: 0,
      tls: {},
      next: [],
    };
    for (const option of line.block) settings = { ...settings, ...optionOf(option, settings) };
    return settings;
  });
}

/** An address, or a file in the form of resolv.conf. */
function upstreamsOf(text: string): Upstream[] {
  const [, scheme, rest = ''] = /^(?:([a-z]+):\/\/)?(.*)$/.exec(text) ?? [];
  if (scheme !== undefined && scheme !== 'dns' && scheme !== 'tls')
    throw new CorefileError(`'${scheme}' is not supported as a destination protocol in forward: ${text}`);
  const tls = scheme === 'tls';
  // `tls://9.9.9.9%dns.quad9.net:853` names the server besides.
  const [, address = '', name, port = ''] = /^([^%]*)(?:%([^:]+)(:\d+)?)?$/.exec(rest) ?? [];
  const upstream = addressOf(`${address}${port}`, tls ? 853 : 53);
  if (upstream) return [{ ...upstream, ...(tls ? { tls } : {}), ...(tls && name ? { name } : {}) }];
  try {
    // A server that names itself would hand queries on to itself without end.
    return nameServers(readFileSync(text, 'utf8'))
      .filter((server) => !server.startsWith('127.') && server !== '::1')
      .map((host) => ({ host, port: 53 }));
  } catch {
    throw new CorefileError(`not an IP address or file: ${JSON.stringify(text)}`);
  }
}

function addressOf(text: string, standard: number): Upstream | undefined {
  if (isIP(text) !== 0) return { host: text, port: standard };
  const [, six, four, port] = /^(?:\[(.+)\]|([^:[\]]+))(?::(\d+))?$/.exec(text) ?? [];
  const host = six ?? four ?? '';
  return isIP(host) === 0 ? undefined : { host, port: port === undefined ? standard : Number(port) };
}

function optionOf(line: Line, settings: ForwardSettings): Partial<ForwardSettings> {
  const [word] = line.words;
  switch (word.text) {
    case 'except': {
      const names = argumentsOf(line);
      if (names.length === 0) throw wrongCount(word);
      return { except: [...settings.except, ...names.flatMap(zonesOfHost)] };
    }
    case 'force_tcp':
      counted(line, 0);
      return { forceTcp: true };
    // UDP is always tried first here.
    case 'prefer_udp':
    case 'failfast_all_unhealthy_upstreams':
      counted(line, 0);
      return {};
    case 'max_fails':
      return { maxFails: notNegative('max_fails', integer(single(line))) };
    case 'max_concurrent': {
      const most = integer(single(line));
      if (most < 0) throw new CorefileError(`max_concurrent can't be negative: ${most}`);
      return { maxConcurrent: most };
    }
    // Options of connection pools and health checks: there are none of either here.
    case 'expire':
    case 'max_age':
      notNegative(word.text, milliseconds(single(line)));
      return {};
    case 'max_idle_conns':
    case 'max_connect_attempts':
      notNegative(word.text, integer(single(line)));
      return {};
    case 'health_check':
      if (line.words.length < 2) throw wrongCount(word);
      notNegative(word.text, milliseconds(argumentsOf(line)[0] ?? ''));
      return {};
    case 'policy': {
      const policy = single(line);
      if (policy !== 'random' && policy !== 'round_robin' && policy !== 'sequential')
        throw problemAt(line.words[1] ?? word, `unknown policy '${policy}'`);
      return { policy };
    }
    case 'tls':
      return { tls: { ...settings.tls, ...tlsOf(counted(line, 0, 3)) } };
    case 'tls_servername':
      return { tls: { ...settings.tls, servername: single(line) } };
    case 'next':
    case 'failover': {
      const names = argumentsOf(line);
      if (names.length === 0) throw wrongCount(word);
      for (const name of names)
        if (!Object.hasOwn(codes, name)) throw new CorefileError(`${name} is not a valid rcode`);
      return word.text === 'next' ? { next: [...settings.next, ...names] } : {};
    }
    default:
      throw unknownProperty(line);
  }
}

function notNegative(name: string, value: number): number {
  if (value < 0) throw new CorefileError(`${name} can't be negative: ${value}`);
  return value;
}

/** CERT KEY CA, CERT KEY, CA or nothing. */
function tlsOf(files: readonly string[]): ForwardSettings['tls'] {
  const read = (path: string | undefined): string => {
    try {
      return readFileSync(path ?? '', 'utf8');
    } catch (error) {
      throw new CorefileError(messageOf(error));
    }
  };
  const [first, second, third] = files;
  if (files.length === 0) return {};
  if (files.length === 1) return { ca: read(first) };
  return { cert: read(first), key: read(second), ...(third === undefined ? {} : { ca: read(third) }) };
}

export interface ForwardDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly watcher?: {
    answered(to: string, code: string, seconds: number): void;
    rejected(): void;
  };
}

/** Hands names of a zone on to other servers. */
export function forwardPlugin(settings: ForwardSettings, { clock, random, watcher }: ForwardDeps): Plugin {
  const { forward } = forwarder({
    servers: settings.to,
    timeoutMs: 2000,
    clock,
    random,
    policy: settings.policy,
    forceTcp: settings.forceTcp,
    tls: settings.tls,
    ...(settings.maxFails === 0 ? { avoidMs: 0 } : {}),
    onAnswer: (to, answer, seconds) => watcher?.answered(to, codeName(codeOf(answer)), seconds),
  });
  let running = 0;
  return (next) => async (query) => {
    const { name, message, signal } = query;
    if (!isInZone(name, settings.from) || settings.except.some((zone) => isInZone(name, zone))) return next(query);
    if (settings.to.length === 0) return { message: empty(query, codes.REFUSED), by: 'forward' };
    if (settings.maxConcurrent > 0 && running >= settings.maxConcurrent) {
      watcher?.rejected();
      const error = `concurrent queries exceeded maximum ${settings.maxConcurrent}`;
      return { message: empty(query, codes.REFUSED), by: 'forward', error };
    }
    running++;
    try {
      const answer = await forward(message, signal);
      if (settings.next.includes(codeName(codeOf(answer)))) return next(query);
      return { message: answer, by: 'forward' };
    } catch (error) {
      return failed(query, 'forward', messageOf(error));
    } finally {
      running--;
    }
  };
}
