import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeEncryptionConfiguration } from './configuration.ts';

const key = Buffer.alloc(32, 1).toString('base64');
const head = 'apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\n';
const of = (resources: unknown): string => `${head}resources: ${JSON.stringify(resources)}\n`;
const secrets = (...providers: unknown[]): string => of([{ resources: ['secrets'], providers }]);
const kms = (more: object) => ({ kms: { apiVersion: 'v2', name: 'k', endpoint: 'unix:///tmp/k.sock', ...more } });

test('takes what upstream takes', () => {
  decodeEncryptionConfiguration(secrets({ aescbc: { keys: [{ name: 'a', secret: key }] } }, { identity: {} }));
  decodeEncryptionConfiguration(of([{ resources: ['*.*'], providers: [kms({ timeout: '5s' })] }]));
});

const refused: [text: string, message: string][] = [
  [of([]), 'resources: Required value: at least one resources is required'],
  [
    of([{ resources: [], providers: [{ identity: {} }] }]),
    'resources[0].resources: Required value: at least one resources[0].resources is required',
  ],
  [secrets(), 'resources[0].providers: Required value: at least one resources[0].providers is required'],
  [
    secrets({}),
    'resources[0].providers[0]: Invalid value: {}: provider does not contain any of the expected providers: KMS, AESGCM, AESCBC, Secretbox, Identity',
  ],
  [
    secrets({ identity: {}, aescbc: { keys: [] } }),
    'resources[0].providers[0]: Invalid value: "REDACTED": more than one provider specified in a single element, should split into different list elements',
  ],
  [
    secrets({ aesgcm: { keys: [] } }),
    'resources[0].providers[0].aesgcm.keys: Required value: at least one keys is required',
  ],
  [
    secrets({ secretbox: { keys: [{ name: 'a', secret: 'AAAA' }] } }),
    'resources[0].providers[0].secretbox.keys[0].secret: Invalid value: "REDACTED": secret is not of the expected length, got 3, expected one of [32]',
  ],
  [
    secrets({ aescbc: { keys: [{ secret: '~~' }] } }),
    '[resources[0].providers[0].aescbc.keys[0].name: Required value: name is a mandatory field for a key, resources[0].providers[0].aescbc.keys[0].secret: Invalid value: "REDACTED": secrets must be base64 encoded]',
  ],
  [
    secrets(kms({ endpoint: 'http://x', timeout: '0s' })),
    '[resources[0].providers[0].kms.timeout: Invalid value: "0s": timeout should be a positive value, resources[0].providers[0].kms.endpoint: Invalid value: "http://x": unsupported scheme "http" for KMS provider, only unix is supported]',
  ],
  [
    secrets(kms({}), kms({})),
    'resources[0].providers[1].kms.name: Invalid value: "k": duplicate KMS provider name k, names must be unique',
  ],
  [
    of([{ resources: ['secrets', '*.'], providers: [{ identity: {} }] }]),
    'resources[0].resources: Invalid value: ["secrets","*."]: using overlapping resources such as \'secrets\' and \'*.\' in the same resource list is not allowed as they will be masked',
  ],
  [
    of([{ resources: ['secrets', 'secrets'], providers: [{ identity: {} }] }]),
    'resources[0].resources: Invalid value: ["secrets","secrets"]: the same resource cannot be specified multiple times',
  ],
  [
    of([{ resources: ['Secrets'], providers: [{ identity: {} }] }]),
    'resources[0].resources[0]: Invalid value: "Secrets": resource name should not contain capital letters',
  ],
  [
    of([{ resources: ['*'], providers: [{ identity: {} }] }]),
    'resources[0].resources[0]: Invalid value: "*": use \'*.\' to encrypt all the resources from core API group or *.* to encrypt all resources',
  ],
  [`${head}resource: []\n`, 'strict decoding error: unknown field "resource"'],
];

for (const [text, message] of refused)
  test(`refuses: ${message}`, () => {
    assert.throws(
      () => decodeEncryptionConfiguration(text),
      (error) => error instanceof Error && error.message === message,
    );
  });
