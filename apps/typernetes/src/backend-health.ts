import { Agent, get } from 'node:https';
import { connect } from 'node:net';
import type { Backend } from './balancer.ts';

/**
 * The result of a health check: `refused` means that the machine runs but the server does not, `silent` that nothing
 * answers.
 */
export type Look = 'ready' | 'unready' | 'refused' | 'silent';

const everyMs = 1000;
const reachMs = 1000;
const readyMs = 5000;

/** A machine that does not answer this often in a row is considered lost. */
const silencesToLoss = 2;

/** The state of a backend after a check, given how many checks in a row were silent before. */
export function judge(look: Look, silences: number): { state: Backend['state']; silences: number } {
  if (look !== 'silent') return { state: look === 'ready' ? 'ready' : 'unready', silences: 0 };
  return { state: silences + 1 >= silencesToLoss ? 'lost' : 'unready', silences: silences + 1 };
}

/**
 * Checks every backend each second for the lifetime of the process. Connections to a lost backend are cut: the kernel
 * would keep them for a quarter of an hour, and their clients would wait.
 */
export function followHealth(backends: readonly Backend[]): void {
  for (const backend of backends) void follow(backend);
}

async function follow(backend: Backend): Promise<never> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });
  for (let silences = 0; ; ) {
    const verdict = judge(await look(backend, agent), silences);
    silences = verdict.silences;
    if (verdict.state !== backend.state) console.error(`${backend.host}:${backend.port} is ${verdict.state}`);
    backend.state = verdict.state;
    if (verdict.state === 'lost') for (const connection of backend.connections) connection.destroy();
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

async function look({ host, port }: Backend, agent: Agent): Promise<Look> {
  const reached = await reach(host, port);
  return reached === 'accepted' ? askReadiness({ host, port, agent }) : reached;
}

/** A running machine's kernel answers at once, however busy its programs are. */
function reach(host: string, port: number): Promise<'accepted' | 'refused' | 'silent'> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: reachMs });
    const settle = (answer: 'accepted' | 'refused' | 'silent'): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => settle('accepted'));
    socket.once('timeout', () => settle('silent'));
    socket.once('error', (error: NodeJS.ErrnoException) =>
      settle(error.code === 'ECONNREFUSED' ? 'refused' : 'silent'),
    );
  });
}

/** A server that requires authentication is up as well. */
function askReadiness(at: { host: string; port: number; agent: Agent }): Promise<'ready' | 'unready'> {
  return new Promise((resolve) => {
    const request = get({ ...at, path: '/readyz', timeout: readyMs }, (response) => {
      response.resume();
      resolve(response.statusCode === 200 || response.statusCode === 401 ? 'ready' : 'unready');
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve('unready'));
    request.once('close', () => resolve('unready'));
  });
}
