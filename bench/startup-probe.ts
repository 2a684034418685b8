/**
 * Runs inside a control-plane machine while a cluster starts there, and prints a line of JSON with the time of each
 * event. It polls /livez until that answers 200, then watches nodes and the Deployment's pods, so that it costs next to
 * nothing while it waits. Self-contained, because it is copied into the machine.
 */
import { existsSync, readFileSync } from 'node:fs';
import { Agent, type RequestOptions, request } from 'node:https';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/** An observation and its time: milliseconds since 1970, with fractions. */
interface Seen {
  readonly kind: 'probe' | 'api' | 'node' | 'pod';
  readonly name: string;
  readonly ready: boolean;
  readonly at: number;
}

interface WatchedObject {
  readonly metadata: { readonly name: string };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

const adminConfig = '/etc/kubernetes/admin.conf';
const report = (seen: Omit<Seen, 'at'>): void =>
  void process.stdout.write(`${JSON.stringify({ ...seen, at: performance.timeOrigin + performance.now() })}\n`);

function credentials(): Pick<RequestOptions, 'cert' | 'key'> {
  const text = readFileSync(adminConfig, 'utf8');
  const field = (name: string): string =>
    Buffer.from(new RegExp(`${name}: (\\S+)`).exec(text)?.[1] ?? '', 'base64').toString();
  return { cert: field('client-certificate-data'), key: field('client-key-data') };
}

/** The server's certificate is not verified: the connection stays on the machine's loopback. */
const server = { host: '127.0.0.1', port: 6443, rejectUnauthorized: false };

function status(path: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    request({ ...server, path, agent: false }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode));
    })
      .on('error', () => resolve(undefined))
      .end();
  });
}

/** Watches until the process ends; an interrupted or refused watch is restarted. */
async function watch(kind: Seen['kind'], path: string, agent: Agent): Promise<never> {
  for (;;) {
    await new Promise<void>((resolve) => {
      request({ ...server, agent, path }, (response) => {
        createInterface({ input: response })
          .on('line', (line) => {
            const { object } = JSON.parse(line) as { object?: WatchedObject };
            if (!object?.metadata) return;
            const ready = object.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') ?? false;
            report({ kind, name: object.metadata.name, ready });
          })
          .on('close', resolve);
      })
        .on('error', () => resolve())
        .end();
    });
    await sleep(20);
  }
}

report({ kind: 'probe', name: 'startup', ready: true });
while ((await status('/livez')) !== 200) await sleep(10);
report({ kind: 'api', name: '/livez', ready: true });
while (!existsSync(adminConfig)) await sleep(10);
const agent = new Agent({ ...credentials(), keepAlive: true });
await Promise.all([
  watch('node', '/api/v1/nodes?watch=1', agent),
  watch('pod', '/api/v1/namespaces/default/pods?watch=1&labelSelector=app%3Dnginx', agent),
]);
