/**
 * The end of the chapter 深入解析Pod对象: an administrator's PodPreset changes the pods of others, typed with upstream's
 * kubectl and with ours.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { eventually } from '../eventually.ts';
import { assertAlike } from './alike.ts';
import { openWalkthrough, type Shell, type Walkthrough } from './walkthrough.ts';

const configuration = `apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
apiServer:
  extraArgs:
    - name: runtime-config
      value: api/all=true
    - name: enable-admission-plugins
      value: NodeRestriction,PodPreset
`;

/** Runs lines in the directory of the examples. */
const inExamples = (shell: Shell): Shell => {
  const there = (script: string): string => `cd examples && ${script}`;
  return {
    run: (script, settings) => shell.run(there(script), settings),
    attempt: (script, settings) => shell.attempt(there(script), settings),
    start: (script, settings) => shell.start(there(script), settings),
  };
};

describe('PodPreset', () => {
  let walkthrough: Walkthrough;
  let shell: Shell;
  let ours: Shell;

  before(async () => {
    walkthrough = await openWalkthrough();
    await walkthrough.createMachines('preset');
    shell = walkthrough.inMachine('preset', { kubectl: 'upstream' });
    walkthrough.write('preset', '/root/kubeadm-preset.yaml', configuration);
    await shell.run('kubeadm init --config kubeadm-preset.yaml');
    await shell.run('mkdir -p $HOME/.kube && cp /etc/kubernetes/admin.conf $HOME/.kube/config');
    await shell.run('kubectl taint nodes --all node-role.kubernetes.io/control-plane-');
    await shell.run('kubectl apply -f addons/network.yaml');
    shell = inExamples(shell);
    ours = inExamples(walkthrough.inMachine('preset'));
  });
  after(() => walkthrough?.close());

  test('is served because the API server was told to', async () => {
    assert.match(
      await shell.run('kubectl api-resources --api-group=settings.k8s.io'),
      /^podpresets +settings\.k8s\.io\/v1alpha1 +true +PodPreset$/m,
    );
    assert.equal(
      await shell.run('kubectl create -f preset.yaml'),
      'podpreset.settings.k8s.io/allow-database created\n',
    );
    assert.match(await shell.run('kubectl get podpreset'), /^NAME +CREATED AT\nallow-database +\d{4}-/);
  });

  test('is applied to a pod that its selector matches', async () => {
    assert.equal(await shell.run('kubectl create -f pod.yaml'), 'pod/website created\n');
    const yaml = await shell.run('kubectl get pod website -o yaml');
    const revision = await shell.run("kubectl get podpreset allow-database -o jsonpath='{.metadata.resourceVersion}'");
    assert.ok(yaml.includes(`podpreset.admission.kubernetes.io/podpreset-allow-database: "${revision}"`), yaml);
    assert.match(yaml, /^ {4}- name: DB_PORT\n {6}value: "6379"$/m);
    assert.match(yaml, /^ {4}- mountPath: \/cache\n {6}name: cache-volume$/m);
    assert.match(yaml, /^ {2}- emptyDir: \{\}\n {4}name: cache-volume$/m);
    await assertAlike('kubectl get pod website -o yaml', { upstream: shell, ours });
    await shell.run('kubectl wait pod/website --for=condition=Ready --timeout=180s');
    await eventually(async () =>
      assert.equal(await shell.run("kubectl exec website -- sh -c 'echo $DB_PORT; ls -d /cache'"), '6379\n/cache\n'),
    );
  });

  test('is created and found with our kubectl too', async () => {
    await shell.run('kubectl delete -f pod.yaml -f preset.yaml --now');
    assert.equal(await ours.run('kubectl create -f preset.yaml'), 'podpreset.settings.k8s.io/allow-database created\n');
    assert.equal(await ours.run('kubectl create -f pod.yaml'), 'pod/website created\n');
    await assertAlike('kubectl get pod website -o yaml', { upstream: shell, ours });
    await assertAlike('kubectl get podpreset', { upstream: shell, ours });
  });

  test('changes only pods, never the Deployment', async () => {
    await shell.run('kubectl create deployment frontend --image=nginx --dry-run=client -o json > frontend.json');
    const labelled = `sed -i 's/"app": "frontend"/"app": "frontend", "role": "frontend"/' frontend.json`;
    await shell.run(`${labelled} && kubectl create -f frontend.json`);
    const added = '{.spec.template.spec.containers[0].env}{.spec.template.spec.volumes}';
    assert.equal(await shell.run(`kubectl get deployment frontend -o jsonpath='${added}'`), '');
    const port = '{.items[0].spec.containers[0].env[0].value}';
    await eventually(async () =>
      assert.equal(await shell.run(`kubectl get pods -l app=frontend -o jsonpath='${port}'`), '6379'),
    );
  });
});
