import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { certificatesigningrequests } from '@typernetes/api/certificates/v1';
import { systemClock } from '@typernetes/base';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { FakeApi } from '@typernetes/client/testing';
import {
  createAuthority,
  createSigningRequest,
  newPrivateKey,
  parseSigningRequest,
  privateKeyPem,
  signRequest,
} from '@typernetes/pki';
import { CertificateRotator } from './certificate-rotator.ts';
import { readCurrent } from './certificate-store.ts';
import { covers, lifeOf, rotationTime } from './rotation-plan.ts';
import type { SignedPair } from './signing.ts';

test('a certificate is replaced after 70 to 90 % of its life', () => {
  const life = { notBefore: 1000, notAfter: 2000 };
  assert.deepEqual([rotationTime(life, 0), rotationTime(life, 1)], [1700, 1900]);
});

test('a serving certificate is requested at once, and again when it is due', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'certificates-'));
  const clock = new FakeClock();
  const api = new FakeApi({ clock });
  const pairs: SignedPair[] = [];
  const wish = { nodeName: 'n', purpose: 'serving', dnsNames: ['n'], ipAddresses: ['10.0.0.1'] } as const;
  const hourMs = 3_600_000;
  const authority = await createAuthority({
    commonName: 'ca',
    notBefore: clock.now(),
    notAfter: clock.now() + 99 * hourMs,
  });
  const rotator = new CertificateRotator({
    client: api,
    clock,
    log: silentLogger,
    random: { next: () => 0.5 },
    certDir: folder,
    wish,
    current: undefined,
    onPair: (pair) => pairs.push(pair),
  });
  const csrs = api.resource(certificatesigningrequests);
  const until = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
    while (!(await condition())) {
      await systemClock.sleep(1);
      await clock.advance(50);
    }
  };
  const sign = async (): Promise<void> => {
    await until(async () => (await csrs.list()).items.some(({ status }) => !status?.certificate));
    const csr = (await csrs.list()).items.find(({ status }) => !status?.certificate);
    assert.ok(csr);
    assert.equal(csr.spec.signerName, 'kubernetes.io/kubelet-serving');
    const request = await parseSigningRequest(Buffer.from(csr.spec.request, 'base64').toString());
    assert.equal(request.commonName, 'system:node:n');
    const signed = await signRequest(authority, request, {
      notBefore: clock.now(),
      notAfter: clock.now() + hourMs,
      usages: ['digital signature', 'server auth'],
    });
    await csrs.update({ ...csr, status: { certificate: Buffer.from(signed).toString('base64') } });
  };
  const stop = new AbortController();
  const running = rotator.run(stop.signal);
  try {
    await sign();
    await until(() => pairs.length === 1);
    const life = lifeOf(pairs[0]?.certificate);
    assert.ok(life && covers(life, wish));
    assert.deepEqual(await readCurrent(folder, 'kubelet-server'), pairs[0]);
    assert.equal((await csrs.list()).items.length, 1);
    await clock.advance(0.81 * hourMs);
    await sign();
    await until(() => pairs.length === 2);
    assert.notEqual(pairs[0]?.privateKey, pairs[1]?.privateKey);
  } finally {
    stop.abort();
    await running;
    await rm(folder, { recursive: true, force: true });
  }
});

test('the initial certificate is replaced at once; after its certificate has expired, the node looks for new credentials', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'certificates-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const clock = new FakeClock();
  const hourMs = 3_600_000;
  const authority = await createAuthority({
    commonName: 'ca',
    notBefore: clock.now(),
    notAfter: clock.now() + 99 * hourMs,
  });
  const issue = async (): Promise<SignedPair> => {
    const privateKey = privateKeyPem(await newPrivateKey());
    const text = await createSigningRequest(privateKey, { commonName: 'system:node:n', organizations: [] });
    const times = { notBefore: clock.now(), notAfter: clock.now() + hourMs, usages: ['client auth'] as const };
    return { certificate: await signRequest(authority, await parseSigningRequest(text), times), privateKey };
  };
  const given = await issue();
  const api = new FakeApi({ clock });
  const csrs = api.resource(certificatesigningrequests);
  const used: SignedPair[] = [];
  let left: SignedPair | undefined;
  let looked = 0;
  const rotator = new CertificateRotator({
    client: {
      resource: () => {
        const by = used.at(-1) ?? given;
        if ((lifeOf(by.certificate)?.notAfter ?? 0) <= clock.now()) throw new Error('Unauthorized');
        return csrs as never;
      },
    },
    clock,
    log: silentLogger,
    random: { next: () => 0.5 },
    certDir: folder,
    wish: { nodeName: 'n', purpose: 'client', dnsNames: [], ipAddresses: [] },
    current: given,
    isLent: true,
    lend: async () => {
      looked++;
      return left && { pair: left, isLent: true };
    },
    onPair: (pair) => used.push(pair),
  });
  const until = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
    while (!(await condition())) {
      await systemClock.sleep(1);
      await clock.advance(500);
    }
  };
  const sign = async (): Promise<void> => {
    const waiting = async () => (await csrs.list()).items.find(({ status }) => !status?.certificate);
    await until(async () => (await waiting()) !== undefined);
    const csr = await waiting();
    assert.ok(csr);
    const request = await parseSigningRequest(Buffer.from(csr.spec.request, 'base64').toString());
    const times = { notBefore: clock.now(), notAfter: clock.now() + hourMs, usages: ['client auth'] as const };
    const certificate = Buffer.from(await signRequest(authority, request, times)).toString('base64');
    await csrs.update({ ...csr, status: { certificate } });
  };
  const stop = new AbortController();
  const running = rotator.run(stop.signal);
  try {
    await sign();
    await until(() => used.length === 1);
    assert.deepEqual(await readCurrent(folder, 'kubelet-client'), used[0]);
    // The machine was away for so long that it expired.
    clock.jump(2 * hourMs);
    await clock.advance(hourMs);
    await until(() => looked > 1);
    assert.equal(used.length, 1);
    left = await issue();
    await until(() => used.length === 2);
    assert.deepEqual(used[1], left);
    await sign();
    await until(() => used.length === 3);
    assert.deepEqual(await readCurrent(folder, 'kubelet-client'), used[2]);
  } finally {
    stop.abort();
    await running;
  }
});
