import { join } from 'node:path';
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

test('objects of other kinds and missing subresources are answered as by upstream', () =>
  compareOnTwoPlanes(fixtures.inFolder(script)));

const mixed = join(import.meta.dirname, 'testdata/kubectl-files/unknown-kind.yaml');
const badNames = join(import.meta.dirname, 'testdata/kubectl-files/bad.env');
const besideWhatIsNot = `
apply -f ${mixed}
apply -f ${mixed}
diff -f ${mixed}
get -f ${mixed} -o name
get -f ${mixed} -f ${mixed} -o name
describe -f ${mixed} --show-events=false
label -f ${mixed} a=b
label cm after a=b --resource-version=1
annotate -f ${mixed} a=b
patch -f ${mixed} --type=merge -p {"data":{"a":"b"}}
replace -f ${mixed}
delete -f ${mixed}
create -f ${mixed}
get clusterrole/view svc/none
get cm/none svc/none
get cm none -w --request-timeout=1s
get cm none --watch-only --request-timeout=1s
get cm after -o none
get cm none -o none
get cm none -o custom-columns=A
get cm none other -o yaml
get cm -o yaml --field-selector=bad=1
get cm --field-selector=bad=1
get ev --field-selector=involvedObject.name=none
describe cm -l a=b=c
label cm -l a=b=c x=y
delete cm -l a=b=c
delete cm --field-selector=bad=1
delete -f ${mixed} --ignore-not-found
delete -f ${mixed}
create cm bad --from-env-file=${badNames}
create secret generic bad --from-env-file=${badNames}
rollout undo node/none
run bare --image=x --dry-run=server
taint node none a=b:NoSchedule
--namespace
`;

test('existing objects are processed and shown beside missing ones', () => compareOnTwoPlanes(besideWhatIsNot));

const nameless = ['nameless.yaml', 'nameless-pod.yaml'].map((name) =>
  join(import.meta.dirname, 'testdata/kubectl-files', name),
);
const withoutNames = nameless
  .flatMap((file) => [
    ...['', '-o wide', '-o yaml', '-o name', '--server-print=false'].map((how) => `get -f ${file} ${how}`.trim()),
    `describe -f ${file}`,
    `apply -f ${file}`,
    `delete -f ${file}`,
    `create -f ${file} --dry-run=client -o yaml`,
  ])
  .join('\n');

test('an object without a name is reported with its file', () => compareOnTwoPlanes(withoutNames));

const twice = join(import.meta.dirname, 'testdata/kubectl-files/twice.yaml');
const keysTwice = `
apply -f ${twice} --dry-run=server
apply -f ${twice}
diff -f ${twice}
get -f ${twice} -o custom-columns=L:.metadata.labels,D:.data
replace -f ${twice}
get cm twice -o jsonpath={.data.k}
delete -f ${twice}
`;

test('of duplicate keys in a file, the last one counts', () => compareOnTwoPlanes(keysTwice));

const cutShort = join(import.meta.dirname, 'testdata/kubectl-files/cut-short.yaml');
const asPagesShow = `
apply -f ${cutShort}
get -f ${cutShort} -o name
get cm cut-short after -o custom-columns=D:.data,A:.metadata.annotations.list
delete -f ${cutShort}
`;

test('content after three dots is ignored, as by upstream', () => compareOnTwoPlanes(asPagesShow));

const files = (...names: readonly string[]): string[] =>
  names.map((name) => join(import.meta.dirname, 'testdata/kubectl-files', name));
const allForms = [
  ...files('stream.json', 'of-one-kind.yaml', 'odd-separator.yaml').flatMap((file) => [
    `apply -f ${file}`,
    `get -f ${file} -o name`,
    `delete -f ${file}`,
  ]),
  ...files('number-as-version.yaml', 'small-kind.yaml').map((file) => `apply -f ${file}`),
  ...files('small-kind.yaml').flatMap((file) => [`create -f ${file}`, `apply -f ${file} --dry-run=client -o name`]),
].join('\n');

test('multiple documents, typed lists and odd separators are read as by upstream', () => compareOnTwoPlanes(allForms));
