import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startControlPlane } from 'typernetes';
import { assertSame, bothKubectls } from './kubectl-beside-upstream.ts';

/** The structure of help without its prose: sections, their entries, and the usage line. */
interface HelpShape {
  readonly sections: readonly string[];
  readonly commands: readonly string[];
  readonly options: readonly string[];
  readonly usage: string;
  readonly aliases: string;
}

function shapeOf(help: string): HelpShape {
  const options = help.split(/^Options:$/m)[1] ?? '';
  return {
    sections: [...help.matchAll(/^([A-Z][A-Za-z() ]+):$/gm)].map(([, title = '']) => title),
    commands: [...help.matchAll(/^ {2}([a-z][a-z-]+) {2,}[A-Z]/gm)].map(([, name = '']) => name),
    options: [...options.matchAll(/^ {4}((?:-\w, )?--.*):$/gm)].map(([, option = '']) => option),
    usage: /^Usage:\n(.*)$/m.exec(help)?.[1] ?? '',
    aliases: /^Aliases:\n(.*)$/m.exec(help)?.[1] ?? '',
  };
}

/** Flags of 1.36 that upstream's kubectl 1.35 does not have. */
const sinceThen: Readonly<Record<string, readonly string[]>> = {
  'alpha kuberc set': ['--allowlist-entry=[]', "--policy=''"],
};

test("help of every command has upstream's sections, commands, flags and usage line", async () => {
  using both = bothKubectls({ KUBECONFIG: '/nonexistent' });
  const queue: string[][] = [[]];
  for (let words = queue.shift(); words; words = queue.shift()) {
    const line = [...words, '--help'];
    const [ours, upstream] = [await both.ours(...line), await both.upstream(...line)];
    assert.equal(ours.code, upstream.code, `kubectl ${line.join(' ')}`);
    const [mine, theirs] = [shapeOf(ours.out), shapeOf(upstream.out)];
    const { commands } = theirs;
    const name = words.join(' ');
    assert.deepEqual(mine.commands, commands, `kubectl ${name}`);
    assert.equal(mine.usage, theirs.usage, `kubectl ${name}`);
    assert.equal(mine.aliases, theirs.aliases, `kubectl ${name}`);
    if (name !== 'cluster-info') {
      const without = (sections: readonly string[]): string[] => sections.filter((title) => title !== 'Examples');
      assert.deepEqual(without(mine.sections), without(theirs.sections), `kubectl ${name}`);
    }
    const came = sinceThen[name] ?? [];
    assert.deepEqual(
      mine.options.filter((option) => !came.includes(option)),
      theirs.options,
      `kubectl ${name}`,
    );
    assert.deepEqual(
      came.filter((option) => !mine.options.includes(option)),
      [],
      `kubectl ${name}`,
    );
    queue.push(...commands.map((command) => [...words, command]));
  }
});

const mistakes = `
gett
roll
rollout foo
rollout statu x
-x
--nosuch
create secrett
delet pods
config foo
bogus
get --nosuch
get -h --x
completion
completion foo
completion bash zsh
`;

test('invalid command lines are answered as by upstream', async () => {
  using both = bothKubectls({ KUBECONFIG: '/nonexistent' });
  for (const line of mistakes.trim().split('\n')) await assertSame(both, line);
});

/** `_` is an empty word. */
const unfinished = `
get po
get _
get cm _
get deploy/
get deployments w
-n _
get -o _
get --output=j
ro
rollout _
rollout restart _
rollout restart deploy _
config use-context _
--context _
drain _
create token _
create se
get --wat
logs _
exec nosuch -c _
get cm kube-root-ca.crt _
apply -f _
cp _
get -A nod
_
help rollout _
help config u
create cronjob _
create cronjob x --image=a --
create deployment web --
create deployment web --i
run x --image y --
get -A --all
get -l a=b -l
create clusterrolebinding -n _
create clusterrolebinding x --clusterrole=system:aggregate
create rolebinding --namespace=
set subject -n _
expose _
expose p
expose deploy/web _
set image _
get deploy/web s
rollout pause _
rollout restart deploy/web d
scale _
scale web _
scale --replicas=1 _
autoscale deploy/web --max=2 _
taint _
describe deploy/web n
logs deploy/web _
exec deploy/web -c _
debug _
debug deployments _
patch deploy/web n
config set-context _
get sa,deploy _
get sa,deploy/
get pods -o=j
get pods --subresource=
alpha kuberc set _
`;

test('unfinished lines are completed as by upstream', async () => {
  await using plane = await startControlPlane({ nodes: 1 });
  using both = bothKubectls({ KUBECONFIG: plane.kubeconfigFile });
  await both.ours('create', 'deployment', 'web', '--image=nginx');
  await both.ours('wait', 'deploy/web', '--for=jsonpath={.status.replicas}=1', '--timeout=60s');
  for (const line of unfinished.trim().split('\n')) {
    const args = ['__complete', ...line.split(' ').map((word) => (word === '_' ? '' : word))];
    const [ours, upstream] = [await both.ours(...args), await both.upstream(...args)];
    const words = (text: string): string => text.replace(/\t.*/g, '');
    assert.equal(words(ours.out), words(upstream.out), `kubectl __complete ${line}`);
    assert.equal(ours.err, upstream.err, `kubectl __complete ${line}`);
  }
});
