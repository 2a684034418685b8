import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@typernetes/base/testing';
import { aesCbc, aesGcm, type Cipher, secretbox, seededAesGcm } from './ciphers.ts';
import { identity, keyedProvider, ProviderChain } from './provider.ts';
import { ResourceEncryption } from './resource-encryption.ts';

const key = (fill: number, length = 32): Buffer => Buffer.alloc(length, fill);
const plain = Buffer.from('{"kind":"Secret","data":{"password":"c2VzYW1l"}}');
const at = '/registry/secrets/default/a';

const ciphers: [name: string, of: (secret: Buffer) => Cipher | Promise<Cipher>, binds: boolean, detects: boolean][] = [
  ['aescbc', aesCbc, false, false],
  ['aesgcm', aesGcm, true, true],
  ['secretbox', secretbox, false, true],
  ['seeded aesgcm', seededAesGcm, true, true],
];
for (const [name, of, binds, detects] of ciphers)
  test(`${name}: only the same key${binds ? ' in the same place' : ''} reads a value, and no two are alike`, async () => {
    const cipher = await of(key(1));
    const stored = cipher.encrypt(plain, at);
    assert.deepEqual(cipher.decrypt(stored, at), plain);
    assert.notDeepEqual(cipher.encrypt(plain, at), stored);
    assert.ok(!stored.includes('password'));
    if (binds) assert.throws(() => cipher.decrypt(stored, '/registry/secrets/default/b'));
    assert.throws(() => cipher.decrypt(stored.subarray(0, 10), at), /shorter than the required size/);
    if (!detects) return;
    const other = await of(key(2));
    assert.throws(() => other.decrypt(stored, at));
    stored[stored.length - 1] = (stored.at(-1) ?? 0) ^ 1;
    assert.throws(() => cipher.decrypt(stored, at));
  });

test('secretbox is compatible with NaCl', async () => {
  // From NaCl's own tests: key, nonce, ciphertext, plain text.
  const [boxKey, nonce, box, text] = [
    '1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389',
    '69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37',
    'f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce87b4da7f011ec48c97271d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b37973f622a43d14a6599b1f654cb45a74e355a5',
    'be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f41db66cce314adb310e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f937763848645e0705',
  ].map((hex) => Buffer.from(hex, 'hex')) as [Buffer, Buffer, Buffer, Buffer];
  assert.deepEqual((await secretbox(boxKey)).decrypt(Buffer.concat([nonce, box]), at), text);
});

test('the first key encrypts, older ones decrypt and mark values as stale, unknown ones are an error', async () => {
  const one = { name: 'one', cipher: aesCbc(key(1)) };
  const two = { name: 'two', cipher: aesCbc(key(2)) };
  const before = new ProviderChain([keyedProvider('aescbc', [one]), identity]);
  const rotated = new ProviderChain([keyedProvider('aescbc', [two, one]), identity]);
  const after = new ProviderChain([keyedProvider('aescbc', [two])]);
  const stored = await before.encrypt(plain, at);
  assert.ok(Buffer.from(stored).toString('latin1').startsWith('k8s:enc:aescbc:v1:one:'));
  assert.deepEqual(await before.decrypt(stored, at), { plain, stale: false });
  assert.deepEqual(await rotated.decrypt(stored, at), { plain, stale: true });
  assert.deepEqual(await rotated.decrypt(plain, at), { plain, stale: true }, 'what was never encrypted');
  await assert.rejects(after.decrypt(stored, at), /no matching key was found for the provided AES transformer/);
  await assert.rejects(after.decrypt(plain, at), /no matching prefix found/);
  const gone = new ProviderChain([identity]);
  await assert.rejects(gone.decrypt(stored, at), /no matching prefix found/);
  const away = new ProviderChain([identity, keyedProvider('aescbc', [one])]);
  assert.deepEqual(await away.decrypt(stored, at), { plain, stale: true }, 'on the way back to plain values');
  assert.equal(await away.encrypt(plain, at), plain);
});

test('the most specific rule for a resource applies; a rule that can never apply is refused', async () => {
  const provider = (name: string) => ({ aesgcm: { keys: [{ name, secret: key(1).toString('base64') }] } });
  const rule = (resource: string, name: string) => ({ resources: [resource], providers: [provider(name)] });
  const clock = new FakeClock();
  const encryption = await ResourceEncryption.of(
    { resources: [rule('secrets', 'exact'), rule('*.apps', 'group'), rule('*.*', 'all')] },
    clock,
  );
  const used = async (resource: string, group: string): Promise<string | undefined> =>
    Buffer.from(await encryption.chainOf({ resource, group }).encrypt(plain, at))
      .toString('latin1')
      .split(':')[4];
  assert.deepEqual(
    [await used('secrets', ''), await used('deployments', 'apps'), await used('pods', '')],
    ['exact', 'group', 'all'],
  );
  await assert.rejects(
    ResourceEncryption.of({ resources: [rule('*.', 'a'), rule('secrets', 'b')] }, clock),
    new Error('resource "secrets" is masked by earlier rule "*."'),
  );
});
