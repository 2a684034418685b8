import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { readBody, type Transport } from '@typernetes/client';
import { eventually } from '../eventually.ts';
import { makeServerPlace, startServer } from './server-program.ts';

interface Recorded {
  readonly stage: string;
  readonly verb: string;
  readonly level: string;
  readonly requestObject?: { data?: Record<string, string> };
  readonly responseObject?: { metadata: { managedFields?: unknown } };
  readonly responseStatus: { code: number; reason?: string };
  readonly annotations?: Record<string, string>;
  readonly objectRef?: { resource: string };
}

const policy = `
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
omitManagedFields: true
rules:
- level: None
  userGroups: [system:nodes, system:serviceaccounts]
- level: RequestResponse
  resources: [{ resources: [configmaps] }]
  namespaces: [default]
- level: Metadata
  resources: [{ resources: [secrets] }]
`;

test('a policy decides what the log and the webhook get; a full log is rotated', async () => {
  const place = await makeServerPlace();
  const posted: Recorded[] = [];
  const receiver = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    request.on('end', () => {
      const list = JSON.parse(text);
      assert.equal(`${list.apiVersion} ${list.kind}`, 'audit.k8s.io/v1 EventList');
      posted.push(...list.items);
      response.end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const { port } = receiver.address() as AddressInfo;
  const file = (name: string, text: string): string => {
    writeFileSync(join(place.folder, name), text);
    return join(place.folder, name);
  };
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'a',
    clusters: [{ name: 'a', cluster: { server: `http://127.0.0.1:${port}/audit` } }],
    users: [],
    contexts: [{ name: 'a', context: { cluster: 'a', user: '' } }],
  };
  const log = join(place.folder, 'audit', 'audit.log');
  const flags = [
    `--audit-policy-file=${file('policy.yaml', policy)}`,
    `--audit-log-path=${log}`,
    '--audit-log-maxsize=1',
    '--audit-log-maxbackup=1',
    `--audit-webhook-config-file=${file('webhook.yaml', JSON.stringify(kubeconfig))}`,
    '--audit-webhook-batch-max-wait=50ms',
  ];
  const server = await startServer(place, { flags });
  const admin = place.connect();
  try {
    const maps = '/api/v1/namespaces/default/configmaps';
    const filler = 'x'.repeat(300_000);
    await send(admin, 'POST', maps, { metadata: { name: 'first' }, data: { filler } });
    await send(admin, 'POST', maps, { metadata: { name: 'first' }, data: { filler } });
    await send(admin, 'POST', '/api/v1/namespaces/default/secrets', { metadata: { name: 'secret' } });
    await send(admin, 'POST', '/api/v1/namespaces/kube-system/configmaps', { metadata: { name: 'other' } });
    const events = await eventually(() => {
      const lines = readFileSync(log, 'utf8').split('\n').slice(0, -1);
      const found = lines.map((line): Recorded => JSON.parse(line)).filter(({ verb }) => verb === 'create');
      assert.ok(found.some(({ level }) => level === 'Metadata'));
      return found;
    });
    assert.deepEqual(
      events.map(({ level, stage, responseStatus, requestObject }) => [
        level,
        stage,
        responseStatus.code,
        responseStatus.reason,
        requestObject?.data?.filler === filler,
      ]),
      [
        ['RequestResponse', 'ResponseComplete', 201, undefined, true],
        ['RequestResponse', 'ResponseComplete', 409, 'AlreadyExists', true],
        ['Metadata', 'ResponseComplete', 201, undefined, false],
      ],
    );
    assert.ok(events[0]?.responseObject && !('managedFields' in events[0].responseObject.metadata));
    assert.equal(events[0]?.annotations?.['authorization.k8s.io/decision'], 'allow');
    await eventually(() => assert.equal(posted.filter(({ verb }) => verb === 'create').length, 3));

    await send(admin, 'POST', maps, { metadata: { name: 'second' }, data: { filler } });
    await send(admin, 'POST', maps, { metadata: { name: 'third' }, data: { filler } });
    const names = readdirSync(join(place.folder, 'audit')).sort();
    assert.equal(names.length, 2, names.join());
    assert.match(names[0] ?? '', /^audit-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}\.log$/);
  } finally {
    admin.close();
    await server.end('SIGTERM');
    receiver.closeAllConnections();
    await new Promise((resolve) => receiver.close(resolve));
    place.remove();
  }
});

async function send(to: Transport, method: string, path: string, value: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  await readBody(await to.request({ method, path, headers, body: JSON.stringify(value) }));
}
