import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { compareOnTwoPlanes } from './kubectl-two-planes.ts';

const folder = mkdtempSync(join(tmpdir(), 'kubectl-selections-'));
after(() => rmSync(folder, { recursive: true }));
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const maps = file(
  'maps.yaml',
  `apiVersion: v1
kind: ConfigMap
metadata: {name: one, labels: {a: b}}
data: {x: "1"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: two}
`,
);
const raw = file('raw.json', '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"raw"}}');
const workload = (kind: string, name: string, more: string): string => `apiVersion: apps/v1
kind: ${kind}
metadata: {name: ${name}}
spec:
  ${more}
  selector: {matchLabels: {app: ${name}}}
  template: {metadata: {labels: {app: ${name}}}, spec: {containers: [{name: ${name}, image: "${name}:1"}]}}
`;
const workloads = file(
  'workloads.yaml',
  [
    workload('DaemonSet', 'agent', 'updateStrategy: {type: RollingUpdate}'),
    workload('StatefulSet', 'db', 'replicas: 2'),
    workload('DaemonSet', 'ondelete', 'updateStrategy: {type: OnDelete}'),
    workload(
      'StatefulSet',
      'part',
      'replicas: 3\n  updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 2}}',
    ),
  ].join('---\n'),
);

/** Commands with files that contain no objects. */
const nothing = [
  'apply',
  'create',
  'replace',
  'delete',
  'get',
  'diff',
  'describe',
  'edit',
  'label a=b',
  'patch -p {}',
  'wait --for=delete',
]
  .concat([
    'scale --replicas=1',
    'autoscale --max=2',
    'rollout status',
    'set image a=b',
    'set env a=b',
    'expose',
    'auth reconcile',
  ])
  .concat([
    'apply set-last-applied',
    'apply view-last-applied',
    'rollout restart',
    'rollout pause',
    'rollout undo',
    'annotate a=b',
    'get -o name',
    'get -A',
    'delete -A',
  ])
  .map((command) => `${command} -f /dev/null`)
  .join('\n');

const changes = `
create -f ${maps}
label -f ${maps} c=d
label -f ${maps} c=d
label cm one two e=f --dry-run=client -o yaml
label cm one g=h --dry-run=server
label cm one c=x
label cm one c=x --overwrite
label cm one c- nosuch-
label cm one c- k=l
label cm one k=l k-
label cm one two p=z
label cm --all r=s
label cm -l r=s t=u -o name
label pods --field-selector=status.phase=Running a=b
label cm --all -l a=b c=d
label -f ${maps} --local l=m -o yaml
label cm one --local a=b
label
label cm
label cm one
label cm one a=b=c
label cm one bad_key!=x
label cm nosuch a=b
label cm -A --all all=x
annotate cm one n=1
annotate cm one n=1
annotate cm one n=2
annotate cm one two n=2
annotate cm one n-
annotate cm one n-
annotate -f ${maps} z=1 --dry-run=client
annotate cm one z=1 -o json --dry-run=client
annotate cm --all y=1
annotate cm one
taint node node-1 k=v:NoSchedule --dry-run=client -o yaml
taint node node-1 k=v:NoSchedule
taint node node-1 k=v:NoSchedule
taint node node-1 k=x:NoSchedule
taint node node-1 k=x:NoSchedule --overwrite
taint node node-1 k- z=1:NoExecute
taint nodes --all q=1:PreferNoSchedule
taint nodes -l kubernetes.io/os=linux q-
taint node node-1 nosuch-
taint node node-1 a=b
taint node node-1 a=b:Bad
taint node node-1
taint pods x a=b:NoSchedule
taint node nosuch a=b:NoSchedule
taint node node-1 z:NoExecute- y=1:NoSchedule -o name
taint node a=b:NoSchedule
create deployment web --image=nginx --replicas=3
create deployment api --image=nginx --replicas=3
scale deploy/web
scale deploy/web --replicas=1
scale deploy/web --replicas=1
scale deploy/web deploy/api --replicas=2
scale deploy --all --replicas=1
scale deploy -l app=web --replicas=2
scale deploy/web --replicas=2 --current-replicas=5
scale deploy/web --replicas=4 --current-replicas=2 -o name
scale deploy/web --replicas=0 --dry-run=client
scale deploy/web --replicas=0 --dry-run=server
scale deploy/nosuch deploy/web --replicas=1
scale deploy/nosuch --replicas=1
scale --replicas=1
scale deploy --replicas=1
scale cm/one --replicas=1
scale deploy/web --replicas=-2
scale deploy/web --replicas=2 --timeout=30s
wait deploy/web --for=jsonpath={.spec.replicas}=2 --timeout=5s
wait deploy/web --for=jsonpath={.spec.replicas}=7 --timeout=1s
wait deploy/web --for=jsonpath={.spec.replicas} --timeout=5s
wait deploy/web --for=jsonpath=.spec --timeout=5s
wait deploy -A --all --for=condition=Available --timeout=1s
wait deploy/web --for=condition=Available=false --timeout=20s
wait -f ${maps} --for=create --timeout=3s
wait cm/nosuch --for=delete
wait cm/nosuch --for=condition=x --timeout=1s
wait cm -l no=such --for=delete
wait cm -l no=such --for=condition=x
wait deploy/web
wait deploy/web --for=what
wait cm/nosuch --for=create --timeout=1s
wait --for=delete
wait deploy --for=delete
wait deploy/web --for=condition=Available -o name --timeout=1s
wait pods --all --field-selector=metadata.name=x --for=delete
scale deploy/web deploy/api --replicas=1 --resource-version=1
`;

const rollouts = `
create deployment web --image=nginx:1
set image deploy/web nginx=nginx:2
set image deploy/web nginx=nginx:3
rollout history deploy/web
rollout history deploy
rollout history deploy/web --revision=2
rollout history deploy/web --revision=9
rollout history deploy/web -o name
rollout history deploy/web --revision=1 -o jsonpath={.spec.template.spec}
rollout history -l app=web
rollout history deploy -l app=web
rollout history
rollout history pod/x
rollout status
rollout status deploy -l app=web --timeout=1s
rollout status deploy/web --watch=false
rollout status deploy/web --revision=7 --watch=false
rollout status pod/x
rollout undo deploy/web --dry-run=client
rollout undo deploy/web --dry-run=server
rollout undo deploy/web
rollout undo deploy/web --to-revision=3
rollout undo deploy/web --to-revision=77
rollout undo deploy/nosuch
rollout undo
rollout restart deploy -l app=nosuch
rollout restart
rollout restart cm/x
rollout pause deploy/web
rollout undo deploy/web
rollout resume deploy/web
create -f ${workloads}
rollout history ds/agent
rollout history sts/db
rollout status ds/agent --watch=false
rollout status sts/db --watch=false
set image ds/agent agent=agent:2
set image sts/db db=db:2
wait ds/agent --for=jsonpath={.status.observedGeneration}=2 --timeout=20s
wait sts/db --for=jsonpath={.status.observedGeneration}=2 --timeout=20s
rollout history ds/agent
rollout history sts/db
rollout history ds/agent --revision=1
rollout history sts/db --revision=2
rollout undo ds/agent
rollout undo sts/db
rollout undo ds/agent --to-revision=9
rollout undo sts/db --dry-run=client
rollout history ds/agent
rollout history sts/db
rollout status sts/db --watch=false
rollout status ds/ondelete --watch=false
rollout status sts/part --watch=false
delete deploy web --dry-run=client
delete deploy web --dry-run=server
delete deploy web --dry-run=client -o name
delete deploy web --cascade=wrong
delete deploy --all --field-selector=a=b -l x=y
delete --raw=/api/v1/namespaces/default/configmaps/nosuch
delete deploy web -o yaml
delete deploy nosuch --ignore-not-found
delete deploy/web sts/nosuch
delete all --all --dry-run=client
delete
delete pods
delete -A cm x
get --raw=/version/nosuch
create --raw=/api/v1/namespaces/default/configmaps -f ${raw}
create --raw=/api/v1/namespaces/default/configmaps -f ${raw}
replace --raw=/api/v1/namespaces/default/configmaps/raw -f ${raw}
create --raw=/x
replace -f ${maps}
create -f ${maps} --save-config
replace -f ${maps}
replace -f ${maps} --dry-run=client
replace -f ${maps} --dry-run=server -o name
replace -f ${maps} --force
replace -f ${maps} --grace-period=1
replace -f ${maps} --force --grace-period=0
replace
replace -f ${maps} --save-config -o name
create token nosuch
create -f ${maps} -l a=b
create cm three --from-literal=a=1 --dry-run=client -o name
delete --raw=/api/v1/namespaces/default/configmaps/raw
api-resources --api-group=apps --no-headers
api-resources --verbs=create,list --namespaced=false -o name
api-resources --categories=all
api-resources --sort-by=kind --api-group=apps
api-resources --sort-by=bad
api-resources -o bad
api-resources x
api-versions
`;

test('labels, annotations, taints, scales and waits, for one object, many and files', async () => {
  await compareOnTwoPlanes(changes);
});

test('rollouts of all kinds, deletions, replacements and raw requests', async () => {
  await compareOnTwoPlanes(`${rollouts.trimEnd()}\n${nothing}`);
});
