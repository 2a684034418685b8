import { after, test } from 'node:test';
import { fixtureFolder } from './kubectl-fixtures.ts';
import { compareOnTwoPlanes } from './kubectl-two-planes.ts';

const fixtures = fixtureFolder();
after(() => fixtures[Symbol.dispose]());

const script = `
apply
apply foo
apply -f
apply -f nosuch.yaml
apply -f cm.yaml extra
apply -f both.yaml
apply -f both.yaml
apply -f cmb.yaml -o name
apply -f cmb.yaml -o yaml --show-managed-fields=false
apply -f cmb.yaml -o jsonpath={.data}
apply -f cmb.yaml -o go-template --template={{.data.a}}
apply -f cmb.yaml --template={{.data.a}} -o foo
apply -f both.yaml --dry-run=client
apply -f both.yaml --dry-run=server
apply -f both.yaml --dry-run
apply -f both.yaml --dry-run=foo
apply -f cm.yaml --prune
apply -f cm.yaml --prune --all --force
apply -f cm.yaml --prune -l app=x --dry-run=client
apply -f cm.yaml --prune -l app=x --dry-run=server
apply -f cm.yaml --prune -l app=x -o name --dry-run=client
apply -f cm.yaml --prune -l app=x
apply -f both.yaml
apply -f cm.yaml --prune -l app=x -n default
apply -f cm2.yaml --prune --all --prune-allowlist=core/v1/ConfigMap
apply -f cm.yaml --prune -l app=x --prune-allowlist=v1/ConfigMap
apply -f cm.yaml --prune -l app=x --prune-allowlist=core/v1/Foo
apply -f cm.yaml --prune -l app=y
apply -f both.yaml -l app=x
apply -f both.yaml -l app=y
apply -f both.yaml --all --selector=app=x
apply -f cm.yaml --server-side --prune --all
apply -f cm.yaml --server-side --force
apply -f cm.yaml --force-conflicts
apply -f cm.yaml --server-side --dry-run=client
apply -f cm.yaml --server-side
apply -f cm.yaml --server-side --dry-run=server
apply -f cm.yaml --server-side -o name
apply -f cm.yaml --server-side --field-manager=x --force-conflicts
apply -f cmb.yaml --server-side --field-manager=y
apply -f cm.yaml --openapi-patch=false
apply -f pod.yaml
apply -f podb.yaml
apply -f podb.yaml --force --grace-period=0
apply -f podb.yaml --force --cascade=foo
apply -f podb.yaml --dry-run=server --force
apply -f podb.yaml --force --timeout=5s --wait
apply -f podb.yaml --grace-period=3
apply -f podb.yaml --timeout=3s
apply -f podb.yaml --wait=true
apply -f podb.yaml --subresource=status
apply -f podb.yaml --subresource=status --server-side
apply -f podb.yaml --subresource=foo --server-side
apply -f bad.yaml
apply -f bad.yaml --validate=false
apply -f bad.yaml --validate=warn
apply -f bad.yaml --validate=foo
apply -f nokind.yaml
apply -f crd.yaml
apply -f cm.yaml -f crd.yaml
apply -f dep.yaml -n nosuch
apply -f dep.yaml
scale deploy/web --replicas=5
apply -f dep.yaml
create cm handmade --from-literal=a=b
apply view-last-applied cm/handmade
apply view-last-applied cm/one
apply view-last-applied cm/one -o json
apply view-last-applied cm/one -o foo
apply view-last-applied -f cm.yaml
apply view-last-applied
apply view-last-applied cm/nosuch
apply set-last-applied -f cm.yaml
apply set-last-applied -f cm.yaml --dry-run=client
apply set-last-applied -f cm.yaml -o yaml --dry-run=server
apply set-last-applied -f pod.yaml -o name
apply set-last-applied
apply edit-last-applied
`;

test("apply does and prints the same as upstream's", () => compareOnTwoPlanes(fixtures.inFolder(script)));
