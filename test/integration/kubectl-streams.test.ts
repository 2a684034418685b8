import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startControlPlane } from 'typernetes';
import { bothKubectls } from './kubectl-beside-upstream.ts';
import { fixtureFolder } from './kubectl-fixtures.ts';
import { compareOnTwoPlanes } from './kubectl-two-planes.ts';

const fixtures = fixtureFolder();
after(() => fixtures[Symbol.dispose]());

const script = `
create cm a --from-literal=a=b
logs
logs nosuch
logs deploy/nosuch
logs web c extra
logs -l app=web p
logs p c -c d
logs p -c d --all-containers
logs p --since=5s --since-time=2024-01-01T00:00:00Z
logs p --tail=-5
logs p --since-time=foo
logs p --limit-bytes=-1
logs cm/a
logs -l app=nosuch
logs -l app=
logs foo/bar
logs rs/nosuch --pod-running-timeout=1s
exec
exec p
exec p date
exec nosuch -- date
exec deploy/nosuch -- date
exec cm/a -- date
exec -f pod.yaml -- date
exec -f nosuch.yaml -- date
attach
attach nosuch
attach deploy/nosuch
attach cm/a
port-forward
port-forward p
port-forward nosuch 80
port-forward svc/nosuch 80
port-forward deploy/nosuch 80
port-forward cm/a 80
port-forward svc/kubernetes 99
port-forward svc/kubernetes foo
cp
cp a
cp a b
cp nosuchfile p:/tmp
cp p:/x p2:/y
cp p:/x /nonexistent/copied
cp p:/x /nonexistent/copied -c foo
describe ns --chunk-size=1
top node
top pod --show-swap
wait cm/a --for=foo
set selector svc/kubernetes a=b --dry-run=client -o yaml
`;

test("commands that access pods reject what upstream's reject, with the same messages", () =>
  compareOnTwoPlanes(fixtures.inFolder(script)));

test("run shows the log of a pod that cannot be attached to, as upstream's does", () =>
  compareOnTwoPlanes(`
run once --image=i --restart=Never --attach
run kept --image=i --attach --quiet
run fed --image=i --restart=OnFailure -i --leave-stdin-open
run gone --image=i --restart=Never --attach --rm
get pods -o name
`));

test("cluster-info dump writes the same as upstream's", async () => {
  await using plane = await startControlPlane({ controllers: [], scheduler: false });
  using both = bothKubectls({ KUBECONFIG: plane.kubeconfigFile });
  await both.ours('create', 'cm', 'some', '--from-literal=a=b');
  const documents = (text: string): unknown[] =>
    text
      .split(/^(?=\{$)/m)
      .filter((part) => part !== '')
      .map((part) => JSON.parse(part.replace(/"resourceVersion": "\d+"/, '"resourceVersion": ""')));
  for (const args of [[], ['-A'], ['--namespaces=default,kube-public', '--show-managed-fields']]) {
    const line = ['cluster-info', 'dump', ...args];
    const [ours, upstream] = [await both.ours(...line), await both.upstream(...line)];
    assert.deepEqual(documents(ours.out), documents(upstream.out), line.join(' '));
    assert.equal(ours.code, upstream.code);
  }
});
