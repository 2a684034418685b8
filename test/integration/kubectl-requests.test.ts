import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readBody } from '@typernetes/client';
import { type ControlPlane, startControlPlane } from 'typernetes';
import { bundleProgram } from '../../tools/bundle.ts';
import { bothKubectls } from './kubectl-beside-upstream.ts';
import { compareOnTwoPlanes } from './kubectl-two-planes.ts';

const script = `
get pods --request-timeout=foo
get pods --request-timeout=10
get pods --request-timeout=1m
get pods --as=jane
get pods --as=jane --as-group=system:masters
get pods --as=jane --as-group=a --as-group=system:masters
get pods --as-group=x
get pods --as-uid=x
get pods --as-user-extra=a=b --as=jane
get pods --tls-server-name=foo
get pods --tls-server-name=localhost
get pods --disable-compression
get pods --profile=foo
get pods --log-flush-frequency=1s
get pods --v=x
get pods -v=0
get pods --vmodule=a=1
get pods --cluster=nosuch
get pods --user=nosuch
get pods --context=nosuch
get pods --certificate-authority=/nosuch/file
get pods --client-certificate=/nosuch/file
get pods --client-certificate=/nosuch/file --client-key=/nosuch/key
get pods --insecure-skip-tls-verify
get pods --insecure-skip-tls-verify --certificate-authority=x
get pods --token=abc
get pods --username=a --password=b
get pods --username=a --token=b
get pods --warnings-as-errors
auth whoami --as=jane --as-group=a --as-group=b,c --as-uid=7 --as-user-extra=k=v --as-user-extra=k=w
auth whoami --as=jane -o jsonpath={.status.userInfo.groups}
api-versions --request-timeout=5s
`;

test("flags for requests, users and kubeconfigs work as upstream's", () => compareOnTwoPlanes(script));

/** Lines of klog without times, process id and what client-go logs about itself. */
const shownRequests = (err: string): string[] =>
  err
    .split('\n')
    .filter((line) => /"Request"|"Response"|^\t|^ >|Config loaded/.test(line))
    .filter((line) => !/Audit-Id|Date:|Content-Length|Uid:|User-Agent|Accept:|^\t\{/.test(line))
    .map((line) =>
      line
        .replace(/^I\d{4} \S+ +\d+ /, '')
        .replace(/[a-zA-Z]*[mM]illiseconds=\d+/g, '')
        .replace(/ -H ("[^"]*")/g, '')
        .trimEnd(),
    );

test("-v shows requests as upstream's does", async () => {
  await using plane = await startControlPlane({ controllers: [], scheduler: false });
  using both = bothKubectls({ KUBECONFIG: plane.kubeconfigFile });
  await both.upstream('get', 'ns');
  for (const level of [6, 7, 8, 9]) {
    const args = ['get', 'ns', 'default', '-o', 'name', `-v=${level}`];
    const [ours, upstream] = [await both.ours(...args), await both.upstream(...args)];
    assert.deepEqual(shownRequests(ours.err), shownRequests(upstream.err), `-v=${level}`);
  }
});

/** An HTTP proxy that only supports CONNECT, and the addresses it was asked for. */
async function startProxy(): Promise<{ address: string; seen: string[]; server: Server }> {
  const seen: string[] = [];
  const server = createServer((_, response) => void response.writeHead(405).end());
  server.on('connect', ({ url = '' }, client) => {
    seen.push(url);
    const [, port = ''] = url.split(':');
    const onward = connect(Number(port), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.pipe(client).pipe(onward);
    });
    onward.on('error', () => client.destroy());
    client.on('error', () => onward.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, server };
}

test('reaches a server that only the proxy can find', async () => {
  await using plane = await startControlPlane({ controllers: [], scheduler: false });
  const proxy = await startProxy();
  using both = bothKubectls({ KUBECONFIG: plane.kubeconfigFile, HTTPS_PROXY: proxy.address });
  try {
    const current = await both.ours('config', 'view', '-o', 'jsonpath={.clusters[0].cluster.server}');
    const { port } = new URL(current.out);
    const args = ['get', 'ns', 'default', '-o', 'name', '-s', `https://cluster.invalid:${port}`];
    for (const kubectl of [both.ours, both.upstream]) {
      const { out, err } = await kubectl(...args, '--tls-server-name=localhost');
      assert.equal(out, 'namespace/default\n', err);
    }
    assert.deepEqual(new Set(proxy.seen), new Set([`cluster.invalid:${port}`]));
  } finally {
    proxy.server.close();
    proxy.server.closeAllConnections();
  }
});

/**
 * An HTTP proxy that gets absolute URLs: records them with their users, and forwards the requests to `plane`, as an
 * administrator.
 */
async function startAskedProxy(plane: ControlPlane): Promise<{ address: string; seen: string[]; server: Server }> {
  const seen: string[] = [];
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request;
    seen.push(`${method} ${url.replace(/\?.*/, '')} ${headers.host} ${headers['proxy-authorization']}`);
    if (!URL.canParse(url)) return void response.writeHead(400).end();
    const { pathname, search } = new URL(url);
    const { accept = '*/*', 'content-type': type = 'application/json' } = headers;
    const body = Buffer.concat(await request.toArray());
    const answer = await plane.client.transport.request({
      method,
      path: pathname + search,
      headers: { accept, 'content-type': type },
      ...(body.length > 0 ? { body } : {}),
    });
    response.writeHead(answer.status, { 'content-type': answer.headers['content-type'] }).end(await readBody(answer));
  });
  server.on('connect', (_, client) => void client.end('HTTP/1.1 405 Method Not Allowed\r\n\r\n'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { address: `me:p%40ss@127.0.0.1:${(server.address() as AddressInfo).port}`, seen, server };
}

test('requests to a plain HTTP server go to the proxy by URL, as the environment or the kubeconfig says', async () => {
  await using plane = await startControlPlane({ controllers: [], scheduler: false });
  const proxy = await startAskedProxy(plane);
  const folder = mkdtempSync(join(tmpdir(), 'kubectl-proxied-'));
  const kubeconfig = join(folder, 'config');
  const written = (proxyUrl: string): string =>
    JSON.stringify({
      'current-context': 'c',
      clusters: [{ name: 'c', cluster: { server: 'http://cluster.invalid:8001', 'proxy-url': proxyUrl } }],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      users: [{ name: 'u', user: { token: 'abc' } }],
    });
  try {
    for (const [HTTP_PROXY, own] of [
      [proxy.address, ''],
      ['', `http://${proxy.address}`],
    ] as const) {
      writeFileSync(kubeconfig, written(own));
      using both = bothKubectls({ KUBECONFIG: kubeconfig, HTTP_PROXY });
      for (const kubectl of [both.ours, both.upstream]) {
        proxy.seen.length = 0;
        const got = await kubectl('get', 'ns', 'default', '-o', 'name');
        assert.equal(got.out, 'namespace/default\n', got.err);
        const made = await kubectl('create', 'ns', 'made', '--dry-run=server', '-o', 'name');
        assert.equal(made.out, 'namespace/made\n', made.err);
        const asked = ['GET /api/v1/namespaces/default', 'POST /api/v1/namespaces'].map((line) =>
          line.replace(/ (.*)/, ' http://cluster.invalid:8001$1 cluster.invalid:8001 Basic bWU6cEBzcw=='),
        );
        assert.deepEqual(
          proxy.seen.filter((line) => /namespaces/.test(line)),
          asked,
        );
      }
    }
    // A proxy that does not exist.
    writeFileSync(kubeconfig, written('http://127.0.0.1:1'));
    using both = bothKubectls({ KUBECONFIG: kubeconfig });
    const [ours, upstream] = [await both.ours('get', 'ns', 'default'), await both.upstream('get', 'ns', 'default')];
    assert.deepEqual([ours.code, ours.err.split('\n').at(-2)], [upstream.code, upstream.err.split('\n').at(-2)]);
  } finally {
    proxy.server.close();
    proxy.server.closeAllConnections();
    rmSync(folder, { recursive: true });
  }
});

/** The files below a directory: contents by path. */
function kept(folder: string): Record<string, unknown> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [path.slice(folder.length), JSON.parse(readFileSync(path, 'utf8'))];
    }),
  );
}

test('discovery is cached on disk as by upstream', async () => {
  await using plane = await startControlPlane({ controllers: [], scheduler: false });
  using both = bothKubectls({ KUBECONFIG: plane.kubeconfigFile });
  const folder = mkdtempSync(join(tmpdir(), 'kubectl-discovery-'));
  try {
    const { out } = await both.ours('api-resources', '-o', 'name', `--cache-dir=${folder}/ours`);
    await both.upstream('api-resources', `--cache-dir=${folder}/upstream`);
    assert.deepEqual(kept(`${folder}/ours/discovery`), kept(`${folder}/upstream/discovery`));
    // Ours uses upstream's cache: there is no discovery request.
    const cached = ['api-resources', '--cached', '-o', 'name', '-v=6', `--cache-dir=${folder}/upstream`];
    const again = await both.ours(...cached);
    assert.equal(again.out, out);
    assert.doesNotMatch(again.err, /"Response"/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('an interrupted command ends even if the server does not answer', async (t) => {
  // It accepts connections and sends nothing, not even for TLS.
  const server = createTcpServer((socket) => socket.on('error', () => {}).resume());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => server.close());
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const program = await bundleProgram('kubectl');
  for (const scheme of ['http', 'https']) {
    const line = ['get', 'pods', '--server', `${scheme}://${address}`, '--insecure-skip-tls-verify', '--token=x'];
    const env = { PATH: process.env.PATH, HOME: '/nonexistent' };
    const child = spawn(process.execPath, [program, ...line], { env, stdio: 'ignore' });
    const connected = once(server, 'connection').then(([socket]) => once(socket as NodeJS.ReadableStream, 'data'));
    await connected;
    child.kill('SIGINT');
    // A shell reports this as 130.
    assert.deepEqual(await once(child, 'exit'), [null, 'SIGINT']);
  }
});
