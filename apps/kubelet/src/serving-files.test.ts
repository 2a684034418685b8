import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { type Logger, systemClock } from '@typernetes/base';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import type { CompleteConfiguration } from '@typernetes/kubelet';
import { createAuthority, createLeaf } from '@typernetes/pki';
import { listen } from '@typernetes/process';
import { followServingFiles } from './serving-files.ts';

const validity = { notBefore: Date.UTC(2020, 0), notAfter: Date.UTC(2090, 0) };

test('picks up a renewed certificate and client CA without a restart, and ignores half-written files', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'serving-files-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const authority = await createAuthority({ commonName: 'ca', ...validity });
  const other = await createAuthority({ commonName: 'other', ...validity });
  const issue = () => createLeaf(authority, { commonName: 'node', usages: ['server auth'], ...validity });
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const first = await issue();
  const config = {
    tlsCertFile: file('tls.crt', first.certificate),
    tlsPrivateKeyFile: file('tls.key', first.privateKey),
    authentication: { clientCaFile: file('ca.crt', authority.certificate) },
  } as CompleteConfiguration;
  const shown: string[] = [];
  const believed: string[] = [];
  const failures: unknown[] = [];
  const clock = new FakeClock();
  const log: Logger = { ...silentLogger, error: (_, error) => void failures.push(String(error)) };
  const [follower] = followServingFiles(
    {
      replaceIdentity: ({ certificate }) => void shown.push(certificate),
      replaceClientCa: (pem) => void believed.push(pem),
    },
    { config, clock, log },
  );
  assert.ok(follower);
  const stop = new AbortController();
  const running = follower.run(stop.signal);
  const until = async (condition: () => boolean): Promise<void> => {
    for (let look = 0; !condition(); look++) {
      assert.ok(look < 10_000, condition.toString());
      await systemClock.sleep(1);
      if (clock.pending > 0) await clock.advance(10_000);
    }
  };
  await until(() => shown.length === 1 && believed.length === 1);
  const second = await issue();
  file('tls.crt', second.certificate);
  await until(() => failures.length > 0);
  assert.match(String(failures[0]), /private key does not match public key/);
  assert.deepEqual(shown, [first.certificate]);
  file('tls.key', second.privateKey);
  file('ca.crt', other.certificate);
  await until(() => shown.length === 2 && believed.length === 2);
  assert.deepEqual(shown, [first.certificate, second.certificate]);
  assert.deepEqual(believed, [authority.certificate, other.certificate]);
  stop.abort();
  await running;
  assert.equal(clock.pending, 0);
  const { tlsCertFile: _, ...without } = config;
  const nothing = { ...without, authentication: { clientCaFile: '' } } as CompleteConfiguration;
  assert.deepEqual(
    followServingFiles({ replaceIdentity: () => {}, replaceClientCa: () => {} }, { config: nothing, clock, log }),
    [],
  );
});

test('a server uses the new certificate and client CA from the next connection on', async () => {
  const [old, renewed] = await Promise.all(
    ['old', 'new'].map((commonName) => createAuthority({ commonName, ...validity })),
  );
  assert.ok(old && renewed);
  const issue = (by: typeof old, usages: readonly ('server auth' | 'client auth')[]) =>
    createLeaf(by, { commonName: 'x', dnsNames: ['x'], usages: [...usages], ...validity });
  const serving = await issue(old, ['server auth']);
  const client = await issue(renewed, ['client auth']);
  const server = await listen({
    name: 'kubelet',
    address: '127.0.0.1',
    port: 0,
    tls: serving,
    clientCa: old.certificate,
    handle: (asked, answer) => answer.end(String((asked.socket as TLSSocket).authorized)),
  });
  const stop = new AbortController();
  const running = server.run(stop.signal);
  /** The issuer of the server's certificate, and whether the server trusts the client. */
  const ask = () =>
    new Promise<string>((resolve, reject) => {
      const shown = { cert: client.certificate, key: client.privateKey, rejectUnauthorized: false, agent: false };
      const asked = request({ host: '127.0.0.1', port: server.port, ...shown }, async (answer) => {
        const issuer = (answer.socket as TLSSocket).getPeerCertificate().issuer.CN;
        let text = '';
        for await (const chunk of answer) text += String(chunk);
        resolve(`${issuer} ${text}`);
      });
      asked.on('error', reject);
      asked.end();
    });
  assert.equal(await ask(), 'old false');
  server.replaceClientCa(renewed.certificate);
  assert.equal(await ask(), 'old true');
  server.replaceIdentity(await issue(renewed, ['server auth']));
  assert.equal(await ask(), 'new true');
  stop.abort();
  await running;
});
