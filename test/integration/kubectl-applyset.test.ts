import { after, test } from 'node:test';
import { fixtureFolder } from './kubectl-fixtures.ts';
import { compareOnTwoPlanes } from './kubectl-two-planes.ts';

const fixtures = fixtureFolder();
after(() => fixtures[Symbol.dispose]());

const parents =
  'get secrets,configmaps -o jsonpath={range_.items[*]}{.metadata.name}:{.metadata.labels}{.metadata.annotations.applyset\\.kubernetes\\.io/contains-group-kinds}{.metadata.annotations.applyset\\.kubernetes\\.io/additional-namespaces}{"\\n"}{end}';

const script = `
apply -f both.yaml --prune --applyset=
apply -f both.yaml --applyset=set -n default
apply -f both.yaml --prune --applyset=set
apply -f both.yaml --prune --applyset=nosuch/set -n default
apply -f both.yaml --prune --applyset=nosuch.group/set -n default
apply -f both.yaml --prune --applyset=secrets/ -n default
apply -f both.yaml --prune --applyset=pods/set -n default
apply -f both.yaml --prune --applyset=pods/set
apply -f both.yaml --prune --applyset=deployments.apps/set -n default
apply -f both.yaml --prune --applyset=set -n default --all
apply -f both.yaml --prune --applyset=set -n default -l app=x
apply -f both.yaml --prune --applyset=set -n default --prune-allowlist=core/v1/ConfigMap
apply -f both.yaml --prune --applyset=set -n default --force
apply -f both.yaml --prune --applyset=set -n default --dry-run=client
apply -f both.yaml --prune --applyset=set -n default
${parents}
apply -f cm.yaml --prune --applyset=set -n default --dry-run=client
apply -f cm.yaml --prune --applyset=set -n default --dry-run=server
apply -f cm.yaml --prune --applyset=set -n default
${parents}
apply -f cm2.yaml --prune --applyset=configmaps/set -n default --server-side
apply -f pod.yaml --prune --applyset=configmaps/set -n default --server-side
${parents}
apply -f cm.yaml --prune --applyset=configmap/set -n default -o name
create secret generic other
apply -f cm.yaml --prune --applyset=other -n default
annotate secret other applyset.kubernetes.io/tooling=helm/v3
apply -f cm.yaml --prune --applyset=other -n default
annotate secret other applyset.kubernetes.io/tooling=kubectl/v1 --overwrite
apply -f cm.yaml --prune --applyset=other -n default
label secret other applyset.kubernetes.io/id=wrong
apply -f cm.yaml --prune --applyset=other -n default
annotate secret set applyset.kubernetes.io/contains-group-kinds-
apply -f cm.yaml --prune --applyset=set -n default
annotate secret set applyset.kubernetes.io/contains-group-kinds=Nosuch.example.com
apply -f cm.yaml --prune --applyset=set -n default
annotate secret set applyset.kubernetes.io/contains-group-kinds- applyset.kubernetes.io/contains-group-resources=nosuch.example.com
apply -f cm.yaml --prune --applyset=set -n default
annotate secret set applyset.kubernetes.io/contains-group-resources=configmaps --overwrite
apply -f cm.yaml --prune --applyset=set -n default
${parents}
create namespace team
apply -f dep.yaml --prune --applyset=set -n team
`;

test('apply sets are applied and pruned as by upstream', () =>
  compareOnTwoPlanes(fixtures.inFolder(script), { KUBECTL_APPLYSET: 'true' }));

test('the flag exists only with the environment variable', () =>
  compareOnTwoPlanes(fixtures.inFolder('\napply -f cm.yaml --prune --applyset=set -n default\n')));
