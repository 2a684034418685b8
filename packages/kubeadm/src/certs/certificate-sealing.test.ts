import assert from 'node:assert/strict';
import { createDecipheriv } from 'node:crypto';
import { test } from 'node:test';
import { newCertificateKey, parseCertificateKey, seal, unseal } from './certificate-sealing.ts';

const key = parseCertificateKey(newCertificateKey()) as Buffer;

test('sealed data can be opened with its own key only', () => {
  const sealed = seal(Buffer.from('secret'), key);
  assert.equal(unseal(sealed, key).toString(), 'secret');
  const other = parseCertificateKey(newCertificateKey()) as Buffer;
  assert.throws(() => unseal(sealed, other), /^Error: cipher: message authentication failed$/);
  assert.throws(() => unseal(sealed.subarray(0, 20), key), /too short/);
  assert.equal(parseCertificateKey('12'), undefined);
});

test('the layout is nonce, ciphertext, tag', () => {
  const sealed = seal(Buffer.from('x'), key);
  assert.equal(sealed.length, 12 + 1 + 16);
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12)).setAuthTag(sealed.subarray(13));
  assert.equal(decipher.update(sealed.subarray(12, 13)).toString(), 'x');
});
