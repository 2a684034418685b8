import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  type ApiServer,
  apiServerFlags,
  builtInResources,
  completeConfig,
  readMaterial,
  startConfiguredServer,
} from '@typernetes/apiserver';
import { silentLogger } from '@typernetes/base/testing';
import { parseFlags } from '@typernetes/process';
import { MemoryStore } from '@typernetes/store';
import { realKubectl } from '../upstream-tools.ts';
import { loopbackCertificates } from './loopback-certificates.ts';

/** An API server on loopback, with flags, and upstream's kubectl as its administrator. */
export interface KubectlCluster {
  readonly server: ApiServer;
  /** Writes a file in the test's directory; returns its path. */
  file(name: string, text: string): string;
  /** Runs kubectl and returns its output; rejects if it fails. */
  kubectl(...args: string[]): Promise<string>;
  stop(): Promise<void>;
}

const validity = { notBefore: Date.UTC(2020, 0), notAfter: Date.UTC(2090, 0) };

export async function startKubectlCluster(
  moreFlags: (file: KubectlCluster['file']) => string[] = () => [],
): Promise<KubectlCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'kubectl-cluster-'));
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const { ca, serving, admin } = await loopbackCertificates(validity);
  const caFile = file('ca.crt', ca.certificate);
  const { flags } = parseFlags(apiServerFlags, [
    '--authorization-mode=RBAC',
    '--advertise-address=192.0.2.1',
    '--service-cluster-ip-range=10.96.0.0/12',
    '--enable-aggregator-routing=true',
    `--client-ca-file=${caFile}`,
    `--tls-cert-file=${file('tls.crt', serving.certificate)}`,
    `--tls-private-key-file=${file('tls.key', serving.privateKey)}`,
    ...moreFlags(file),
  ]);
  const config = completeConfig(flags, { defaultAddress: () => '127.0.0.1' });
  const material = readMaterial(config);
  const store = new MemoryStore();
  const server = await startConfiguredServer({
    config,
    material,
    store,
    log: silentLogger,
    resources: builtInResources,
  });
  const { port } = await server.listen({ host: '127.0.0.1', port: 0, material: material.tls });
  const connection = [
    `--server=https://127.0.0.1:${port}`,
    `--certificate-authority=${caFile}`,
    `--client-certificate=${file('admin.crt', admin.certificate)}`,
    `--client-key=${file('admin.key', admin.privateKey)}`,
  ];
  const run = promisify(execFile);
  const env = { HOME: folder, PATH: process.env.PATH };
  return {
    server,
    file,
    kubectl: async (...args) => (await run(realKubectl(), [...connection, ...args], { env })).stdout,
    stop: async () => {
      await server.close();
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
}
