import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from './command.ts';
import { programCommand, writeCode } from './program.ts';

/** The programs of a control plane, in the order in which they start. */
export const controlPlanePrograms = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;
type ControlPlaneProgram = (typeof controlPlanePrograms)[number];

/** How long the programs run once the API server is ready: the controllers' first work is part of every start. */
const runMs = 1500;
const patienceMs = 20_000;

/**
 * Starts a control plane once, on loopback and in a temporary folder, so that its programs write the compiled code of
 * their start: a cluster's start mostly waits for the API server's. `folders` are the programs' folders; `kubeadm`
 * makes the certificates. Rejects when it does not start; then the programs start without compiled code.
 */
export async function rehearseControlPlane(
  node: string,
  folders: Readonly<Record<ControlPlaneProgram, string>>,
  kubeadm: string,
): Promise<void> {
  const temporary = mkdtempSync(join(tmpdir(), 'control-plane-rehearsal-'));
  const started: ChildProcess[] = [];
  try {
    const port = await freePort();
    const pki = join(temporary, 'pki');
    const address = ['--apiserver-advertise-address', '127.0.0.1'];
    const phase = (...args: string[]): Promise<string> =>
      run([...programCommand(node, { folder: kubeadm, program: 'kubeadm' }), 'init', 'phase', ...args]);
    await phase('certs', 'all', '--cert-dir', pki, ...address);
    const server = ['--control-plane-endpoint', `127.0.0.1:${port}`, '--apiserver-bind-port', String(port)];
    await phase('kubeconfig', 'all', '--cert-dir', pki, '--kubeconfig-dir', temporary, ...address, ...server);
    const flags = flagsOf(temporary, { port, health: [await freePort(), await freePort()] });
    for (const program of controlPlanePrograms) {
      const [file = '', ...args] = programCommand(node, { folder: folders[program], program });
      started.push(spawn(file, [...args, ...flags[program]], { env: writeCode, stdio: 'ignore' }));
    }
    await untilReady(port, AbortSignal.timeout(patienceMs));
    await sleep(runMs);
  } finally {
    // The API server last, since the others use it while they stop.
    for (const child of started.reverse()) await end(child);
    rmSync(temporary, { recursive: true });
  }
}

/** The flags of kubeadm's manifests that affect what runs at the start. */
function flagsOf(
  folder: string,
  { port, health: [manager, scheduler] }: { port: number; health: readonly [number, number] },
): Record<ControlPlaneProgram, string[]> {
  const pki = (file: string): string => join(folder, 'pki', file);
  const config = (name: string): string => join(folder, `${name}.conf`);
  const local = '--bind-address=127.0.0.1';
  return {
    'kube-apiserver': [
      local,
      `--secure-port=${port}`,
      '--advertise-address=127.0.0.1',
      '--authorization-mode=Node,RBAC',
      '--enable-admission-plugins=NodeRestriction',
      '--enable-bootstrap-token-auth=true',
      '--storage-backend=sqlite',
      `--storage-path=${join(folder, 'store.db')}`,
      `--client-ca-file=${pki('ca.crt')}`,
      `--tls-cert-file=${pki('apiserver.crt')}`,
      `--tls-private-key-file=${pki('apiserver.key')}`,
      `--kubelet-client-certificate=${pki('apiserver-kubelet-client.crt')}`,
      `--kubelet-client-key=${pki('apiserver-kubelet-client.key')}`,
      `--requestheader-client-ca-file=${pki('front-proxy-ca.crt')}`,
      `--proxy-client-cert-file=${pki('front-proxy-client.crt')}`,
      `--proxy-client-key-file=${pki('front-proxy-client.key')}`,
      '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
      `--service-account-key-file=${pki('sa.pub')}`,
      `--service-account-signing-key-file=${pki('sa.key')}`,
      '--service-cluster-ip-range=10.96.0.0/12',
      '--enable-aggregator-routing=true',
    ],
    'kube-controller-manager': [
      local,
      `--secure-port=${manager}`,
      `--kubeconfig=${config('controller-manager')}`,
      '--controllers=*,bootstrapsigner,tokencleaner',
      '--allocate-node-cidrs=true',
      '--cluster-cidr=10.244.0.0/16',
      '--use-service-account-credentials=true',
      `--client-ca-file=${pki('ca.crt')}`,
      `--root-ca-file=${pki('ca.crt')}`,
      `--cluster-signing-cert-file=${pki('ca.crt')}`,
      `--cluster-signing-key-file=${pki('ca.key')}`,
      `--service-account-private-key-file=${pki('sa.key')}`,
    ],
    'kube-scheduler': [local, `--secure-port=${scheduler}`, `--kubeconfig=${config('scheduler')}`],
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Its certificate is not looked at: the server is our own, on loopback. */
async function untilReady(port: number, signal: AbortSignal): Promise<void> {
  for (;;) {
    const status = await new Promise<number | undefined>((resolve) => {
      const options = { host: '127.0.0.1', port, path: '/readyz', rejectUnauthorized: false, ca: [], agent: false };
      request(options, (response) => response.resume().on('end', () => resolve(response.statusCode)))
        .on('error', () => resolve(undefined))
        .end();
    });
    if (status === 200) return;
    await sleep(50, undefined, { signal });
  }
}

/** Asks the program to stop, so that it writes its code; kills one that does not. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const late = new AbortController();
  await Promise.race([gone, sleep(patienceMs, undefined, { signal: late.signal }).catch(() => undefined)]);
  late.abort();
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await gone;
  }
}
