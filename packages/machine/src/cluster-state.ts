import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { homePaths } from './installation.ts';

/** A cluster's record. Its machines' records say that they belong to it. */
export interface ClusterRecord {
  readonly name: string;
  readonly controlPlanes: readonly string[];
  readonly workers: readonly string[];
  /** On this host's loopback; 0 until it is open. */
  readonly apiPort: number;
  /** `address:port` in the fabric that represents all control planes, if there are several. */
  readonly endpoint?: string;
  /** `ready` once every machine has joined and all nodes were Ready. */
  readonly phase: 'creating' | 'ready';
  /** RFC 3339. */
  readonly created: string;
}

export const clusterPaths = (home: string, name: string) => {
  const root = join(homePaths(home).clusters, name);
  return {
    root,
    record: join(root, 'cluster.json'),
    kubeconfig: join(root, 'kubeconfig'),
    log: join(root, 'api-port.log'),
  };
};

export function readCluster(home: string, name: string): ClusterRecord | undefined {
  const { record } = clusterPaths(home, name);
  return existsSync(record) ? (JSON.parse(readFileSync(record, 'utf8')) as ClusterRecord) : undefined;
}

export function writeCluster(home: string, cluster: ClusterRecord): void {
  const { root, record } = clusterPaths(home, cluster.name);
  mkdirSync(root, { recursive: true });
  writeFileSync(`${record}.new`, JSON.stringify(cluster, null, 2));
  renameSync(`${record}.new`, record);
}

export function forgetCluster(home: string, name: string): void {
  rmSync(clusterPaths(home, name).root, { recursive: true, force: true });
}

export function clusterNames(home: string): string[] {
  const { clusters } = homePaths(home);
  return existsSync(clusters) ? readdirSync(clusters).sort() : [];
}

/** The first port of the fabric's gateway that no cluster has for its endpoint. */
export function freeEndpoint(address: string, clusters: readonly Pick<ClusterRecord, 'endpoint'>[]): string {
  const taken = new Set(clusters.map(({ endpoint }) => endpoint));
  for (let port = 6443; ; port++) {
    if (!taken.has(`${address}:${port}`)) return `${address}:${port}`;
  }
}

/** Names of a cluster's machines: `NAME-control-plane`, `NAME-worker`, with a number from the second of a kind on. */
export function machineNamesOf(
  cluster: string,
  counts: { controlPlanes: number; workers: number },
): Pick<ClusterRecord, 'controlPlanes' | 'workers'> {
  const numbered = (role: string, count: number): string[] =>
    Array.from({ length: count }, (_, i) => `${cluster}-${role}${i === 0 ? '' : i + 1}`);
  return {
    controlPlanes: numbered('control-plane', counts.controlPlanes),
    workers: numbered('worker', counts.workers),
  };
}
