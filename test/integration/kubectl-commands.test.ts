import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { compareOnTwoPlanes } from './kubectl-two-planes.ts';

const folder = mkdtempSync(join(tmpdir(), 'kubectl-commands-'));
after(() => rmSync(folder, { recursive: true }));
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const web = (replicas: number): string => `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: nginx, image: "nginx:1.7.9", ports: [{containerPort: 80}]}]}
`;
const [two, seven] = [file('two.yaml', web(2)), file('seven.yaml', web(7))];
const refused = (name: string): string => `apiVersion: v1
kind: Pod
metadata: {name: ${name}}
spec: {containers: []}
`;
const [onePod, twoPods] = [
  file('one-pod.yaml', refused('one')),
  file('two-pods.yaml', `${refused('one')}---\n${refused('two')}`),
];

const script = `
create clusterrole reader --verb=get,list --resource=pods,deployments.apps,pods/log -o yaml --dry-run=client
create role reader --verb=get --resource=pods
create rolebinding readers --role=reader --user=jane --serviceaccount=shop:web -o yaml --dry-run=client
create configmap conf --from-literal=key.one=1 --from-literal=two=2
create configmap conf --from-literal=a=1
create cronjob tick --image=tick --schedule=5_*_*_*_* -- date
create job once --image=tick -o yaml --dry-run=client -- date -u
create deployment shop --image=shop:1 --port=80 -o yaml --dry-run=client
create ingress front --rule=shop.example/path*=shop:http,tls=cert -o yaml --dry-run=client
create poddisruptionbudget shop --selector=app=shop --min-available=1 -o yaml --dry-run=client
create quota small --hard=cpu=1,pods=2 -o yaml --dry-run=client
create secret docker-registry pull --docker-username=u --docker-password=p -o yaml --dry-run=client
create service nodeport shop --tcp=80:http --node-port=30080 -o yaml --dry-run=client
create deployment shop
apply -f ${two}
patch deployment web -p {"spec":{"replicas":3}}
patch deployment web -p {"spec":{"replicas":3}}
patch deployment web --subresource=scale --type=merge -p {"spec":{"replicas":1}}
patch -f ${two} --local -p {"spec":{"replicas":5}} -o yaml
set image deployment/web nginx=nginx:2
set image deployment/web other=nginx:2
set env deployment/web A=b --from=configmap/conf --keys=two
set env deployment/web --list
set env deployment/web C=d A=c two- --list
set env deployment/web A=c --list --overwrite=false
get deployment web --subresource=scale -o custom-columns=REPLICAS:.spec.replicas
set resources deployment/web --limits=cpu=200m
set image deployment web nginx=nginx:3 --record
scale deployment web --replicas 2 --record=true -n default
patch deployment web -p {"spec":{"minReadySeconds":1}} --record
patch deployment web -p {"spec":{"minReadySeconds":1}}
label deployment web tier=front --record --dry-run=client -o yaml
annotate deployment web tier=front --record
get deployment web -o jsonpath={.metadata.annotations}
apply -f ${two} --record
create -f ${onePod} --validate=false
create -f ${twoPods} --validate=false
apply -f ${onePod} --validate=false
apply -f ${twoPods} --validate=false
apply -f ${twoPods} --validate=false --server-side
rollout history deployment web
set env deployment web A=e --record
rollout pause deployment/web
rollout pause deployment/web
rollout resume deployment/web
expose deployment web
expose configmap conf --port=80
autoscale deployment web --max=5 --cpu=50%
run lone --image=lone --restart=Never --env=A=b -o yaml --dry-run=client -- sleep 1
cordon node-1
cordon node-1
uncordon node-1
run lone --image=lone
wait --for=condition=Ready pod/lone --timeout=60s
drain node-1
auth can-i list pods --as=nobody
auth can-i --list
auth whoami
apply view-last-applied deployment web
diff -f ${seven}
edit configmap conf
edit configmap conf --output-patch
edit deployment none
top nodes
certificate approve none
events --types=Other
port-forward pod/none 80
cp a b
`;

test("commands that change things print and do what upstream's do, each on its own control plane", async () => {
  // Without directories on the PATH there are no plugins; the editor is a shell command.
  await compareOnTwoPlanes(script, { KUBE_EDITOR: 'sed -i "s/two: \\"2\\"/two: \\"3\\"/"', SHELL: '/bin/sh' });
});
