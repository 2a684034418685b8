import { request } from 'node:https';
import { messageOf } from '@typernetes/base';
import { type ApiObject, StatusError } from '@typernetes/machinery';
import type { Store } from '@typernetes/store';
import { formOf, listValueReply, valueReply } from '../handlers/encode.ts';
import type { AnswerHandler } from '../handlers/resource-call.ts';
import { parseSelectors, selectionOf } from '../handlers/selection.ts';

/** Checks a component's health: resolves to its own message, rejects with the problem. */
type ComponentProbe = () => Promise<string>;

/** How long a component may take to answer. */
const patienceMs = 20_000;

/** The components that upstream knows, on the ports of this machine where they serve by default, and the stores under the names of etcds. */
export function defaultProbes(stores: readonly Pick<Store, 'get'>[]): ReadonlyMap<string, ComponentProbe> {
  return new Map<string, ComponentProbe>([
    ['controller-manager', () => healthOf('https://127.0.0.1:10257/healthz')],
    ['scheduler', () => healthOf('https://127.0.0.1:10259/healthz')],
    ...stores.map((store, i): [string, ComponentProbe] => [`etcd-${i}`, () => store.get('/health').then(() => 'ok')]),
  ]);
}

/** Requests the health endpoint without verifying the certificate: the request contains nothing secret. */
function healthOf(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(new Error(`Get "${url}": ${dialText(error)}`));
    const sent = request(url, { rejectUnauthorized: false, timeout: patienceMs, agent: false }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      answer.once('end', () => (answer.statusCode === 200 ? resolve(body) : reject(new Error(body))));
      answer.once('error', fail);
    });
    sent.once('timeout', () => sent.destroy(new Error('context deadline exceeded')));
    sent.once('error', fail);
    sent.end();
  });
}

/** A failed connection in Go's words. */
function dialText(error: Error & { code?: string; address?: string; port?: number }): string {
  const { code, address, port } = error;
  return code === 'ECONNREFUSED' ? `dial tcp ${address}:${port}: connect: connection refused` : messageOf(error);
}

/** `componentstatuses`: how the parts of the control plane are at this moment. */
export function componentStatuses(probes: ReadonlyMap<string, ComponentProbe>): AnswerHandler {
  return async (call) => {
    const { served, output, context } = call;
    if (context.info.verb === 'get') {
      const probe = probes.get(call.name);
      // Upstream has no class for it.
      if (!probe) throw new StatusError('Unknown', `Component not found: ${call.name}`);
      return await valueReply(200, formOf(served, await statusOf(call.name, probe), output), output);
    }
    const selection = selectionOf(served, '', parseSelectors(context.request.query));
    const all = await Promise.all([...probes].map(([name, probe]) => statusOf(name, probe)));
    const chosen = all.filter((object) => selection.matches({ object }));
    return await listValueReply(served, chosen, {}, output);
  };
}

async function statusOf(name: string, probe: ComponentProbe): Promise<ApiObject> {
  const condition = await probe().then(
    (message) => ({ type: 'Healthy', status: 'True', message }),
    (error: unknown) => ({ type: 'Healthy', status: 'False', message: messageOf(error) }),
  );
  return {
    kind: 'ComponentStatus',
    apiVersion: 'v1',
    metadata: { name },
    conditions: [condition],
  } as unknown as ApiObject;
}
