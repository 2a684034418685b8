import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { createAuthority, newPrivateKey, privateKeyPem, readCertificates, readPrivateKey } from './index.ts';

const ca = await createAuthority({ commonName: 'ca', notBefore: 0, notAfter: 1_000_000 });
const { raw } = new X509Certificate(ca.certificate);
const pem = (bytes: Buffer, type = 'CERTIFICATE', headers = ''): string =>
  `-----BEGIN ${type}-----\n${headers}${bytes.toString('base64')}\n-----END ${type}-----\n`;
const changed = (at: number, value: number): string => {
  const bytes = Buffer.from(raw);
  bytes[at] = value;
  return pem(bytes);
};

const none = 'data does not contain any valid RSA or ECDSA certificates';

test("what is no certificate is reported in Go's words, as Go 1.19 said them of the same bytes", () => {
  for (const [text, message] of [
    ['', none],
    ['nothing', none],
    [ca.privateKey, none],
    ['-----BEGIN CERTIFICATE-----\nMIIB', none],
    ['-----BEGIN CERTIFICATE-----\n?!\n-----END CERTIFICATE-----\n', none],
    [`x${ca.certificate}`, none],
    [pem(raw, 'CERTIFICATE', 'A: b\n\n'), none],
    [pem(Buffer.from('nothing')), 'x509: malformed certificate'],
    [pem(raw.subarray(0, 100)), 'x509: malformed certificate'],
    [pem(Buffer.from('3000', 'hex')), 'x509: malformed tbs certificate'],
    [pem(Buffer.from('30023000', 'hex')), 'x509: malformed serial number'],
    [pem(Buffer.from('30073005a003020103', 'hex')), 'x509: invalid version'],
    [pem(Buffer.from('30073005a003020400', 'hex')), 'x509: malformed version'],
    [pem(Buffer.from('30053003020101', 'hex')), 'x509: malformed signature algorithm identifier'],
    [pem(Buffer.from('300730050201013000', 'hex')), 'x509: malformed algorithm identifier'],
    [pem(Buffer.concat([raw, Buffer.from([0])])), 'x509: trailing data'],
    [changed(0, 0x31), 'x509: malformed certificate'],
    [changed(4, 0x31), 'x509: malformed tbs certificate'],
    [`${ca.certificate}${changed(4, 0x31)}`, 'x509: malformed tbs certificate'],
  ] as const) {
    assert.throws(() => readCertificates(text), { message }, text);
  }
  const several = `the authority:\n${ca.certificate}-----BEGIN X-----\nAA==\n-----END X-----\n${ca.certificate}`;
  assert.equal(readCertificates(several.replaceAll('\n', '\r\n')).length, 2);
});

test('a private key may stand in any form, behind blocks that are none', async () => {
  const key = await newPrivateKey();
  const pkcs8 = key.export({ type: 'pkcs8', format: 'pem' }).toString();
  const encrypted = key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'x' }).toString();
  const parameters = '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n';
  for (const text of [privateKeyPem(key), pkcs8, `${parameters}${encrypted}${ca.certificate}${pkcs8}`]) {
    assert.ok(readPrivateKey(text).equals(key));
  }
  for (const text of ['', 'x', encrypted, ca.certificate, pem(raw, 'PRIVATE KEY'), pkcs8.slice(0, -10)]) {
    assert.throws(() => readPrivateKey(text), { message: 'data does not contain a valid RSA or ECDSA private key' });
  }
});
