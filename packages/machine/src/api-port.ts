import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { codeOf } from '@typernetes/base';
import { startDetached } from './command.ts';
import { type Fabric, fabricProcesses, inFabric } from './fabric.ts';

/**
 * A port on this host's loopback that leads to a cluster's API servers. The host's network has no route to the fabric,
 * so a small process joins them: its listening socket is in the host's network (passed as descriptor 3), and it
 * connects in the fabric.
 */
interface ApiPort {
  readonly cluster: string;
  /** The port that it should have, or 0 for any. */
  readonly port: number;
  /** `address:port` of the API servers, in the fabric. */
  readonly backends: readonly string[];
  /** `address:port` in the fabric at which the same process represents all of them. */
  readonly endpoint: string | undefined;
  /** The program to run: TypeScript or JavaScript, called with `--cluster=NAME`, `--listen=ENDPOINT` if there is one, and the backends. */
  readonly program: string;
  readonly log: string;
}

/** Opens the port and returns its number. The process behind it lives until {@link closeApiPort} or the end of the fabric. */
export async function openApiPort(fabric: Fabric, wanted: ApiPort): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) =>
    server.on('error', reject).listen(wanted.port, '127.0.0.1', () => resolve()),
  );
  const address = server.address();
  const descriptor = descriptorOf(server);
  if (typeof address !== 'object' || !address || descriptor === undefined) {
    server.close();
    throw new Error(`Cannot open a port for cluster "${wanted.cluster}": the socket has no descriptor`);
  }
  const log = openSync(wanted.log, 'a');
  const command = [
    ...inFabric(fabric),
    process.execPath,
    wanted.program,
    markOf(wanted.cluster),
    ...(wanted.endpoint === undefined ? [] : [`--listen=${wanted.endpoint}`]),
    ...wanted.backends,
  ];
  try {
    await startDetached(command, ['ignore', log, log, descriptor]);
  } finally {
    closeSync(log);
    server.close();
  }
  return address.port;
}

/** Ends the process behind the cluster's port, if there is one. */
export async function closeApiPort(fabric: Fabric, cluster: string): Promise<void> {
  for (const pid of await apiPortProcesses(fabric, cluster)) {
    try {
      process.kill(pid, 'SIGTERM');
    } catch (error) {
      if (codeOf(error) !== 'ESRCH') throw error;
    }
  }
}

/** The processes behind the cluster's port: one, or none. */
export async function apiPortProcesses(fabric: Fabric, cluster: string): Promise<number[]> {
  return (await fabricProcesses(fabric)).filter((pid) => argumentsOf(pid).includes(markOf(cluster)));
}

const markOf = (cluster: string): string => `--cluster=${cluster}`;

function argumentsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ESRCH') return [];
    throw error;
  }
}

/** Node has no public API for a server's descriptor, and accepts only a number when it starts a process. */
function descriptorOf(server: object): number | undefined {
  const handle = '_handle' in server ? server._handle : undefined;
  const descriptor = typeof handle === 'object' && handle && 'fd' in handle ? handle.fd : undefined;
  return typeof descriptor === 'number' && descriptor >= 0 ? descriptor : undefined;
}
