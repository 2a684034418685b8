import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { FakeClock } from '@typernetes/base/testing';
import { RecordedEvents } from '@typernetes/client/testing';
import { FakeRuntime } from '@typernetes/cri/testing';
import { allowlistProblem } from '../config/image-allowlist.ts';
import { containerEvents } from '../status/container-events.ts';
import { podOf } from '../testing/pod-machine.ts';
import { ImagePuller } from './image-puller.ts';
import { type PullCredential, PulledImages, type VerificationPolicy } from './pulled-images.ts';

const credential = (name: string, password = name): PullCredential => ({
  auth: { username: 'kim', password, serverAddress: 'r.io' },
  secret: { uid: `uid-${name}`, namespace: 'shop', name },
});

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pulled-'));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

const image = 'r.io/app:1';
const ref = 'sha256:1';

test('an image pulled with credentials is available to pods that have them', async (t) => {
  const directory = await folderOf(t);
  const open = (policy: VerificationPolicy = 'NeverVerifyPreloadedImages', allowlist: string[] = []) =>
    new PulledImages({ directory, policy, allowlist, clock: new FakeClock() });
  const images = open();
  const may = (from: PulledImages, ...own: PullCredential[]): Promise<boolean> =>
    from.mayUse(image, ref, async () => own);
  assert.ok(await may(images), 'nobody pulled it: it was here before');
  assert.ok(!(await may(open('AlwaysVerify'))));
  assert.ok(await may(open('NeverVerifyAllowlistedImages', ['r.io/*'])));
  assert.ok(!(await may(open('NeverVerifyAllowlistedImages', ['r.io/other']))));

  await images.begin(image);
  assert.ok(!(await may(images)), 'it may be here already, and nobody knows yet with whose credentials');
  await images.succeeded(image, ref, credential('a'));
  assert.deepEqual(await readdir(join(directory, 'pulling')), []);
  for (const at of [images, open()]) {
    assert.ok(await may(at, credential('a')));
    assert.ok(await may(at, credential('a', 'changed')), 'the same secret');
    assert.ok(await may(at, { ...credential('b'), auth: credential('a').auth }), 'the same credentials');
    assert.ok(!(await may(at, credential('b'))));
    assert.ok(!(await may(at)));
    assert.ok(!(await at.mayUse('r.io/renamed:1', ref, async () => [credential('a')])), 'another name');
  }
  assert.ok(await may(open('NeverVerify')));
  await images.succeeded(image, ref, credential('b'));
  assert.ok((await may(images, credential('a'))) && (await may(images, credential('b'))));
  const [name = ''] = await readdir(join(directory, 'pulled'));
  const { kind, imageRef, credentialMapping } = JSON.parse(await readFile(join(directory, 'pulled', name), 'utf8'));
  assert.deepEqual([kind, imageRef, Object.keys(credentialMapping)], ['ImagePulledRecord', ref, ['r.io/app']]);
  assert.ok(!JSON.stringify(credentialMapping).includes('kim'), 'no credentials on the disk');

  await images.succeeded(image, ref, undefined);
  assert.ok(await may(images), 'whoever asks gets it from the registry too');
  await writeFile(join(directory, 'pulled', name), '{');
  assert.ok(!(await may(images)), 'a damaged record allows nothing');
  await images.retain(new Set(), 0);
  assert.ok(!(await may(images)), 'recorded after that');
  await images.retain(new Set(), Number.POSITIVE_INFINITY);
  assert.ok(await may(images));
});

test('the record of a failed pull is dropped once all pulls of the image have ended', async (t) => {
  const directory = await folderOf(t);
  const images = new PulledImages({
    directory,
    policy: 'NeverVerifyPreloadedImages',
    allowlist: [],
    clock: new FakeClock(),
  });
  await images.begin(image);
  await images.begin(image);
  await images.failed(image);
  assert.ok(!(await images.mayUse(image, ref, async () => [])));
  await images.failed(image);
  assert.ok(await images.mayUse(image, ref, async () => []));
});

test('a pod without the credentials asks the registry, or does not get the image', async (t) => {
  const directory = await folderOf(t);
  const clock = new FakeClock();
  const runtime = new FakeRuntime({ clock, registry: [image] });
  const seen = new RecordedEvents();
  const pulled = new PulledImages({ directory, policy: 'NeverVerifyPreloadedImages', allowlist: [], clock });
  const puller = new ImagePuller({
    runtime,
    clock,
    events: containerEvents(seen),
    pulled,
    credentials: async ({ metadata }) => (metadata.name === 'guest' ? [] : [credential('a')]),
  });
  const { signal } = new AbortController();
  const want = (name: string, policy: string) => puller.ensure(podOf(name), { name: image, policy }, signal);
  await want('owner', 'IfNotPresent');
  await want('owner', 'IfNotPresent');
  assert.deepEqual(runtime.calls, [`pull ${image}`]);
  assert.ok(seen.seen.some((text) => text.includes('already present on machine and can be accessed by the pod')));
  await assert.rejects(want('guest', 'Never'), { reason: 'ErrImageNeverPull' });
  await want('owner', 'Never');
  await want('guest', 'IfNotPresent');
  assert.deepEqual(runtime.calls, [`pull ${image}`, `pull ${image}`], 'the registry was asked, and lets everybody');
  await want('guest', 'Never');
});

test('whoever joins a pull in progress sees only its own waiting time', async () => {
  const clock = new FakeClock();
  const runtime = new FakeRuntime({ clock, registry: [image] });
  const seen = new RecordedEvents();
  const puller = new ImagePuller({ runtime, clock, events: containerEvents(seen), credentials: async () => [] });
  const { signal } = new AbortController();
  const [started, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const pullImage = runtime.pullImage.bind(runtime);
  runtime.pullImage = async (...request) => {
    started.resolve();
    await goOn.promise;
    return pullImage(...request);
  };
  const want = (name: string) => puller.ensure(podOf(name), { name: image, policy: 'Always' }, signal);
  const first = want('first');
  await started.promise;
  await clock.advance(1500);
  const second = want('second');
  while (seen.seen.filter((text) => text.includes('Pulling image')).length < 2) await setImmediate();
  await clock.advance(600);
  goOn.resolve();
  await Promise.all([first, second]);
  assert.deepEqual(runtime.calls, [`pull ${image}`]);
  const times = seen.seen.flatMap((text) => / in (.*including waiting)\)/.exec(text)?.[1] ?? []);
  assert.deepEqual(times, ['2.1s (2.1s including waiting', '600ms (600ms including waiting']);
});

test('patterns of the allowlist are names, or everything below a path', () => {
  for (const [pattern, problem] of [
    ['r.io/app', undefined],
    ['r.io:5000/team/*', undefined],
    ['', 'image pattern is empty'],
    ['r.io/*/app', 'not a valid wildcard pattern, only patterns ending with "/*" are allowed: r.io/*/app'],
    ['r.io/app:1', 'image name without tag or digest expected: r.io/app:1'],
  ] as const)
    assert.equal(allowlistProblem(pattern), problem, pattern);
});

test("an image pulled with a plugin's credentials is available to the same service account, or to everybody", async (t) => {
  const directory = await folderOf(t);
  const images = new PulledImages({
    directory,
    policy: 'NeverVerifyPreloadedImages',
    allowlist: [],
    clock: new FakeClock(),
  });
  const { auth } = credential('a');
  const of = (name: string) => ({ auth, serviceAccount: { uid: `uid-${name}`, namespace: 'ns', name } });
  await images.begin(image);
  await images.succeeded(image, ref, of('builder'));
  assert.ok(await images.mayUse(image, ref, async () => [of('builder')]));
  assert.ok(!(await images.mayUse(image, ref, async () => [of('other'), { auth }])));
  await images.succeeded(image, ref, { auth });
  assert.ok(await images.mayUse(image, ref, async () => []), "the machine's own credentials are every pod's");
});

test('an inspection that is given up with its pod is no failure to report', async () => {
  const clock = new FakeClock();
  const runtime = new FakeRuntime({ clock, registry: [image] });
  const seen = new RecordedEvents();
  const puller = new ImagePuller({ runtime, clock, events: containerEvents(seen), credentials: async () => [] });
  const given = new AbortController();
  runtime.imageStatus = async () => {
    given.abort();
    throw given.signal.reason;
  };
  await assert.rejects(puller.ensure(podOf('p'), { name: image }, given.signal), { name: 'AbortError' });
  assert.deepEqual(seen.seen, []);
});
