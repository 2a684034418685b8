import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { bothKubectls } from './kubectl-beside-upstream.ts';

/** Runs each line with both programs, each on its own files, and compares output and files. */
async function compare(
  lines: (folder: string) => readonly string[],
  files: readonly string[],
  given: Readonly<Record<string, string>> = {},
): Promise<void> {
  const folders = [
    mkdtempSync(join(tmpdir(), 'kubectl-config-')),
    mkdtempSync(join(tmpdir(), 'kubectl-config-')),
  ] as const;
  const [mine, theirs] = folders;
  const environment = (folder: string) => ({ KUBECONFIG: files.map((file) => join(folder, file)).join(':') });
  try {
    for (const folder of folders)
      for (const [name, content] of Object.entries({ ...given, 'ca.crt': 'CA\n' }))
        writeFileSync(join(folder, name), content);
    using ours = bothKubectls(environment(mine));
    using upstream = bothKubectls(environment(theirs));
    for (const [i, line] of lines(theirs).entries()) {
      const a = await ours.ours('config', ...(lines(mine)[i] as string).split(' '));
      const b = await upstream.upstream('config', ...line.split(' '));
      const same = (text: string): string => text.replaceAll(mine, theirs);
      assert.equal(same(a.out), b.out, line);
      // With the wrong number of arguments, upstream prints the usage; the last line is the actual error.
      assert.equal(same(a.err), b.err, line);
      assert.equal(a.code, b.code, line);
      for (const file of files) assert.equal(text(join(mine, file)), text(join(theirs, file)), `${file} after ${line}`);
    }
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true });
  }
}

function text(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

test('config changes and shows a kubeconfig exactly as upstream does', () =>
  compare(
    (folder) => [
      'view',
      'view -o json',
      'current-context',
      'get-contexts',
      'set-context --current',
      'set-cluster a --server=https://1.2.3.4/ --insecure-skip-tls-verify=true',
      'set-cluster a --tls-server-name=x --proxy-url=http://p:1',
      `set-cluster b --server=https://b --certificate-authority=${folder}/ca.crt`,
      `set-cluster c --certificate-authority=${folder}/ca.crt --embed-certs`,
      'set-cluster z --embed-certs',
      `set-cluster z --certificate-authority=${folder}/ca.crt --insecure-skip-tls-verify=true`,
      'set-credentials u --token=abc',
      'set-credentials v --username=x --password=yes',
      'set-credentials v --token=abc',
      'set-credentials z --token=a --username=b',
      `set-credentials w --client-certificate=${folder}/ca.crt --client-key=${folder}/ca.crt --embed-certs=true`,
      `set-credentials f --client-certificate=${folder}/ca.crt --client-key=/nowhere/key`,
      // One variable at a time, because upstream adds several in random order.
      'set-credentials e --exec-command=cmd --exec-api-version=client.authentication.k8s.io/v1 --exec-arg=a,b --exec-env=K=V',
      'set-credentials e --exec-env=X=Y',
      'set-credentials e --exec-env=X-',
      'set-credentials g --exec-command=cmd --exec-api-version=client.authentication.k8s.io/v1beta1',
      'set-credentials o --auth-provider=oidc --auth-provider-arg=client-id=foo',
      'set-context ctx --cluster=a --user=u --namespace=ns',
      'set-context ctx --namespace=n2',
      'set-context',
      'use-context ctx',
      'set-context --current --namespace=n3',
      'use-context nothing',
      'get-contexts',
      'get-contexts ctx -o name',
      'get-contexts --no-headers',
      'get-users',
      'set users.u.token zzz',
      'set clusters.a.server https://q',
      'set contexts.ctx.namespace zz',
      'set clusters.b.certificate-authority-data aGk=',
      'set clusters.b.insecure-skip-tls-verify never',
      'set foo.bar x',
      'unset users.u.token',
      'unset contexts.nothing',
      'unset contexts.ctx.namespace',
      'rename-context ctx new',
      'rename-context nothing x',
      'set-context other --cluster=a',
      'rename-context new other',
      'delete-context other',
      'delete-context nothing',
      'delete-cluster c',
      'delete-cluster nothing',
      'delete-user v',
      'delete-user nothing',
      'view',
      'view --minify',
      'view --raw -o json',
      'view --flatten',
      'view -o jsonpath={.current-context}',
      'view -o go-template={{range.contexts}}{{.name}}{{end}}',
      'unset clusters.b.certificate-authority-data',
      'view --flatten',
      'unset current-context',
      'view --minify',
      'set current-context new',
      'delete-context new',
    ],
    ['config'],
  ));

test('each of several files keeps its entries, and new ones go to the first existing file', () =>
  compare(
    () => [
      'set-cluster a --server=https://a',
      'set-context ctx --cluster=a',
      'use-context ctx',
      'get-contexts',
      'set-cluster a --server=https://b',
      'delete-context ctx',
      'view',
    ],
    ['first', 'second'],
  ));

test('preferences and extensions of a kubeconfig are shown, kept and set', () => {
  const config = 'apiVersion: v1\nkind: Config\n';
  return compare(
    () => [
      'view',
      'view -o json',
      'set current-context ctx',
      'set-context ctx --cluster=a --user=b',
      'set-cluster a --server=https://a',
      'set-credentials b --token=t',
      'view --minify',
      'set preferences.colors false',
      'set preferences.colors 1',
      'set preferences.colors perhaps',
      'set preferences.colors.x true',
      'unset preferences.colors',
      'unset preferences.extensions',
      'unset preferences.extensions',
      'set preferences.colors true',
      'view',
      'unset preferences',
      'unset extensions',
      'delete-context ctx',
      'view',
    ],
    ['first', 'second'],
    {
      first: `${config}extensions:\n- name: e2\n  extension: {b: 1}\n- name: e1\n  extension: hello\n`,
      second: `${config}preferences:\n  colors: true\n  extensions:\n  - name: p\n    extension: {a: 1}\nextensions:\n- name: e1\n  extension: {a: 2}\n- name: e3\n  extension: {c: 3}\n`,
    },
  );
});
