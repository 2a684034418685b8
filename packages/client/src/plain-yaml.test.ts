import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from 'js-yaml';
import { readPlainYaml } from './plain-yaml.ts';

const data = Buffer.from('-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n').toString('base64');

/** Kubeconfigs as kubectl, kubeadm and Typernetes write them, and with rare contents. */
const understood = [
  `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: ${data}
    server: https://127.0.0.1:6443
  name: kind-kind
contexts:
- context:
    cluster: kind-kind
    namespace: ""
    user: kind-kind
  name: kind-kind
current-context: kind-kind
kind: Config
preferences: {}
users:
- name: kind-kind
  user:
    client-certificate-data: ${data}
    client-key-data: ${data}
`,
  `---
clusters:
  - cluster:
      server: http://localhost:8080
      insecure-skip-tls-verify: true
    name: a
  - name: b
    cluster:
      proxy-url: socks5://localhost:1080
users: []
contexts:
current-context: "a b"
`,
];

for (const [i, text] of understood.entries()) {
  test(`reads what a YAML library reads, ${i}`, () => assert.deepEqual(readPlainYaml(text), load(text)));
}

/** Not recognized, or invalid. */
const left = [
  '',
  'a: 1',
  'a: 12e4',
  'a: 2026-01-01',
  'a: null',
  'a: ~',
  'a: b # c',
  'a: b: c',
  "a: 'b'",
  'a: "b\\n"',
  'a: [b]',
  'a: {b: c}',
  'a: |\n  b',
  'a: b\n  c',
  'a: b\n  c: d',
  'a: b\na: c',
  'a: yes',
  'yes: a',
  'a: &b c',
  'a: *b',
  'a:\n  b: c\n d: e',
  'a:\n- b',
  'a: b\n---\na: c',
  '- a: b\n  - c: d',
  'a:\n\tb: c',
  'a: .inf',
  `a: ${'1'.repeat(40)}`,
];

for (const text of left) {
  test(`leaves ${JSON.stringify(text)} to the library`, () => assert.equal(readPlainYaml(text), undefined));
}

test('whatever the lines and their order, reads the same as the library', () => {
  const parts = [
    'a: b',
    '  a: b',
    '- a: b',
    '  - a: b',
    'c:',
    '  c:',
    '- c:',
    '  - c:',
    '    d: e',
    '    - d: e',
    'f: {}',
  ];
  let read = 0;
  for (const one of parts)
    for (const two of parts)
      for (const three of parts)
        for (const four of parts) {
          const text = [one, two, three, four].join('\n');
          const value = readPlainYaml(text);
          if (value === undefined) continue;
          read++;
          assert.deepEqual(value, load(text), text);
        }
  assert.ok(read > 100);
});
