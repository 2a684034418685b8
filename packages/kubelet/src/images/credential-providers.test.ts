import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ServiceAccount } from '@typernetes/api/core/v1';
import type { CredentialProvider as Settings } from '@typernetes/api/kubelet.config/v1';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { podOf } from '../testing/pod-machine.ts';
import { type PluginAnswer, type PluginRequest, pluginIn } from './credential-plugin.ts';
import { CredentialProvider } from './credential-provider.ts';
import { readCredentialProviders } from './credential-provider-config.ts';
import { NodeCredentials } from './node-credentials.ts';

const apiVersion = 'credentialprovider.kubelet.k8s.io/v1';
const settings: Settings = {
  name: 'ecr',
  apiVersion,
  matchImages: ['*.example.com', 'docker.io'],
  defaultCacheDuration: '10m',
};

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'credentials-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A provider whose plugin returns `answer`, and the requests it received. */
function providerOf(more: Partial<Settings> = {}, answer: Partial<PluginAnswer> = {}) {
  const asked: PluginRequest[] = [];
  const clock = new FakeClock();
  const account = { annotations: { role: 'puller' } as Record<string, string> };
  const provider = new CredentialProvider(
    { ...settings, ...more },
    {
      clock,
      log: silentLogger,
      ask: async (_provider, request) => {
        asked.push(request);
        if (answer.cacheKeyType === undefined) throw new Error('no answer');
        return { cacheKeyType: answer.cacheKeyType, ...answer };
      },
      serviceAccount: async (namespace, name) =>
        ({ metadata: { uid: `uid-${name}`, namespace, name, ...account } }) as ServiceAccount,
      token: async (pod, audience) => `${audience} of ${pod.metadata.name}`,
    },
  );
  const users = async (image: string, pod = podOf('p')): Promise<readonly (string | undefined)[]> =>
    (await provider.credentials(pod, image)).map(({ auth }) => auth.username);
  return { provider, asked, clock, users, account };
}

const auth = { '*.example.com': { username: 'kim', password: 'k' }, 'docker.io': { username: 'lee', password: 'l' } };

test("calls a plugin for images that it handles, without the tag and with the registry's full name", async () => {
  const { asked, users } = providerOf({}, { cacheKeyType: 'Image', auth });
  assert.deepEqual(await users('a.example.com/app:1'), ['kim']);
  assert.deepEqual(await users('nginx'), ['lee']);
  assert.deepEqual(await users('other.org/app'), []);
  assert.deepEqual(asked, [{ image: 'a.example.com/app' }, { image: 'docker.io/library/nginx' }]);
});

for (const [cacheKeyType, questions] of [
  ['Image', 3],
  ['Registry', 2],
  ['Global', 1],
] as const) {
  test(`an answer for "${cacheKeyType}" is not asked for again until it is old`, async () => {
    const { asked, users, clock } = providerOf({}, { cacheKeyType, auth });
    for (let round = 0; round < 2; round++)
      for (const image of ['a.example.com/one', 'a.example.com/two:2', 'b.example.com/one'])
        assert.deepEqual(await users(image), ['kim']);
    assert.equal(asked.length, questions);
    await clock.advance(601_000);
    await users('a.example.com/one');
    assert.equal(asked.length, questions + 1);
  });
}

test('requests an uncacheable answer again each time, but only once for concurrent pulls', async () => {
  const { asked, users } = providerOf({}, { cacheKeyType: 'Image', cacheDuration: '0s', auth });
  await users('a.example.com/one');
  await Promise.all([users('a.example.com/one'), users('a.example.com/one')]);
  assert.equal(asked.length, 2);
});

test('if a plugin fails, the image is pulled without credentials', async () => {
  const { asked, users } = providerOf();
  assert.deepEqual(await users('a.example.com/one'), []);
  assert.equal(asked.length, 1);
});

test('plugins that ask for tokens get them, and answers are cached per service account', async () => {
  const tokenAttributes = {
    serviceAccountTokenAudience: 'registry',
    cacheType: 'ServiceAccount',
    requireServiceAccount: true,
    requiredServiceAccountAnnotationKeys: ['role'],
    optionalServiceAccountAnnotationKeys: ['team'],
  };
  const { asked, users, provider, account } = providerOf({ tokenAttributes }, { cacheKeyType: 'Registry', auth });
  const [a, b] = ['a', 'b'].map((name) => podOf(name, { serviceAccountName: name }));
  assert.ok(a && b);
  const image = 'a.example.com/one';
  await users(image, a);
  await users('a.example.com/two', a);
  assert.deepEqual(await provider.credentials(b, image), [
    {
      auth: { username: 'kim', password: 'k', serverAddress: '*.example.com' },
      serviceAccount: { uid: 'uid-b', namespace: 'default', name: 'b' },
    },
  ]);
  const request = (pod: string) => ({
    image,
    serviceAccountToken: `registry of ${pod}`,
    serviceAccountAnnotations: { role: 'puller' },
  });
  assert.deepEqual(asked, [request('a'), request('b')]);
  assert.deepEqual(await users(image, podOf('static')), [], 'no service account');
  account.annotations = {};
  assert.deepEqual(await users(image, a), [], 'not the annotation that is required');
});

test('runs a plugin as a program that reads a request and writes an answer', async (t) => {
  const folder = await folderOf(t);
  const program = async (name: string, text: string) => {
    await writeFile(join(folder, name), `#!/bin/sh\n${text}\n`);
    await chmod(join(folder, name), 0o755);
    return { ...settings, name, args: ['get'], env: [{ name: 'SEEN', value: join(folder, 'seen') }] };
  };
  const answer = { kind: 'CredentialProviderResponse', apiVersion, cacheKeyType: 'Image', auth };
  const ask = pluginIn(folder);
  const good = await program('good', `{ echo "$1"; cat; } > "$SEEN"; echo '${JSON.stringify(answer)}'`);
  assert.deepEqual(await ask(good, { image: 'a.example.com/one' }), answer);
  const [arg, request = ''] = (await readFile(join(folder, 'seen'), 'utf8')).split('\n');
  assert.equal(arg, 'get');
  assert.deepEqual(JSON.parse(request), { kind: 'CredentialProviderRequest', apiVersion, image: 'a.example.com/one' });
  for (const [text, message] of [
    [
      'echo "no network" >&2; exit 3',
      'error execing credential provider plugin bad for image x: exit status 3: no network\n',
    ],
    ['echo secret', 'error decoding credential provider plugin response from stdout'],
    [
      `echo '{"apiVersion":"v1","kind":"CredentialProviderResponse"}'`,
      `apiVersion from credential plugin response did not match expected apiVersion:${apiVersion}, actual apiVersion:v1`,
    ],
  ] as const)
    await assert.rejects(ask(await program('bad', text), { image: 'x' }), { message });
  await assert.rejects(ask({ ...settings, name: 'none' }, { image: 'x' }), /plugin none for image x: .*ENOENT/);
});

const provider = (name: string, more = '') =>
  `- name: ${name}\n  apiVersion: ${apiVersion}\n  matchImages: ['*.example.com']\n  defaultCacheDuration: 1h\n${more}`;
const header = 'apiVersion: kubelet.config.k8s.io/v1\nkind: CredentialProviderConfig\nproviders:\n';

test('reads providers from a file or from all files of a directory', async (t) => {
  const [folder, bin] = [await folderOf(t), await folderOf(t)];
  for (const name of ['one', 'two']) await writeFile(join(bin, name), '', { mode: 0o755 });
  await writeFile(join(folder, 'b.yaml'), header + provider('one'));
  await writeFile(join(folder, 'a.yml'), header + provider('two'));
  await writeFile(join(folder, 'notes.txt'), 'no configuration');
  const names = async (path: string) => (await readCredentialProviders(path, bin)).providers.map(({ name }) => name);
  assert.deepEqual(await names(folder), ['two', 'one']);
  assert.deepEqual(await names(join(folder, 'b.yaml')), ['one']);
  const text = header + provider('one');
  const hashed = createHash('sha256')
    .update(Buffer.from([0, 0, 0, 0, 0, 0, 0, text.length]))
    .update(text)
    .digest('hex');
  assert.equal((await readCredentialProviders(join(folder, 'b.yaml'), bin)).hash, `sha256:${hashed}`);
  await writeFile(join(folder, 'c.yaml'), header + provider('two'));
  await assert.rejects(names(folder), { message: 'duplicate provider name "two" found in configuration file(s)' });
});

for (const [what, text, message] of [
  ['nothing', 'apiVersion: kubelet.config.k8s.io/v1\nkind: CredentialProviderConfig\nproviders: []\n', 'at least 1'],
  ['a name with a slash', header + provider('a/b'), "provider name cannot contain '/'"],
  [
    'another version',
    header + provider('one').replace(apiVersion, 'v2'),
    'providers.apiVersion: Unsupported value: "v2"',
  ],
  ['no images', header + provider('one').replace("['*.example.com']", '[]'), 'at least 1 item in matchImages'],
  ['no duration', header + provider('one').replace(/ {2}default.*\n/, ''), 'defaultCacheDuration: Required value'],
  ['an unknown field', header + provider('one', '  more: 1\n'), 'strict decoding error'],
  ['a program that is missing', header + provider('none'), 'did not exist'],
  [
    'contradicting tokens',
    header +
      provider('one', '  tokenAttributes: {requireServiceAccount: false, requiredServiceAccountAnnotationKeys: [a]}\n'),
    'requireServiceAccount cannot be false when requiredServiceAccountAnnotationKeys is set',
  ],
] as const) {
  test(`providers are refused for ${what}`, async (t) => {
    const folder = await folderOf(t);
    await writeFile(join(folder, 'one'), '', { mode: 0o755 });
    await writeFile(join(folder, 'config.yaml'), text);
    await assert.rejects(readCredentialProviders(join(folder, 'config.yaml'), folder), (error: Error) =>
      error.message.includes(message),
    );
  });
}

test("the machine's own credentials come from the first of Docker's files that exists", async (t) => {
  const [root, home] = [await folderOf(t), await folderOf(t)];
  const clock = new FakeClock();
  const node = new NodeCredentials({ directories: { root, working: root, home }, clock, log: silentLogger });
  const users = async () => (await node.credentials('a.example.com/app')).map(({ auth: { username } }) => username);
  await writeFile(join(home, '.dockercfg'), JSON.stringify({ 'a.example.com': { username: 'home' } }));
  assert.deepEqual(await users(), ['home']);
  await writeFile(join(root, 'config.json'), JSON.stringify({ auths: { 'a.example.com': { username: 'root' } } }));
  assert.deepEqual(await users(), ['home'], 'not looked at for each image');
  await clock.advance(301_000);
  assert.deepEqual(await users(), ['root']);
});
