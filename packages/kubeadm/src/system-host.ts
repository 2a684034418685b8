import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { access, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect, createServer, type Socket } from 'node:net';
import { cpus, hostname, networkInterfaces, release, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { codeOf, systemClock } from '@typernetes/base';
import { kubeconfigPaths } from '@typernetes/client';
import { formatDuration } from '@typernetes/process';
import type { Files, Host, HttpAnswer, Network, RequestOptions } from './host.ts';
import { systemCommands } from './system-commands.ts';
import { lookupWords, requestError } from './tls-errors.ts';

/** The machine this process runs on. `environment` is the process's own: children inherit it. */
export function systemHost(environment: Readonly<Record<string, string | undefined>>): Host {
  return {
    files: systemFiles,
    commands: systemCommands(environment),
    network: systemNetwork,
    machine: {
      hostName: hostname(),
      userId: process.getuid?.() ?? 0,
      kernelRelease: release(),
      cpus: cpus().length,
      memoryBytes: totalmem(),
      proxies: {
        https: environment.HTTPS_PROXY ?? environment.https_proxy ?? '',
        exceptions: (environment.NO_PROXY ?? environment.no_proxy ?? '').split(',').map((each) => each.trim()),
        variables: proxyVariables(environment),
      },
      kubeconfigs: kubeconfigPaths(environment),
    },
  };
}

function proxyVariables(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => (/_proxy$/i.test(name) && value ? [[name, value]] : [])),
  );
}

const systemFiles: Files = {
  async read(path) {
    try {
      return await readFile(path, 'utf8');
    } catch (error) {
      if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
      throw error;
    }
  },
  async write(path, text, options = {}) {
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    // The kubelet watches some of these folders: dot files are not manifests.
    const draft = join(dirname(path), `.${path.slice(dirname(path).length + 1)}.kubeadm`);
    await writeFile(draft, text, { mode: options.mode ?? 0o600 });
    await rename(draft, path);
  },
  async save(path, chunks, options = {}) {
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    const draft = `${path}.part`;
    await writeFile(draft, chunks, { mode: options.mode ?? 0o600, flush: true });
    await rename(draft, path);
  },
  remove: (path) => rm(path, { recursive: true, force: true }),
  async makeFolder(path, options = {}) {
    await mkdir(path, { recursive: true, mode: options.mode ?? 0o700 });
  },
  async exists(path) {
    try {
      await access(path);
      return true;
    } catch (error) {
      if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return false;
      throw error;
    }
  },
  async list(path) {
    try {
      return await readdir(path);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      throw error;
    }
  },
};

/** The kernel's words for why a socket cannot be connected to. */
const connectWords: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  ECONNREFUSED: 'connection refused',
  EACCES: 'permission denied',
};

type Interfaces = ReturnType<typeof networkInterfaces>;

/** The first address that other machines reach: of IPv4, or of IPv6 on a machine that has nothing else. */
export function reachableAddress(interfaces: Interfaces): string | undefined {
  const addresses = Object.values(interfaces).flatMap((list) => list ?? []);
  const outside = addresses.filter(({ internal, address }) => !internal && !/^(169\.254\.|fe[89ab])/i.test(address));
  return (outside.find(({ family }) => family === 'IPv4') ?? outside.find(({ family }) => family === 'IPv6'))?.address;
}

/** A server on this machine takes a connection at once, or has not taken any for long. */
const socketLimitMs = 5000;

const systemNetwork: Network = {
  portInUse: (port) =>
    new Promise((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(true));
      server.listen(port, () => server.close(() => resolve(false)));
    }),
  socketProblem: (path) =>
    new Promise((resolve) => {
      const socket = connect(path);
      const cancel = systemClock.after(socketLimitMs, () => {
        socket.destroy();
        resolve(`connect: no answer within ${formatDuration(socketLimitMs)}`);
      });
      socket.once('close', cancel);
      socket.once('connect', () => {
        socket.destroy();
        resolve(undefined);
      });
      socket.once('error', (error) => resolve(`connect: ${connectWords[codeOf(error) ?? ''] ?? error.message}`));
    }),
  defaultAddress: () => reachableAddress(networkInterfaces()),
  lookupProblem: (hostName) =>
    lookup(hostName).then(
      () => undefined,
      (error: Error) => lookupWords[codeOf(error) ?? ''] ?? error.message,
    ),
  get: (url, options = {}) => exchange('GET', url, options),
  post: (url, body, options = {}) => exchange('POST', url, { ...options, body }),
};

async function exchange(method: string, url: string, options: RequestOptions & { body?: string }): Promise<HttpAnswer> {
  const { ca, cert, key, verify = false, timeoutMs = 10_000, signal, body } = options;
  const late = AbortSignal.timeout(timeoutMs);
  const until = signal ? AbortSignal.any([signal, late]) : late;
  let socket: Socket | undefined;
  try {
    // While something starts it is asked many times: what a secure connection costs is spent only when there is somebody.
    const connection = await connected(new URL(url), until);
    socket = connection;
    return await new Promise<HttpAnswer>((resolve, reject) => {
      const headers = body === undefined ? {} : { 'content-type': 'application/json' };
      const shared = { method, headers, agent: false, signal: until } as const;
      const read = (response: IncomingMessage): void => void answerOf(response).then(resolve, reject);
      // Without a list of authorities the well-known ones would be read first, also when nobody wants to know.
      const authorities = ca ?? (verify ? undefined : []);
      const rejectUnauthorized = ca !== undefined || verify;
      const secure = {
        ca: authorities,
        cert,
        key,
        rejectUnauthorized,
        allowPartialTrustChain: true,
        socket: connection,
      };
      const request = url.startsWith('https:')
        ? httpsRequest(url, { ...shared, ...secure }, read)
        : httpRequest(url, { ...shared, createConnection: () => connection }, read);
      request.once('error', reject);
      request.end(body);
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    const reason = late.aborted ? new Error('context deadline exceeded') : error;
    throw await requestError(reason, { method, url, clock: systemClock });
  } finally {
    // It is ours, so Node's client leaves it open; a process with an open connection does not end.
    socket?.destroy();
  }
}

async function connected({ hostname: host, port, protocol }: URL, signal: AbortSignal): Promise<Socket> {
  const socket = connect({
    host: host.replace(/^\[|\]$/g, ''),
    port: Number(port || (protocol === 'https:' ? 443 : 80)),
  });
  try {
    await once(socket, 'connect', { signal });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

async function answerOf(response: IncomingMessage): Promise<HttpAnswer> {
  response.setEncoding('utf8');
  let body = '';
  for await (const part of response) body += part;
  const time = Date.parse(response.headers.date ?? '');
  return { status: response.statusCode ?? 0, body, ...(Number.isNaN(time) ? {} : { time }) };
}
