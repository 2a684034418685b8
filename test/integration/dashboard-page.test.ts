/** The built dashboard page, in a document without a browser, with a real control plane. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { deployments, statefulsets } from '@typernetes/api/apps/v1';
import { horizontalpodautoscalers } from '@typernetes/api/autoscaling/v2';
import { configmaps, nodes, secrets } from '@typernetes/api/core/v1';
import { poddisruptionbudgets } from '@typernetes/api/policy/v1';
import { silentLogger, systemClock } from '@typernetes/base';
import { httpTransport, readBody, type Transport } from '@typernetes/client';
import { anonymousOptions, dashboard } from '@typernetes/dashboard';
import { selfSignedServing } from '@typernetes/pki';
import { listen } from '@typernetes/process';
import { Window } from 'happy-dom';
import { type ControlPlane, startControlPlane } from 'typernetes';
import { WebSocket } from 'ws';
import { writePage } from '../../tools/page-bundle.ts';
import { eventually } from '../eventually.ts';
import { userToken } from './user-token.ts';

const folder = mkdtempSync(join(tmpdir(), 'dashboard-page-'));
const stop = new AbortController();
let plane: ControlPlane;
let browser: Transport;
let running: Promise<void>;
let window: Window;
let tokens: { admin: string; viewer: string };
let cookie = '';

before(async () => {
  [plane] = await Promise.all([startControlPlane({ nodes: 1 }), writePage('dashboard', folder)]);
  const transport = httpTransport(anonymousOptions({ server: plane.url, tls: { ca: plane.ca } }));
  const { handle, upgrade } = dashboard({ transport, page: folder, log: silentLogger });
  const tls = await selfSignedServing('dashboard', systemClock.now());
  const serving = await listen({ name: 'dashboard', address: '127.0.0.1', port: 0, tls, handle });
  serving.server.on('upgrade', upgrade);
  running = serving.run(stop.signal).finally(() => transport.close());
  const url = `https://127.0.0.1:${serving.port}/`;
  browser = httpTransport({ server: url, tls: { insecureSkipVerify: true } });
  tokens = {
    admin: await userToken(plane, 'admin', 'cluster-admin'),
    viewer: await userToken(plane, 'viewer', 'view'),
  };
  await plane.client
    .resource(secrets)
    .create({ metadata: { namespace: 'default', name: 'user' }, data: { password: 'aHVudGVyMg==' } });
  const labels = { app: 'web' };
  await plane.client.resource(deployments).create({
    metadata: { namespace: 'default', name: 'web' },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
    },
  });
  await openPage(url);
});

after(async () => {
  // After logging out, nothing is watched any more.
  press('Log out');
  await shows(/Log in with a bearer token/);
  await window?.happyDOM.close();
  browser?.close();
  stop.abort();
  await running;
  await plane?.stop();
  rmSync(folder, { recursive: true });
});

/** Loads the page's script into a document with the necessary browser APIs. */
async function openPage(url: string): Promise<void> {
  window = new Window({ url, width: 1280, height: 800 });
  window.document.body.innerHTML = '<div id="page"></div>';
  const given = {
    window,
    document: window.document,
    location: window.location,
    history: window.history,
    localStorage: window.localStorage,
    HTMLElement: window.HTMLElement,
    ResizeObserver: window.ResizeObserver,
    MutationObserver: window.MutationObserver,
    requestAnimationFrame: window.requestAnimationFrame.bind(window),
    cancelAnimationFrame: window.cancelAnimationFrame.bind(window),
    fetch: fetchByTransport,
    WebSocket: class extends WebSocket {
      constructor(address: string, protocols: string[]) {
        // As browsers do, without which nothing is watched.
        const { origin } = new URL(url);
        super(address, protocols, { rejectUnauthorized: false, origin, headers: { cookie } });
        // Browsers report errors by events that nobody has to handle.
        this.on('error', () => undefined);
      }
    },
  };
  for (const [name, value] of Object.entries(given))
    Object.defineProperty(globalThis, name, { value, configurable: true });
  Object.defineProperty(window, 'fetch', { value: fetchByTransport });
  const main = readdirSync(folder).find((name) => /^main-\w+\.js$/.test(name)) ?? assert.fail();
  await import(pathToFileURL(join(folder, main)).href);
}

/** Sends requests as a browser does: with cookies, and the headers about their origin. */
async function fetchByTransport(address: string, init: RequestInit = {}): Promise<Response> {
  const { method = 'GET', headers = {}, body, signal } = init;
  const answer = await browser.request({
    method,
    path: address.replace(/^\./, ''),
    headers: { ...(headers as Record<string, string>), 'sec-fetch-site': 'same-origin', ...(cookie ? { cookie } : {}) },
    ...(typeof body === 'string' ? { body } : {}),
    ...(signal ? { signal } : {}),
  });
  const { 'set-cookie': set } = answer.headers;
  if (set) cookie = set.includes('Max-Age=0') ? '' : (set.split(';')[0] ?? '');
  const bytes = await readBody(answer);
  return new Response(Buffer.from(bytes), { status: answer.status, headers: answer.headers });
}

const text = (): string =>
  (window.document.querySelector('main')?.textContent ?? '') +
  (window.document.querySelector('.notices')?.textContent ?? '');
const shows = (expression: RegExp): Promise<void> => eventually(async () => assert.match(text(), expression));
const find = (selector: string) =>
  window.document.querySelector(selector) ?? assert.fail(`no ${selector} in: ${text()}`);

function press(label: string): void {
  const all = [...window.document.querySelectorAll('button')];
  const button = all.find(({ textContent }) => textContent.trim() === label);
  (button ?? assert.fail(`no button "${label}" in: ${text()}`)).click();
}

/** Types text, and lets the page render the result, which takes a microtask. */
async function type(selector: string, value: string): Promise<void> {
  const field = find(selector) as unknown as { value: string; dispatchEvent(event: unknown): void };
  field.value = value;
  field.dispatchEvent(new window.Event('input', { bubbles: true }));
  await new Promise((resolve) => setImmediate(resolve));
}

/** Logs in with the form on the page. */
async function logIn(token: string): Promise<void> {
  await shows(/Log in with a bearer token/);
  await type('#token', token);
  await eventually(async () => assert.equal(find('button.main').hasAttribute('disabled'), false));
  void find('form').dispatchEvent(new window.Event('submit', { bubbles: true, cancelable: true }));
}

const go = (hash: string): void => {
  window.location.hash = hash;
  window.dispatchEvent(new window.Event('hashchange'));
};

test('a wrong token is rejected with a message, a valid one logs in', async () => {
  await logIn('wrong');
  await shows(/The cluster does not accept this token/);
  await logIn(tokens.admin);
  await shows(/Cluster.*1Nodes.*1Deployments.*2Pods/s);
  await shows(/All is well/);
});

test('a list follows the cluster', async () => {
  go('#/list/configmaps?ns=default');
  await shows(/kube-root-ca\.crt/);
  await plane.client.resource(configmaps).create({ metadata: { namespace: 'default', name: 'new-here' } });
  await shows(/new-here/);
  await type('.list-page .bar input', 'new-');
  await eventually(async () => assert.doesNotMatch(text(), /kube-root-ca\.crt/));
  await plane.client.resource(configmaps).delete({ namespace: 'default', name: 'new-here' });
  await shows(/Nothing matches the filter/);
});

test('a deployment shows its revisions, and its actions work', async () => {
  go('#/object/deployments.apps/default/web');
  await shows(/Available.*Revisions.*web:1.*current.*Pods.*web-.*Running/s);
  press('Pause');
  await shows(/Its rollout is paused/);
  press('Resume');
  await shows(/Available/);
});

test('a stateful set can be rolled back', async () => {
  const sets = plane.client.resource(statefulsets);
  const ref = { namespace: 'default', name: 'db' };
  const labels = { app: 'db' };
  const template = (image: string) => ({ metadata: { labels }, spec: { containers: [{ name: 'db', image }] } });
  await sets.create({
    metadata: ref,
    spec: { replicas: 1, serviceName: 'db', selector: { matchLabels: labels }, template: template('db:1') },
  });
  go('#/object/statefulsets.apps/default/db');
  await shows(/Revisions.*db:1.*current.*Pods.*db-0/s);
  await sets.patch(ref, { spec: { template: template('db:2') } }, { type: 'merge' });
  await shows(/Revisions.*2db:2.*current.*1db:1.*Go back to it/s);
  press('Go back to it');
  await shows(/Going back to revision 1/);
  await shows(/Revisions.*3db:1.*current/s);
  assert.equal((await sets.get(ref)).spec?.template.spec?.containers[0]?.image, 'db:1');
  await sets.delete(ref);
});

test('events show the latest first, with their objects', async () => {
  go('#/list/events?ns=default');
  await shows(/Last seen.*Object.*Deployment web.*ScalingReplicaSet.*Scaled up replica set web-\w+ from 0 to 2/s);
  await type('.events-page .bar input', 'scaled up');
  await eventually(async () => assert.doesNotMatch(text(), /SuccessfulCreate/));
});

test('an autoscaler shows its target and its metrics', async () => {
  await plane.client.resource(horizontalpodautoscalers).create({
    metadata: { namespace: 'default', name: 'web' },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      maxReplicas: 4,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
      ],
    },
  });
  go('#/object/horizontalpodautoscalers.autoscaling/default/web');
  await shows(
    /HorizontalPodAutoscaler web.*ScalesDeployment web.*Between1 and 4.*cpu.*unknown.*50 % of what is asked for/s,
  );
});

test('a node is drained as fast as disruption budgets allow', async () => {
  const labels = { app: 'web' };
  const budgets = plane.client.resource(poddisruptionbudgets);
  await budgets.create({
    metadata: { namespace: 'default', name: 'web' },
    spec: { minAvailable: 2, selector: { matchLabels: labels } },
  });
  await eventually(async () => {
    const { status } = await budgets.get({ namespace: 'default', name: 'web' });
    assert.deepEqual([status?.currentHealthy, status?.disruptionsAllowed], [2, 0]);
  });
  const { items } = await plane.client.resource(nodes).list();
  const name = items[0]?.metadata.name ?? assert.fail();
  go(`#/object/nodes/-/${name}`);
  await shows(/Ready/);
  press('Drain …');
  await shows(/No new pods come here, and 2 pods are made anew elsewhere/);
  press('Drain');
  await shows(
    /2 of 2 pods are still here.*default\/web-.*waits: Cannot evict pod as it would violate the pod's disruption budget/s,
  );
  assert.equal((await plane.client.resource(nodes).get({ name })).spec.unschedulable, true);
  await budgets.delete({ namespace: 'default', name: 'web' });
  await shows(/Its pods have gone/);
  press('Close');
  press('Uncordon');
  await shows(/Cordon/);
});

test('secret values are hidden until requested', async () => {
  go('#/object/secrets/default/user');
  await shows(/password 7 bytes/);
  assert.doesNotMatch(window.document.body.innerHTML, /hunter2|aHVudGVyMg/);
  press('Show');
  await shows(/hunter2/);
});

test('an edit is reviewed, an error is shown at its line, and a conflicting edit is rejected', async () => {
  const maps = plane.client.resource(configmaps);
  const ref = { namespace: 'default', name: 'edited' };
  await maps.create({ metadata: ref, data: { a: '1', b: '1' } });
  go('#/object/configmaps/default/edited/yaml');
  await shows(/a: '1'/);
  press('Edit');
  await eventually(async () => assert.ok(find('textarea')));
  const yaml = (find('textarea') as unknown as { value: string }).value;
  await type('textarea', `${yaml}nonsense: 1\n`);
  press('Review');
  await shows(/Line \d+.*unknown field "nonsense"/s);
  await type('textarea', yaml.replace("a: '1'", "a: '2'"));
  press('Review');
  await shows(/The server accepts this.*- {3}a: '1'.*\+ {3}a: '2'/s);
  await maps.patch(ref, { data: { b: '9' } }, { type: 'merge' });
  press('Save');
  await shows(/changed since you began/);
  press('Go on with the newer version');
  await eventually(async () =>
    assert.match((find('textarea') as unknown as { value: string }).value, /a: '2'\n {2}b: '9'/),
  );
  press('Review');
  await shows(/The server accepts this/);
  press('Save');
  await eventually(async () => assert.deepEqual((await maps.get(ref)).data, { a: '2', b: '9' }));
});

test('documents are created together, or none of them', async () => {
  go('#/create?ns=default');
  await shows(/Create from YAML/);
  const first = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: first}\n';
  await type(
    'textarea',
    `${first}---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: second\nspec:\n  replicas: -1\n`,
  );
  press('Create');
  await shows(/Line 10 spec\.replicas: Invalid value/);
  const { items } = await plane.client.resource(configmaps).list({ namespace: 'default' });
  assert.ok(items.every(({ metadata }) => metadata.name !== 'first'));
  await type('textarea', `${first}---\n${first.replace('first', 'second')}`);
  press('Create');
  await shows(/ConfigMap first was made.*ConfigMap second was made/s);
});

test('a lack of permission is explained', async () => {
  press('Log out');
  go('#/');
  await logIn(tokens.viewer);
  await shows(/Not allowed: pods is forbidden.*choose one above.*Yours is default/s);
  go('#/list/nodes');
  await shows(
    /Not allowed: nodes is forbidden: User "system:serviceaccount:default:viewer" cannot list resource "nodes"/,
  );
  go('#/list/pods?ns=default');
  await shows(/web-.*Running/s);
});
