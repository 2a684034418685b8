import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type KeyAlgorithm, newPrivateKey, privateKeyPem } from './key-pair.ts';
import { createSigningRequest } from './signing-request.ts';
import { checkSigningRequest } from './signing-request-check.ts';

const subject = { commonName: 'jane', organizations: ['dev'], dnsNames: ['a.example.com'] };
const framed = (der: Buffer): string =>
  `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
const bytesOf = (pem: string): Buffer => Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64');

describe('A signing request', () => {
  for (const algorithm of ['ECDSA-P256', 'ECDSA-P384', 'RSA-2048'] satisfies KeyAlgorithm[]) {
    it(`signed with ${algorithm}`, async () => {
      const key = privateKeyPem(await newPrivateKey(algorithm));
      const pem = await createSigningRequest(key, subject);
      assert.doesNotThrow(() => checkSigningRequest(pem));
      const der = bytesOf(pem);
      der.writeUInt8(der.readUInt8(der.indexOf('jane')) ^ 1, der.indexOf('jane'));
      assert.throws(() => checkSigningRequest(framed(der)), /verification (error|failure)$/);
    });
  }

  it('rejects malformed requests with a reason', async () => {
    const der = bytesOf(await createSigningRequest(privateKeyPem(await newPrivateKey('ECDSA-P256')), subject));
    const cases: readonly (readonly [pem: string, message: RegExp])[] = [
      ['hello', /^PEM block type must be CERTIFICATE REQUEST$/],
      [framed(Buffer.from('hello')), /^asn1: syntax error: data truncated$/],
      [
        framed(Buffer.from([2, 1, 5])),
        /^asn1: structure error: tags don't match \(16 vs \{class:0 tag:2 length:1 isCompound:false\}\) .* certificateRequest @2$/,
      ],
      [framed(Buffer.from([0x30, 0])), /^asn1: syntax error: sequence truncated$/],
      [framed(der.subarray(0, -1)), /^asn1: syntax error: data truncated$/],
      [framed(Buffer.concat([der, Buffer.from([0])])), /^asn1: syntax error: trailing data$/],
    ];
    for (const [pem, message] of cases)
      assert.throws(
        () => checkSigningRequest(pem),
        (error) => message.test((error as Error).message),
      );
  });
});
