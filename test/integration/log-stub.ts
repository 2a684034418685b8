import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const named = (...names: string[]) => names.map((name) => ({ name, image: 'i' }));
const pod = (name: string, spec: object, more: { labels?: object; annotations?: object } = {}) => ({
  metadata: { name, namespace: 'default', labels: {}, ...more, creationTimestamp: '2026-01-01T00:00:00Z' },
  spec,
  status: { phase: 'Running' },
});
const inX = (defaultContainer: string) => ({
  labels: { app: 'x' },
  annotations: { 'kubectl.kubernetes.io/default-container': defaultContainer },
});
const pods = [
  pod('web', { initContainers: named('init'), containers: named('c', 'blank') }),
  pod('open', { containers: named('open') }),
  pod('bad', { containers: named('broken', 'waiting', 'failing') }),
  pod('named', { containers: named('c', 'd') }, inX('d')),
  pod('misnamed', { containers: named('c', 'd') }, inX('nosuch')),
];

const documents: Readonly<Record<string, object>> = {
  '/api': { kind: 'APIVersions', versions: ['v1'] },
  '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups: [] },
  '/api/v1': {
    kind: 'APIResourceList',
    groupVersion: 'v1',
    resources: [{ name: 'pods', singularName: 'pod', namespaced: true, kind: 'Pod', verbs: ['get', 'list'] }],
  },
};

const failure = (code: number, reason: string, message: string) => ({
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  ...{ code, reason, message },
});

function sendJson(response: ServerResponse, code: number, body: object): void {
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

/** Logs by the names of their containers; all others tell what was asked for. */
function sendLog(response: ServerResponse, name: string, query: URLSearchParams): void {
  const container = query.get('container') ?? '';
  if (container === 'waiting') {
    const why = `container "${container}" in pod "${name}" is waiting to start: ContainerCreating`;
    sendJson(response, 400, failure(400, 'BadRequest', why));
    return;
  }
  if (container === 'failing') {
    response.writeHead(500, { 'content-type': 'text/plain' });
    response.end('out of order');
    return;
  }
  response.writeHead(200, { 'content-type': 'text/plain' });
  const texts: Readonly<Record<string, string>> = { open: 'no end', blank: 'a\n\nb\n', broken: 'half\nway' };
  const text = texts[container] ?? `${name}/${container} ${query}\nsecond\n`;
  if (container === 'broken') response.write(text, () => response.destroy());
  else response.end(text);
}

/** A server of pods whose logs are whole, open, broken, or not to be had. */
export async function startLogStub(): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://stub');
    const [, name, isLog] = /^\/api\/v1\/namespaces\/default\/pods\/([^/]+)(\/log)?$/.exec(pathname) ?? [];
    const document = documents[pathname];
    const found = pods.find(({ metadata }) => metadata.name === name);
    if (document) sendJson(response, 200, document);
    else if (pathname === '/api/v1/namespaces/default/pods') {
      const [key = '', value] = (searchParams.get('labelSelector') ?? '').split('=');
      const items = pods.filter(({ metadata }) => (metadata.labels as Record<string, string>)[key] === value);
      sendJson(response, 200, { kind: 'PodList', apiVersion: 'v1', metadata: { resourceVersion: '1' }, items });
    } else if (!found || !name) sendJson(response, 404, failure(404, 'NotFound', 'not found'));
    else if (isLog) sendLog(response, name, searchParams);
    else sendJson(response, 200, { kind: 'Pod', apiVersion: 'v1', ...found });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
