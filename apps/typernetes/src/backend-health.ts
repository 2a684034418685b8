import { Agent, get } from 'node:https';
import { connect } from 'node:net';
import type { Backend } from './balancer.ts';

/** What one look at a backend found: `refused` means that its machine runs and it does not, `silent` that nobody answers. */
export type Look = 'ready' | 'unready' | 'refused' | 'silent';

const everyMs = 1000;
const reachMs = 1000;
const readyMs = 5000;

/** A machine that is silent this often in a row has lost its power. */
const silencesToLoss = 2;

/** What to hold of a backend after a look, given how often in a row it was silent before. */
export function judge(look: Look, silences: number): { state: Backend['state']; silences: number } {
  if (look !== 'silent') return { state: look === 'ready' ? 'ready' : 'unready', silences: 0 };
  return { state: silences + 1 >= silencesToLoss ? 'lost' : 'unready', silences: silences + 1 };
}

/**
 * Looks at every backend each second, for as long as the process lives. Connections to a lost one are cut: the kernel would keep
 * them for a quarter of an hour, and their clients would wait.
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

/** The kernel of a running machine answers at once, however busy its programs are. */
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

/** A server that wants to know who asks is up as well. */
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
