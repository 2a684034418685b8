import assert from 'node:assert/strict';
import { test } from 'node:test';
import { version } from '@typernetes/base';
import { decodeDocument } from '@typernetes/process';
import { FakeCluster, FakeHost, type Ran, runOn } from '../testing/index.ts';

const first = `mirror/kube-apiserver:${version.replace('+', '-')}`;
const files = {
  '/t': '{{len .images}}',
  '/p': '{.images[0]}',
  '/etc/kubernetes/admin.conf': 'apiVersion: v1\nkind: Config\n',
};
const list = (...args: string[]): Promise<Ran> =>
  runOn(new FakeHost({ files }), new FakeCluster(), ['config', 'images', 'list', '--image-repository=mirror', ...args]);

test("prints objects in every format of upstream's", async () => {
  const printed = async (format: string): Promise<string> => {
    const { code, out, err } = await list('-o', format);
    assert.equal(code, 0, err);
    return out;
  };
  const images = (await printed('text')).trimEnd().split('\n');
  assert.equal(images[0], first);
  const document = { kind: 'Images', apiVersion: 'output.kubeadm.k8s.io/v1alpha3', images };
  assert.equal(await printed('json'), `${JSON.stringify(document, undefined, 4)}\n`);
  for (const format of ['yaml', 'kyaml']) assert.deepEqual(decodeDocument(await printed(format)), document, format);
  assert.match(await printed('yaml'), /^apiVersion: .*\nimages:\n- mirror/);
  assert.match(await printed('kyaml'), /^---\n\{\n {2}kind: "Images",\n/);
  for (const format of ['go-template', 'template']) {
    assert.equal(
      await printed(`${format}={{range .images}}{{.}};{{end}}`),
      images.map((image) => `${image};`).join(''),
    );
  }
  for (const format of ['go-template-file', 'templatefile']) {
    assert.equal(await printed(`${format}=/t`), String(images.length));
  }
  assert.equal(await printed('jsonpath={.kind}: {.images[0]}'), `Images: ${first}`);
  assert.equal(await printed('jsonpath-file=/p'), first);
  assert.deepEqual(JSON.parse(await printed('jsonpath-as-json={.images[0]}')), [first]);
});

test('reports objects that cannot be printed', async () => {
  const cases: [format: string, message: RegExp][] = [
    [
      'wide',
      /^error: could not construct output printer: unable to match a printer suitable for the output format "wide", allowed formats are: go-template,/,
    ],
    ['go-template', /^error: could not construct output printer: template format specified but no template given\n/],
    ['jsonpath', /^error: could not construct output printer: template format specified but no template given\n/],
    [
      'templatefile',
      /^error: could not construct output printer: template format specified but no template file given\n/,
    ],
    [
      'jsonpath-file=/x',
      /^error: could not construct output printer: error reading --template \/x, open \/x: no such file or directory\n/,
    ],
    [
      'go-template={{.a',
      /^error: could not construct output printer: error parsing template \{\{\.a, template: output:1: unclosed action/,
    ],
  ];
  for (const [format, message] of cases) {
    const { code, err } = await list('-o', format);
    assert.equal(code, 1);
    assert.match(err, message);
  }
  const strict = '--allow-missing-template-keys=false';
  assert.equal((await list('-o', 'go-template={{.x}}')).out, '<no value>');
  const missing = await list('-o', 'go-template={{.x}}', strict);
  assert.match(missing.err, /^error: error executing template "\{\{\.x\}\}": .*map has no entry for key "x"/);
  assert.match(missing.out, /^Error executing template: .*\n\ttemplate was:\n\t\t\{\{\.x\}\}\n\traw data was:\n/);
  assert.equal((await list('-o', 'jsonpath={.x}')).out, '');
  assert.match((await list('-o', 'jsonpath={.x}', strict)).err, /^error: .*x is not found/);
});

test('every command that prints objects takes the flags', async () => {
  const host = new FakeHost({ files });
  const run = (...args: string[]): Promise<Ran> => runOn(host, new FakeCluster(), args);
  await run('init', 'phase', 'certs', 'all');
  const template = 'go-template={{range .certificates}}{{if not .missing}}{{.name}} {{end}}{{end}}';
  // It has no certificate that could expire.
  const admin = '/etc/kubernetes/admin.conf';
  host.texts.delete(admin);
  const { code, out, err } = await run('certs', 'check-expiration', '-o', template);
  host.texts.set(admin, files[admin]);
  assert.equal(code, 0, err);
  assert.equal(out, 'apiserver apiserver-kubelet-client front-proxy-client ');
  await run('token', 'create', 'abcdef.0123456789abcdef');
  for (const command of ['certs check-expiration', 'config images list', 'token list', 'upgrade plan']) {
    const { out: help } = await run(...command.split(' '), '--help');
    for (const flag of ['allow-missing-template-keys', 'output', 'show-managed-fields']) {
      assert.ok(help.includes(` --${flag}`), `${command} --${flag}`);
    }
  }
});
