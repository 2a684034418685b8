import { Agent, request } from 'node:https';
import type { Clock } from '@typernetes/base';
import { type ApiAccess, serverName } from './kubeconfig.ts';

/** The used part of an object. */
export interface ObjectStatus {
  readonly metadata: { readonly name: string };
  readonly spec?: { readonly clusterIP?: string };
  readonly status?: { readonly phase?: string; readonly conditions?: readonly { type: string; status: string }[] };
}

/** Just enough of a client to wait for a cluster: it lists. */
export interface ListClient {
  /** Objects at an API path such as `/api/v1/nodes`. Rejects when the server is unreachable or refuses. */
  list(path: string): Promise<readonly ObjectStatus[]>;
  close(): void;
}

export function listClient({ port, ca, cert, key }: ApiAccess): ListClient {
  const agent = new Agent({ keepAlive: true, ca, cert, key, servername: serverName });
  const list = (path: string): Promise<readonly ObjectStatus[]> =>
    new Promise((resolve, reject) => {
      const outgoing = request({ agent, host: '127.0.0.1', port, path }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject);
        response.on('end', () => {
          const body = Buffer.concat(chunks).toString();
          if (response.statusCode !== 200)
            reject(new Error(`Cannot list "${path}": status ${response.statusCode}: ${body}`));
          else resolve((JSON.parse(body) as { items: ObjectStatus[] }).items);
        });
      });
      outgoing.on('error', reject).end();
    });
  return { list, close: () => agent.destroy() };
}

export const isTrue = (object: ObjectStatus, condition: string): boolean =>
  object.status?.conditions?.some(({ type, status }) => type === condition && status === 'True') ?? false;

/**
 * Waits until the objects at `path` satisfy `enough`. Keeps waiting while the server is unreachable. Throws after
 * `timeoutMs`, with what was last seen.
 */
export async function waitFor(
  client: ListClient,
  wanted: { path: string; enough: (objects: readonly ObjectStatus[]) => boolean; what: string },
  options: { clock: Clock; timeoutMs: number },
): Promise<void> {
  const deadline = options.clock.monotonic() + options.timeoutMs;
  let last: unknown;
  while (options.clock.monotonic() < deadline) {
    try {
      const objects = await client.list(wanted.path);
      if (wanted.enough(objects)) return;
      last = new Error(`there are: ${objects.map(({ metadata }) => metadata.name).join(', ') || 'none'}`);
    } catch (error) {
      last = error;
    }
    await options.clock.sleep(100);
  }
  throw new Error(`Cannot wait any longer for ${wanted.what}`, { cause: last });
}
