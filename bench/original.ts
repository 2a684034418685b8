/**
 * The system that ours is compared with: upstream's programs with etcd on this machine, from a directory that has them
 * (`kube-apiserver`, `kube-scheduler`, `kube-controller-manager`): tools/conformance builds them from Debian's source
 * package.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { startEtcd } from '../test/integration/etcd-server.ts';
import { type ServerPlace, untilReady } from '../test/integration/server-program.ts';

export interface OriginalServer {
  readonly pid: number;
  readonly etcdPid: number;
  end(): Promise<void>;
}

/**
 * kube-apiserver on the place's port, with its certificates, and an etcd of its own that writes durably, as by default.
 */
export async function startOriginalServer(place: ServerPlace, folder: string): Promise<OriginalServer> {
  const etcd = await startEtcd();
  // The storage flag is the only one that it does not have.
  const flags = place.flags.filter((flag) => !flag.startsWith('--storage-path='));
  const key = join(place.folder, 'tls.key');
  const server = startOriginal(join(folder, 'kube-apiserver'), join(place.folder, 'kube-apiserver.log'), [
    ...flags,
    `--etcd-servers=${etcd.endpoint}`,
    `--cert-dir=${place.folder}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${key}`,
    `--service-account-signing-key-file=${key}`,
  ]);
  try {
    await untilReady(place, server.child);
  } catch (cause) {
    await server.stop();
    await etcd.remove();
    throw new Error(`Cannot start ${folder}/kube-apiserver`, { cause });
  }
  return {
    pid: server.pid,
    etcdPid: etcd.pid(),
    end: async () => {
      await server.stop();
      await etcd.remove();
    },
  };
}

/** One of upstream's programs, which writes its log to a file. */
export function startOriginal(
  program: string,
  log: string,
  flags: readonly string[],
): { readonly pid: number; readonly child: ChildProcess; stop(): Promise<void> } {
  const child = spawn(program, flags, { stdio: ['ignore', 'ignore', 'pipe'] });
  child.stderr.pipe(createWriteStream(log));
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return {
    pid: child.pid ?? 0,
    child,
    stop: () => {
      child.kill();
      return gone;
    },
  };
}
