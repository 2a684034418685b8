import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { aliases, commandTable } from '@typernetes/kubectl';
import { createAuthority, createSigningRequest, newPrivateKey, privateKeyPem } from '@typernetes/pki';
import { proxiedLines } from './kubectl-proxied.ts';
import { compareWithRecorded, linesOf } from './kubectl-recorded.ts';

const lines = join(import.meta.dirname, 'testdata/kubectl-lines');
const folder = mkdtempSync(join(tmpdir(), 'kubectl-lines-'));

/** Files that cannot be in the repository: binary data, keys, requests signed with them, and homes. */
const made = new Map<string, string>([
  ['bin.dat', 'x\0y'],
  ['dir/b.dat', 'x\0y'],
  ...Object.entries({
    broken: 'x: [',
    empty: '',
    twice: 'aliases: [{name: gx, command: get}, {name: gx, command: get}]',
    word: 'aliases: [{name: a-b, command: get}]',
  }).map(([home, text]): [string, string] => [
    `homes/${home}/.kube/kuberc`,
    /alias/.test(text) ? `apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\n${text}\n` : text,
  ]),
  ['homes/other/.kube/kuberc', 'apiVersion: kubectl.config.k8s.io/v1\nkind: Preference\n'],
]);
before(async () => {
  const day = 86_400_000;
  const validity = { notBefore: Date.now(), notAfter: Date.now() + day };
  const { certificate, privateKey } = await createAuthority({ commonName: 'x', ...validity });
  made.set('tls.crt', certificate).set('tls.key', privateKey);
  const request = await createSigningRequest(privateKeyPem(await newPrivateKey()), { commonName: 'jane' });
  for (const [file, name] of [
    ['csr.yaml', 'jane'],
    ['csr2.yaml', 'joe'],
    ['csr3.yaml', 'jill'],
  ] as const)
    made.set(
      file,
      JSON.stringify({
        apiVersion: 'certificates.k8s.io/v1',
        kind: 'CertificateSigningRequest',
        metadata: { name },
        spec: {
          request: Buffer.from(request).toString('base64'),
          signerName: 'kubernetes.io/kube-apiserver-client',
          usages: ['client auth'],
        },
      }),
    );
});
after(() => rmSync(folder, { recursive: true }));

function prepare(): void {
  rmSync(folder, { recursive: true });
  cpSync(join(lines, 'files'), folder, { recursive: true });
  for (const [path, text] of made) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

const scripts = readdirSync(lines)
  .filter((name) => name.endsWith('.txt'))
  .map((file) => {
    const text = readFileSync(join(lines, file), 'utf8');
    return { name: file.replace('.txt', ''), text, what: /^# (.*)/.exec(text)?.[1] ?? assert.fail(file) };
  });

/** Scripts with their own kubeconfig. */
const noCluster = new Set(['config']);

for (const { name, text, what } of scripts)
  test(`${what} print and do what upstream's do, flag by flag and error by error`, () =>
    compareWithRecorded({
      name,
      folder,
      prepare,
      script: text.replaceAll('FOLDER', folder),
      environment: {
        KUBE_EDITOR: 'true',
        SHELL: '/bin/sh',
        PATH: `${folder}/bin:/usr/bin:/bin`,
        ...(noCluster.has(name) ? { KUBECONFIG: join(folder, 'kubeconfig') } : {}),
      },
    }));

/** Commands with fewer than twenty different lines, and why. */
const fewer: Readonly<Record<string, readonly [number, string]>> = {
  options: [10, 'it takes nothing but flags that change nothing'],
};

test('every command is typed in twenty different ways', () => {
  const typed = new Map<string, Set<string>>(Object.keys(commandTable).map((command) => [command, new Set()]));
  const served = proxiedLines.map(([line]) => line);
  for (const line of [...served, ...scripts.flatMap(({ text }) => linesOf(text))]) {
    const words = line.split(' ').filter((_word, i, all) => !all.slice(0, i + 1).every((one) => /^[A-Z_]+=/.test(one)));
    for (let end = 1; end <= words.length; end++) {
      const command = aliases[words.slice(0, end).join(' ')];
      if (command) words.splice(0, end, ...command.split(' '));
    }
    const command = [3, 2, 1].map((end) => words.slice(0, end).join(' ')).find((words) => typed.has(words));
    if (command) typed.get(command)?.add(line);
  }
  const lacking = [...typed].flatMap(([command, { size }]) => {
    const [wanted = 20] = fewer[command] ?? [];
    return size < wanted ? [`${command}: ${size} of ${wanted}`] : [];
  });
  assert.deepEqual(lacking, []);
});
