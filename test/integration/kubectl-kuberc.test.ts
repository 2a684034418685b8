import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startControlPlane } from 'typernetes';
import { bothKubectls } from './kubectl-beside-upstream.ts';

const head = 'apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\n';
const preferences = `${head}aliases:
- name: getn
  command: get
  prependArgs: [namespaces]
  appendArgs: [default]
  options:
  - name: output
    default: name
- name: get
  command: describe
defaults:
- command: get
  options:
  - name: show-labels
    default: "true"
- command: create configmap
  options:
  - name: dry-run
    default: client
`;
const files: Readonly<Record<string, string>> = {
  command: `${head}aliases:\n- name: bad\n  command: nosuch\n`,
  flag: `${head}defaults:\n- command: get\n  options:\n  - name: nosuch\n    default: x\n`,
  other: 'kind: Foo\n',
};

const script = `
getn
getn -o jsonpath={.kind}
get ns default -o name
get ns default --show-labels=false --no-headers -o custom-columns=A:.metadata.name
create configmap x --from-literal=a=b
create configmap x --from-literal=a=b --dry-run=server
get ns default -o name --kuberc=FOLDER/command
bad --kuberc=FOLDER/command
get ns default -o name --kuberc=FOLDER/flag
get ns default -o name --kuberc FOLDER/other
get ns default -o name --kuberc=FOLDER/nosuch
`;

test('aliases and defaults of a kuberc file count as upstream has them count', async () => {
  const home = mkdtempSync(join(tmpdir(), 'kubectl-kuberc-'));
  try {
    mkdirSync(join(home, '.kube'));
    writeFileSync(join(home, '.kube/kuberc'), preferences);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(home, name), text);
    await using plane = await startControlPlane({ controllers: [], scheduler: false });
    using both = bothKubectls({ KUBECONFIG: plane.kubeconfigFile, HOME: home });
    using without = bothKubectls({ KUBECONFIG: plane.kubeconfigFile, HOME: home, KUBECTL_KUBERC: 'false' });
    for (const line of script.replaceAll('FOLDER', home).trim().split('\n')) {
      const args = line.split(' ');
      assert.deepEqual(await both.ours(...args), await both.upstream(...args), line);
    }
    assert.deepEqual(await without.ours('getn'), await without.upstream('getn'));
  } finally {
    rmSync(home, { recursive: true });
  }
});

const changes = `
view
set
set --section defaults
set --section foo --command get --option a=b
set --section defaults --command get --option output=wide
view
set --section defaults --command get --option output=yaml
set --section defaults --command get --option output=yaml --option show-labels=true --overwrite
set --section defaults --command get --option output
set --section aliases --command get
set --section aliases --name getn --command get --prependarg nodes --appendarg x --option output=wide
set --section aliases --name getn --command get
set --section aliases --name getn --command get --overwrite
set --section defaults --command rollout_status --option =x
view
view -o json
view -o name
view -o jsonpath={.aliases[0].name}
view x
foo
set --nosuch
`;

test('a kuberc file is shown and changed as upstream shows and changes it', async () => {
  const homes = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'kubectl-kuberc-')));
  const [mine = '', theirs = ''] = homes;
  try {
    using left = bothKubectls({ KUBECONFIG: '/dev/null', HOME: mine });
    using right = bothKubectls({ KUBECONFIG: '/dev/null', HOME: theirs });
    for (const line of changes.trim().split('\n')) {
      const args = ['alpha', 'kuberc', ...line.split(' ').map((word) => word.replace('_', ' '))];
      const [ours, upstream] = [await left.ours(...args), await right.upstream(...args)];
      const same = (text: string): string => text.replaceAll(mine, theirs);
      assert.deepEqual({ ...ours, out: same(ours.out), err: same(ours.err) }, upstream, line);
      const [written, expected] = homes.map((home) => textOf(join(home, '.kube/kuberc')));
      assert.equal(written, expected, line);
    }
    using asked = bothKubectls({ HOME: join(mine, 'new') }, { input: 'y\n' });
    const { out } = await asked.ours('alpha', 'kuberc', 'view');
    assert.match(out, /\(y\/N\): Updated .*kuberc\n$/);
    assert.match(textOf(join(mine, 'new/.kube/kuberc')) ?? '', /name: interactive/);
  } finally {
    for (const home of homes) rmSync(home, { recursive: true });
  }
});

const textOf = (file: string): string | undefined => (existsSync(file) ? readFileSync(file, 'utf8') : undefined);
