import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { compareOnTwoPlanes } from './kubectl-two-planes.ts';

const folder = mkdtempSync(join(tmpdir(), 'kubectl-debug-'));
after(() => rmSync(folder, { recursive: true }));
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const pod = file(
  'pod.yaml',
  `apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}, annotations: {note: x}}
spec:
  automountServiceAccountToken: false
  securityContext: {fsGroup: 7, runAsUser: 9}
  initContainers: [{name: init, image: init}]
  containers:
  - name: app
    image: app:1
    command: [a]
    args: [b]
    livenessProbe: {exec: {command: [a]}}
    readinessProbe: {exec: {command: [a]}}
    startupProbe: {exec: {command: [a]}}
    securityContext: {runAsUser: 5, capabilities: {add: [CHOWN]}}
  - {name: side, image: "side:1"}
`,
);
const custom = file('custom.yaml', 'env: [{name: A, value: b}]\nsecurityContext: {runAsUser: 0}\n');
const named = file('named.yaml', 'name: x\n');

const profiles = ['legacy', 'general', 'baseline', 'netadmin', 'restricted', 'sysadmin'];
const script = `
create -f ${pod}
debug
debug web
debug web --image=Bad
debug web --image=busybox --profile=none
debug web --image=busybox --image-pull-policy=x
debug web --image=busybox -t
debug web --image=busybox --replace
debug web --image=busybox --same-node
debug web --set-image=*=x
debug web --attach
debug web --copy-to=c
debug web --copy-to=c -- sh
debug web --copy-to=c --set-image=app=Bad
debug web --copy-to=c --image=x --target=app
debug none --image=busybox
debug namespace/default --image=busybox
debug web --image=busybox --custom=${named}
debug web --image=busybox --custom=${folder}/none
debug web --image=busybox
debug web --image=busybox -q -c one --target=app --env=A=b --image-pull-policy=Never -- sh -c x
debug web --image=busybox -c two --target=app --arguments-only --profile=general -- sh
debug web --image=busybox -c two --profile=general
debug web --image=busybox -c three --profile=baseline --custom=${custom}
debug web --image=busybox -c app --profile=sysadmin
${profiles.map((name) => `debug web --image=busybox -c at-${name} --profile=${name}`).join('\n')}
get pod web -o jsonpath={.spec.ephemeralContainers[1:]}
${profiles
  .map(
    (name) => `debug web --image=busybox --copy-to=copy-${name} -c dbg --profile=${name}
get pod copy-${name} -o jsonpath={.metadata.labels}{.metadata.annotations}{.spec}
debug node/node-1 --image=busybox --profile=${name} -c ${name}`,
  )
  .join('\n')}
get pods -l app.kubernetes.io/managed-by=kubectl-debug --sort-by={.spec.containers[0].name} -o jsonpath={.items[*].spec}
debug web --copy-to=images --set-image=*=x:1,side=y:2
debug web --copy-to=other --container=app --profile=general --share-processes=false --same-node -- sh -c x
debug web --copy-to=kept --container=app --image=z --arguments-only --profile=sysadmin --keep-labels --keep-annotations --keep-liveness --keep-readiness --keep-startup --keep-init-containers=false -- c
get pods images other kept -o jsonpath={range_.items[*]}{.metadata.labels}{.metadata.annotations}{.spec}{end}
debug web --image=busybox --copy-to=last -c dbg --profile=restricted --custom=${custom} --replace
get pod last -o jsonpath={.spec}
create -f ${pod}
debug -f ${pod} --image=busybox -c file --profile=general
get pod web -o jsonpath={.spec.ephemeralContainers}
delete pod web --now
get pod web
`;

test("debug containers, copies and node pods equal those of upstream's kubectl", async () => {
  await compareOnTwoPlanes(script);
});
