import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { startControlPlane } from 'typernetes';
import { assertSame, bothKubectls } from './kubectl-beside-upstream.ts';

const manifest = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\ndata: {a: b}\n';
const asked = new Map<string, number>();
const server = createServer((request, response) => {
  const { url = '', headers } = request;
  const [, what, argument] = url.split('/');
  const who = `${url} of ${headers['user-agent']}`;
  const times = (asked.get(who) ?? 0) + 1;
  asked.set(who, times);
  if (what === 'plain') response.end(manifest);
  else if (what === 'moved') response.writeHead(302, { location: argument ? '/plain' : '/moved/once' }).end();
  else if (what === 'around') response.writeHead(302, { location: '/around' }).end();
  else if (what === 'nowhere') response.writeHead(302).end();
  else if (what === 'late') response.writeHead(times < 3 ? 503 : 200).end(times < 3 ? '' : manifest);
  else if (what === 'code') response.writeHead(Number(argument)).end('x');
  else if (what === 'packed') response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(manifest));
  else if (what === 'large') response.end(`${manifest}  c: "${'x'.repeat(800_000)}"\n`.replace('{a: b}', ''));
  else if (what === 'short') {
    response.writeHead(200, { 'content-length': 1000 });
    response.write(manifest, () => response.destroy());
  } else request.socket.destroy();
});
before(() => new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve)));
after(() => new Promise((resolve) => void server.close(resolve)));

test('downloads manifests: redirected, compressed, late, truncated, refused', async () => {
  const { port } = server.address() as AddressInfo;
  const at = `http://127.0.0.1:${port}`;
  await using plane = await startControlPlane();
  using both = bothKubectls({ KUBECONFIG: plane.kubeconfigFile });
  const create = (...paths: string[]): Promise<void> =>
    assertSame(both, ['create --dry-run=client', ...paths.map((path) => `-f ${path}`)].join(' '));
  // Some are tried three times, a second apart: all run in parallel.
  const paths = ['plain', 'moved', 'packed', 'large', 'late', 'around', 'nowhere', 'short', 'gone'];
  const codes = [204, 400, 404, 500].map((code) => `code/${code}`);
  const urls = ['http://', 'http://127.0.0.1:1/x', 'http://127.0.0.1:x/y', `https://127.0.0.1:${port}/plain`];
  await Promise.all([
    ...[...paths, ...codes].map((path) => create(`${at}/${path}`)),
    create(`${at}/plain`, `${at}/code/404`),
    create(`${at}/code/404`, `${at}/plain`, `${at}/code/401`),
    ...urls.map((url) => create(url)),
  ]);
});
