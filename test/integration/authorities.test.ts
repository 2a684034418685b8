import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { readBody } from '@typernetes/client';
import { eventually } from '../eventually.ts';
import { realKubectl } from '../upstream-tools.ts';
import { makeServerPlace, startServer } from './server-program.ts';

interface Review {
  readonly spec: {
    readonly user?: string;
    readonly token?: string;
    readonly resourceAttributes?: { resource?: string };
  };
}

/** A service that knows the token `hooked`, and lets its user read config maps, and nobody else do anything. */
async function reviewer() {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    request.on('end', () => {
      const { spec }: Review = JSON.parse(text);
      asked.push(`${request.url} ${spec.user ?? spec.token} ${spec.resourceAttributes?.resource ?? ''}`.trim());
      const status =
        request.url === '/tokens'
          ? { authenticated: spec.token === 'hooked', user: { username: 'hook-user', groups: ['hooks'] } }
          : { allowed: spec.user === 'hook-user' && spec.resourceAttributes?.resource === 'configmaps' };
      response.end(JSON.stringify({ status }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test('token files, authentication and authorization webhooks, and a graceful shutdown', async () => {
  const place = await makeServerPlace();
  const hook = await reviewer();
  const file = (name: string, text: string): string => {
    writeFileSync(join(place.folder, name), text);
    return join(place.folder, name);
  };
  const kubeconfig = (path: string): string =>
    file(
      `${path}.conf`,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': 'a',
        clusters: [{ name: 'a', cluster: { server: `http://127.0.0.1:${hook.port}/${path}` } }],
        users: [],
        contexts: [{ name: 'a', context: { cluster: 'a', user: '' } }],
      }),
    );
  const authorization = {
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'AuthorizationConfiguration',
    authorizers: [
      { type: 'RBAC', name: 'rbac' },
      {
        type: 'Webhook',
        name: 'hook',
        webhook: {
          authorizedTTL: '1m',
          unauthorizedTTL: '1m',
          timeout: '10s',
          subjectAccessReviewVersion: 'v1',
          matchConditionSubjectAccessReviewVersion: 'v1',
          failurePolicy: 'NoOpinion',
          connectionInfo: { type: 'KubeConfigFile', kubeConfigFile: kubeconfig('access') },
          matchConditions: [{ expression: "'hooks' in request.groups" }],
        },
      },
    ],
  };
  const server = await startServer(
    { ...place, flags: place.flags.filter((flag) => !flag.startsWith('--authorization-mode')) },
    {
      flags: [
        `--token-auth-file=${file('tokens.csv', 'static,jane,uid-1,"dev,ops"\n')}`,
        `--authentication-token-webhook-config-file=${kubeconfig('tokens')}`,
        '--authentication-token-webhook-version=v1',
        `--authorization-config=${file('authorization.json', JSON.stringify(authorization))}`,
        '--shutdown-delay-duration=5s',
        '--watch-cache=true',
      ],
    },
  );
  const admin = place.connect();
  const run = promisify(execFile);
  const kubectl = async (token: string, ...args: string[]): Promise<string> => {
    const connection = [
      `--server=${place.server}`,
      `--certificate-authority=${join(place.folder, 'ca.crt')}`,
      `--token=${token}`,
    ];
    return (await run(realKubectl(), [...connection, ...args], { env: { HOME: place.folder, PATH: process.env.PATH } }))
      .stdout;
  };
  try {
    assert.match(
      await kubectl('static', 'auth', 'whoami'),
      /Username +jane\nUID +uid-1\nGroups +\[dev ops system:authenticated\]/,
    );
    assert.match(
      await kubectl('hooked', 'auth', 'whoami'),
      /Username +hook-user\nGroups +\[hooks system:authenticated\]/,
    );
    await assert.rejects(kubectl('wrong', 'auth', 'whoami'), /Unauthorized/);
    assert.equal(await kubectl('hooked', 'auth', 'can-i', 'list', 'configmaps'), 'yes\n');
    assert.match(await kubectl('hooked', 'get', 'configmaps'), /kube-root-ca|NAME|^$/);
    await assert.rejects(
      kubectl('hooked', 'get', 'secrets'),
      /secrets is forbidden: User "hook-user" cannot list resource "secrets"/,
    );
    await assert.rejects(kubectl('static', 'get', 'configmaps'), /forbidden/);
    assert.ok(hook.asked.includes('/access hook-user configmaps'));
    assert.ok(!hook.asked.some((one) => one.startsWith('/access jane')), 'the match condition keeps others away');
    assert.match(await kubectl('static', 'auth', 'can-i', '--list'), /selfsubjectreviews\.authentication\.k8s\.io/);

    // Watches end cleanly; before that, the server reports not ready while it still serves.
    const watching = await admin.request({ method: 'GET', path: '/api/v1/namespaces?watch=1' });
    const watched = readBody(watching);
    const ended = server.end('SIGTERM');
    await eventually(async () => {
      const ready = await admin.request({ method: 'GET', path: '/readyz' });
      await readBody(ready);
      assert.equal(ready.status, 500);
    });
    const live = await admin.request({ method: 'GET', path: '/livez' });
    await readBody(live);
    assert.equal(live.status, 200);
    await watched;
    await ended;
  } finally {
    admin.close();
    await server.end('SIGKILL');
    await hook.close();
    place.remove();
  }
});
