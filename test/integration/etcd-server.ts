import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@typernetes/base';
import { createAuthority, createLeaf } from '@typernetes/pki';
import { tied } from '../tied-command.ts';

export interface EtcdTls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** The same as file paths, for flags. */
  readonly files: { readonly ca: string; readonly cert: string; readonly key: string };
}

/** A single-member etcd on loopback, on a free port. */
export interface EtcdServer {
  /** `http://127.0.0.1:PORT`, or https. Does not change over restarts. */
  readonly endpoint: string;
  readonly tls: EtcdTls | undefined;
  /** The id of the current process. */
  pid(): number;
  /** Kills the process. */
  kill(): Promise<void>;
  /** Stops the process: it keeps its connections and does not answer until it is killed. */
  freeze(): void;
  /** Starts it again with its data on the same port. */
  restart(): Promise<void>;
  /** Copies its data while it is down. The returned function restores that copy. */
  keep(): Promise<() => Promise<void>>;
  /** Stops it and removes its data. */
  remove(): Promise<void>;
}

export async function startEtcd(options: { tls?: boolean } = {}): Promise<EtcdServer> {
  const folder = mkdtempSync(join(tmpdir(), 'etcd-'));
  const tls = options.tls ? await makeTls(folder) : undefined;
  const scheme = tls ? 'https' : 'http';
  let running = await run(folder, { scheme, port: 0, flags: tls ? tlsFlags(folder) : [] });
  const { port } = running;
  const kill = async (): Promise<void> => {
    running.child.kill('SIGKILL');
    await running.gone;
  };
  const restart = async (): Promise<void> => {
    running = await run(folder, { scheme, port, flags: tls ? tlsFlags(folder) : [] });
  };
  return {
    endpoint: `${scheme}://127.0.0.1:${port}`,
    tls,
    pid: () => running.child.pid ?? 0,
    kill,
    freeze: () => void running.child.kill('SIGSTOP'),
    restart,
    keep: async () => {
      const [data, kept] = [join(folder, 'data'), join(folder, 'kept')];
      await kill();
      cpSync(data, kept, { recursive: true });
      await restart();
      return async () => {
        await kill();
        rmSync(data, { recursive: true });
        cpSync(kept, data, { recursive: true });
        await restart();
      };
    },
    remove: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface Running {
  readonly child: ChildProcess;
  readonly port: number;
  readonly gone: Promise<void>;
}

async function run(
  folder: string,
  { scheme, port, flags }: { scheme: string; port: number; flags: readonly string[] },
): Promise<Running> {
  const child = spawn(
    ...tied([
      '/usr/bin/etcd',
      `--data-dir=${join(folder, 'data')}`,
      `--listen-client-urls=${scheme}://127.0.0.1:${port}`,
      `--advertise-client-urls=${scheme}://127.0.0.1:${port}`,
      '--listen-peer-urls=http://127.0.0.1:0',
      '--initial-advertise-peer-urls=http://127.0.0.1:0',
      '--initial-cluster=default=http://127.0.0.1:0',
      // A single member elects itself, so waiting long is pointless.
      '--heartbeat-interval=20',
      '--election-timeout=100',
      '--logger=zap',
      '--log-outputs=stderr',
      ...flags,
    ]),
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let log = '';
  const serving = new Promise<number>((resolve) => {
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-20_000);
      const address = /"serving client traffic[^"]*","address":"127\.0\.0\.1:(\d+)"/.exec(log);
      if (address) resolve(Number(address[1]));
    });
  });
  const failed = gone.then(() => {
    throw new Error(`Cannot start etcd:\n${log}`);
  });
  return { child, port: await Promise.race([serving, failed]), gone };
}

const tlsFlags = (folder: string): string[] => [
  `--cert-file=${join(folder, 'server.crt')}`,
  `--key-file=${join(folder, 'server.key')}`,
  `--trusted-ca-file=${join(folder, 'ca.crt')}`,
  '--client-cert-auth',
];

async function makeTls(folder: string): Promise<EtcdTls> {
  const now = systemClock.now();
  const validity = { notBefore: now - 60_000, notAfter: now + 86_400_000 };
  const authority = await createAuthority({ commonName: 'etcd-ca', ...validity });
  const server = await createLeaf(authority, {
    commonName: 'etcd',
    ...validity,
    ipAddresses: ['127.0.0.1'],
    usages: ['digital signature', 'server auth', 'client auth'],
  });
  const client = await createLeaf(authority, {
    commonName: 'kube-apiserver-etcd-client',
    ...validity,
    usages: ['digital signature', 'client auth'],
  });
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  file('server.crt', server.certificate);
  file('server.key', server.privateKey);
  const files = {
    ca: file('ca.crt', authority.certificate),
    cert: file('client.crt', client.certificate),
    key: file('client.key', client.privateKey),
  };
  return { ca: authority.certificate, cert: client.certificate, key: client.privateKey, files };
}
