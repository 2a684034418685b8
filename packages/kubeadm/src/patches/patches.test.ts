import assert from 'node:assert/strict';
import { test } from 'node:test';
import { messagesOf } from '@typernetes/base';
import { FakeHost } from '../testing/index.ts';
import { type PatchTarget, parsePatchFileName, patchTargets } from './patch-file.ts';
import { patchesIn } from './patches.ts';

const quiet = { out: () => {}, err: () => {} };

/** The effect of each patch type on a list: strategic patches know its merge key. */
const kinds = {
  strategic: { text: '{"metadata": {"labels": {"a": null, "b": "2"}}}' },
  merge: { text: 'metadata: {labels: {a: null, b: "2"}}' },
  json: {
    text: '[{"op": "remove", "path": "/metadata/labels/a"}, {"op": "add", "path": "/metadata/labels/b", "value": "2"}]',
  },
};

for (const target of patchTargets) {
  for (const [kind, { text }] of Object.entries(kinds)) {
    test(`${target}+${kind}`, async () => {
      const said: string[] = [];
      const { files } = new FakeHost({ files: { [`/patches/${target}0+${kind}.yaml`]: text } });
      const patches = patchesIn('/patches', { files, output: { ...quiet, out: (line) => said.push(line) } });
      const object = { metadata: { name: 'x', labels: { a: '1' } }, spec: { template: { spec: {} } } };
      assert.deepEqual(await patches.apply(target, object), { ...object, metadata: { name: 'x', labels: { b: '2' } } });
      const type = `application/${kind === 'strategic' ? 'strategic-merge' : kind === 'merge' ? 'merge' : 'json'}-patch+json`;
      assert.equal(said.at(-1), `[patches] Applied patch of type "${type}" to target "${target}"\n`);
      const other = patchTargets.find((each) => each !== target) ?? 'etcd';
      assert.equal(await patches.apply(other, object), object);
    });
  }
}

test("a strategic patch merges a Pod's containers by name; a merge patch replaces them", async () => {
  const pod = { spec: { containers: [{ name: 'etcd', image: 'a', command: ['x'] }] } };
  const patched = async (kind: string): Promise<unknown> => {
    const { files } = new FakeHost({
      files: { [`/p/etcd+${kind}.json`]: '{"spec": {"containers": [{"name": "etcd", "image": "b"}]}}' },
    });
    return patchesIn('/p', { files, output: quiet }).apply('etcd', pod);
  };
  assert.deepEqual(await patched('strategic'), {
    spec: { containers: [{ name: 'etcd', image: 'b', command: ['x'] }] },
  });
  assert.deepEqual(await patched('merge'), { spec: { containers: [{ name: 'etcd', image: 'b' }] } });
});

test('file names give the target and the type of a patch', () => {
  assert.deepEqual(parsePatchFileName('etcd.json'), { target: 'etcd', kind: 'strategic' });
  assert.deepEqual(parsePatchFileName('kube-scheduler1+json.yaml'), { target: 'kube-scheduler', kind: 'json' });
  assert.match(String(parsePatchFileName('etcd.txt')), /^the file extension must be one of \[json yaml\]$/);
  assert.match(
    String(parsePatchFileName('kubelet.yaml')),
    /^unknown target, must be one of \[etcd kube-apiserver kube-controller-manager kube-scheduler kubeletconfiguration corednsdeployment\]$/,
  );
  for (const name of ['etcd+.yaml', 'etcd+foo.yaml']) {
    assert.throws(() => parsePatchFileName(name), {
      message: "unknown or missing patch type after '+', must be one of [json merge strategic]",
    });
  }
});

test('refuses a missing folder and patches that cannot be read or applied', async () => {
  const failure = async (target: PatchTarget, files: Record<string, string>): Promise<string> => {
    const patches = patchesIn('/p', { files: new FakeHost({ files }).files, output: quiet });
    return patches.apply(target, { spec: { containers: [] } }).then(() => '', messagesOf);
  };
  const listing = 'could not list patch files for path "/p"';
  const pod = 'failed to patch static Pod manifest file for "etcd"';
  assert.equal(await failure('etcd', {}), `${pod}: ${listing}: lstat /p: no such file or directory`);
  assert.equal(
    await failure('kubeletconfiguration', {}),
    `could not apply patches to the KubeletConfiguration: ${listing}: lstat /p: no such file or directory`,
  );
  assert.equal(
    await failure('etcd', { '/p/etcd+x.yaml': 'a: 1' }),
    `${pod}: ${listing}: unknown or missing patch type after '+', must be one of [json merge strategic]`,
  );
  assert.equal(
    await failure('etcd', { '/p/etcd.yaml': 'a: b: c' }),
    `${pod}: ${listing}: could not convert patch to JSON:\na: b: c\n: yaml: mapping values are not allowed in this context`,
  );
  const applying = (type: string, text: string): string =>
    `${pod}: could not apply the following patch of type "application/${type}+json" to target "etcd":\n${text}\n: `;
  assert.equal(
    await failure('etcd', { '/p/etcd+json.yaml': '[{"op": "replace", "path": "/nope/a", "value": 1}]' }),
    `${applying('json-patch', '[{"op":"replace","path":"/nope/a","value":1}]')}replace operation does not apply: doc is missing path: /nope/a: missing value`,
  );
  assert.equal(
    await failure('etcd', { '/p/etcd.yaml': 'a' }),
    `${applying('strategic-merge-patch', '"a"')}invalid JSON document`,
  );
  assert.equal(
    await failure('etcd', { '/p/etcd+merge.yaml': '[1]' }),
    `${applying('merge-patch', '[1]')}invalid JSON patch`,
  );
  assert.match(
    await failure('etcd', { '/p/etcd.yaml': 'spec: {containers: 7}' }),
    /^failed to patch static Pod manifest file for "etcd": failed to unmarshal patched manifest from YAML: json: cannot unmarshal number into Go struct field PodSpec.spec.containers of type \[\]v1.Container$/,
  );
});
