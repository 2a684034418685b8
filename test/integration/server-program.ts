import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock } from '@typernetes/base';
import { httpTransport, readBody, type Transport } from '@typernetes/client';
import { createAuthority, createLeaf } from '@typernetes/pki';
import { bundleProgram } from '../../tools/bundle.ts';
import { tied } from '../tied-command.ts';
import { loopbackCertificates } from './loopback-certificates.ts';

/** Generous, because the machine may be busy with other tests. */
const startTimeoutMs = 120_000;

/** A place on this machine where the kube-apiserver program can run: a directory, a port on loopback, certificates. */
export interface ServerPlace {
  readonly folder: string;
  readonly storePath: string;
  readonly server: string;
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string };
  readonly flags: readonly string[];
  /** A certificate for a user, from this place's CA or a foreign one of the same name. */
  identify(options: { expired?: boolean; foreign?: boolean }): Promise<{ cert: string; key: string }>;
  /** A transport for the administrator, with its own connections. */
  connect(): Transport;
  remove(): void;
}

export async function makeServerPlace(options: { folder?: string } = {}): Promise<ServerPlace> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'kube-apiserver-'));
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const now = systemClock.now();
  const validity = { notBefore: now - 60_000, notAfter: now + 86_400_000 };
  const { ca, serving, admin } = await loopbackCertificates(validity);
  const port = await freePort();
  const storePath = join(folder, 'store', 'store.db');
  const server = `https://127.0.0.1:${port}`;
  const tls = { ca: ca.certificate, cert: admin.certificate, key: admin.privateKey };
  return {
    folder,
    storePath,
    server,
    tls,
    flags: [
      `--secure-port=${port}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=192.0.2.1',
      '--authorization-mode=Node,RBAC',
      '--service-cluster-ip-range=10.96.0.0/12',
      '--enable-aggregator-routing=true',
      `--client-ca-file=${file('ca.crt', ca.certificate)}`,
      `--tls-cert-file=${file('tls.crt', serving.certificate)}`,
      `--tls-private-key-file=${file('tls.key', serving.privateKey)}`,
      `--storage-path=${storePath}`,
    ],
    identify: async ({ expired, foreign }) => {
      const issuer = foreign ? await createAuthority({ commonName: 'kubernetes', ...validity }) : ca;
      const leaf = await createLeaf(issuer, {
        commonName: 'admin',
        organizations: ['system:masters'],
        notBefore: now - 7_200_000,
        notAfter: expired ? now - 3_600_000 : validity.notAfter,
        usages: ['digital signature', 'client auth'],
      });
      return { cert: leaf.certificate, key: leaf.privateKey };
    },
    connect: () => httpTransport({ server, tls }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export interface RunningServer {
  readonly pid: number;
  /** Sends the signal and waits until the process has exited. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/**
 * Runs the program until it is ready. `wrapper` is a command line that runs another one; `nodeFlags` go to Node itself;
 * `program` is its file, by default the bundle.
 */
export async function startServer(
  place: Pick<ServerPlace, 'flags' | 'connect'>,
  options: {
    flags?: readonly string[];
    nodeFlags?: readonly string[];
    wrapper?: readonly string[];
    program?: string;
  } = {},
): Promise<RunningServer> {
  const { program, env } = options.program ? { program: options.program } : await compiledServer();
  const command = [
    ...(options.wrapper ?? []),
    process.execPath,
    ...(options.nodeFlags ?? []),
    program,
    ...place.flags,
    ...(options.flags ?? []),
  ];
  const child = spawn(...tied(command as [string, ...string[]]), {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...env },
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-10_000);
  });
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    child.kill(signal);
    await gone;
  };
  try {
    await untilReady(place, child);
  } catch (cause) {
    await end('SIGKILL');
    throw new Error(`Cannot start kube-apiserver:\n${log}`, { cause });
  }
  return { pid: child.pid ?? 0, end };
}

/**
 * The bundle, started from compiled code as on machines, which halves the start time. The first process that ends by
 * itself writes that code, as `env` tells it to.
 */
async function compiledServer(): Promise<{ program: string; env?: Readonly<Record<string, string>> }> {
  const main = await bundleProgram('kube-apiserver');
  const program = join(dirname(main), 'start.cjs');
  const code = join(dirname(main), '../compile-cache');
  const bundledAt = statSync(main).mtimeMs;
  const isThere = (name: string): boolean =>
    /^kube-apiserver-.*\.code$/.test(name) &&
    (statSync(join(code, name), { throwIfNoEntry: false })?.mtimeMs ?? 0) > bundledAt;
  return {
    program,
    ...(existsSync(code) && readdirSync(code).some(isThere) ? {} : { env: { TYPERNETES_COMPILE_AHEAD: '1' } }),
  };
}

/** Waits until the program on the place's port is ready. */
export async function untilReady(place: Pick<ServerPlace, 'connect'>, child: ChildProcess): Promise<void> {
  const transport = place.connect();
  const deadline = systemClock.monotonic() + startTimeoutMs;
  try {
    while (systemClock.monotonic() < deadline) {
      if (child.exitCode !== null) throw new Error(`The program ended with code ${child.exitCode}`);
      const response = await transport.request({ method: 'GET', path: '/readyz' }).catch(() => undefined);
      if (response) await readBody(response);
      if (response?.status === 200) return;
      await systemClock.sleep(20);
    }
    throw new Error('The server did not become ready');
  } finally {
    transport.close();
  }
}

/** A port that was just free. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
