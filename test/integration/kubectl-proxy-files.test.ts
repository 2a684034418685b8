import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startControlPlane } from 'typernetes';
import { bundleProgram } from '../../tools/bundle.ts';
import { realKubectl } from '../upstream-tools.ts';

const folder = mkdtempSync(join(tmpdir(), 'kubectl-proxy-files-'));
after(() => rmSync(folder, { recursive: true }));
const www = join(folder, 'www');
const files: Readonly<Record<string, string>> = {
  'a.txt': 'text\n',
  'b.json': '{}',
  'c.bin': '\0\x01',
  'd.html': '<p>x',
  'f.js': 'x',
  noext: 'plain',
  page: '<!DOCTYPE html>',
  image: '\x89PNG\r\n\x1a\n',
  'sp ace&<q>.txt': 'x',
  'a:b': 'x',
  empty: '',
  'home/index.html': '<h1>hi</h1>',
  'sub/x.txt': 'x',
};

type Ask = readonly [method: string, path: string, headers?: Readonly<Record<string, string>>];
const gets = (...paths: readonly string[]): Ask[] => paths.map((path): Ask => ['GET', path]);

/** Flags of the proxy, and requests to it; on a socket where the flags say SOCKET. */
const served: readonly (readonly [flags: readonly string[], asks: readonly Ask[]])[] = [
  [
    [`--www=${www}`],
    [
      ...gets('/static', '/static/', '/static/?x', '/static/sub', '/static/sub/', '/static/sub?x=1', '/static/home'),
      ...gets(
        '/static/home/',
        '/static/home/index.html',
        '/static/nosuch',
        '/static/a.txt/',
        '/static/../../etc/passwd',
      ),
      ...gets('/static/..%2f..%2fetc/passwd', '/static/sp%20ace&%3Cq%3E.txt', '/static/a:b', '/nosuch'),
      ...Object.keys(files).flatMap((file) => (/^[a-z.]+$/.test(file) ? gets(`/static/${file}`) : [])),
      ['HEAD', '/static/a.txt'],
      ['POST', '/static/a.txt'],
      ['GET', '/static/a.txt', { range: 'bytes=1-2' }],
      ['GET', '/static/a.txt', { range: 'bytes=-2' }],
      ['GET', '/static/a.txt', { range: 'bytes=3-' }],
      ['GET', '/static/a.txt', { range: 'bytes=9-' }],
      ['GET', '/static/a.txt', { 'if-modified-since': 'Fri, 31 Dec 2100 00:00:00 GMT' }],
    ],
  ],
  [
    [`--www=${www}`, '--www-prefix=/my', '--api-prefix=/custom'],
    gets('/my', '/my/a.txt', '/custom', '/custom/version', '/api', '/'),
  ],
  [[`--www=${folder}/nosuch`], gets('/static/')],
  [[`--www=${www}/a.txt`], []],
  [['--accept-paths=^/api/v1,^/version$'], gets('/api/v1/namespaces/default', '/version', '/apis', '/version?x=1')],
  [
    ['--reject-paths=^/api/.*/secrets', '--reject-methods=POST,^DELETE$'],
    [...gets('/api/v1/secrets'), ['POST', '/api/v1/namespaces'], ['DELETE', '/api/v1/x'], ['PATCH', '/api/v1/x']],
  ],
  [
    [],
    [
      ...gets('/api/v1/namespaces/default/pods/x/exec', '//version', '/api/../version', '/version/./'),
      ['POST', '//version'],
      ['GET', '/version', { host: 'evil.com' }],
      ['GET', '/version', { host: '[::1]:22' }],
      ['GET', '/version', { host: '[::1]' }],
      ['GET', '/version', { host: 'localhost:1' }],
    ],
  ],
  [['--unix-socket=SOCKET', '--disable-filter'], [['GET', '/version', { host: 'evil.com' }]]],
  ...['[', '(?!x)', '*', '\\8', 'x**', '(a', 'a)', '[z-a]', 'x+?y', ''].map(
    (pattern) => [[`--accept-paths=${pattern}`], gets('/version')] as const,
  ),
  [['--address=::1'], []],
  [['--address=nosuch.invalid'], []],
];

/** The responses, and how the program ended on a signal. */
async function answersOf(program: readonly string[], { flags, asks, env }: Run): Promise<string[]> {
  const [file = '', ...more] = program;
  const socketPath = join(mkdtempSync(join(folder, 'socket-')), 's');
  const line = [...more, 'proxy', '--port=0', ...flags.map((flag) => flag.replace('SOCKET', socketPath))];
  const child = spawn(file, flags.join().includes('SOCKET') ? line.filter((flag) => flag !== '--port=0') : line, {
    env,
  });
  const said = { out: '', err: '' };
  const serves = new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk) => {
      said.out += chunk;
      if (said.out.includes('serve on')) resolve();
    });
  });
  child.stderr.on('data', (chunk) => {
    said.err += chunk;
  });
  const closed = once(child, 'close');
  await Promise.race([serves, closed]);
  const port = /:(\d+)$/m.exec(said.out)?.[1];
  const where = port === undefined ? { socketPath } : { host: '127.0.0.1', port };
  const answers: string[] = [];
  if (child.exitCode === null) for (const ask of asks) answers.push(await answerOf(ask, where));
  child.kill('SIGTERM');
  const [code, signal] = await closed;
  const err = said.err.replace(/^([A-Z])\d+ \S+ +\d+/gm, '$1');
  const out = said.out.replace(/:\d+$/m, ':PORT').replace(socketPath, 'SOCKET');
  return [...answers, JSON.stringify({ code, signal, out, err })];
}

interface Run {
  readonly flags: readonly string[];
  readonly asks: readonly Ask[];
  readonly env: NodeJS.ProcessEnv;
}

const chance = ['date', 'connection', 'keep-alive', 'audit-id'];

function answerOf([method, path, headers = {}]: Ask, where: object): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ ...where, method, path, headers, agent: false }, (response) => {
      let body = '';
      response.setEncoding('latin1').on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => {
        const compared = Object.entries(response.headers).filter(
          ([name]) => !chance.includes(name) && !name.startsWith('x-kubernetes'),
        );
        const answer = [response.statusCode, Object.fromEntries(compared.sort()), body];
        resolve(`${method} ${path} ${JSON.stringify(headers)}: ${JSON.stringify(answer)}`);
      });
    });
    asked.on('error', reject).end();
  });
}

test('both proxies serve directories, reject and redirect alike, and end on the same signals', async () => {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(www, name, '..'), { recursive: true });
    writeFileSync(join(www, name), text, 'latin1');
  }
  await using plane = await startControlPlane({ controllers: [], scheduler: false });
  const env = { PATH: process.env.PATH, HOME: folder, KUBECONFIG: plane.kubeconfigFile };
  const ours = [process.execPath, await bundleProgram('kubectl')];
  const upstream = [realKubectl()];
  for (const [flags, asks] of served) {
    const run = { flags, asks, env };
    const [mine, theirs] = await Promise.all([answersOf(ours, run), answersOf(upstream, run)]);
    assert.deepEqual(mine, theirs, flags.join(' '));
  }
});
