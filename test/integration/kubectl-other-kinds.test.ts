import { after, test } from 'node:test';
import { fixtureFolder } from './kubectl-fixtures.ts';
import { compareOnTwoPlanes } from './kubectl-two-planes.ts';

const fixtures = fixtureFolder();
after(() => fixtures[Symbol.dispose]());

const script = `
apply -f both.yaml
get cm one two -o jsonpath-as-json={range_.items[*]}{.metadata.name}{"\\n"}{end}
get cm one two -o jsonpath-as-json={range_.items[*]}[{.metadata.name},{.kind}]{end}
get cm one two -o jsonpath-as-json={range_.items[*]}{range_.data}{.a}{end}{.metadata.name}{end}
get cm one -o jsonpath-as-json=x{.kind}{.nosuch}
get cm one -o jsonpath-as-json={range_.nosuch[*]}{.a}{end}
apply -f pod.yaml
events -o name
certificate approve
certificate approve a b
certificate approve a/b
certificate approve csr/a/b
certificate approve csr/nosuch
certificate approve cm/one csr/nosuch
certificate approve ns/default
certificate approve -f both.yaml
certificate approve -f placed.yaml
certificate approve -f elsewhere.yaml
certificate deny -f csr.yaml
certificate deny -f csr.yaml --force a
edit deployment nosuch --subresource=foo
patch deployments nosuch other --subresource=foo -p {}
patch deployment nosuch --subresource=scale -p {}
patch cm one --subresource=foo -p {}
patch -f dep.yaml --subresource=foo -p {}
replace -f dep.yaml --subresource=foo
replace -f dep.yaml --subresource=scale
replace -f dep.yaml
rollout undo cm/one
rollout status cm/one
run x --image=nginx --dry-run=client --cascade=foreground --grace-period=3 --force --timeout=3s --wait
run x --image=nginx --dry-run=client -f cm.yaml -R
config view --merge=false
config view --show-managed-fields
`;

test('objects of other kinds, and parts that there are not, are answered as by upstream', () =>
  compareOnTwoPlanes(fixtures.inFolder(script)));
