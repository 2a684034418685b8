/** A line of the introduction for the reader to type, and the test that types it. */
export interface ChapterLine {
  /** As printed in the introduction. */
  readonly printed: string;
  /** The test file that types it: `first-app.test.ts`. */
  readonly file: string;
  /** The line in that file, if the printed line names something that only its author had. */
  readonly typed?: string;
}

const ofPod = (line: string): Pick<ChapterLine, 'printed' | 'typed'> => ({
  printed: line,
  typed: line.replace(/nginx-deployment-\w{10}-\w{5}/, `\${pod}`),
});
const web = 'https://raw.githubusercontent.com';

/** Every line of the introduction that starts with kubectl or kubeadm, once, in order. */
export const chapterLines: readonly ChapterLine[] = [
  { printed: 'kubeadm init', file: 'cluster.test.ts' },
  { printed: 'kubeadm join <Master 节点的 IP 和端口 >', file: 'cluster.test.ts', typed: 'run(join.line)' },
  { printed: 'kubeadm init --config kubeadm.yaml', file: 'cluster.test.ts' },
  {
    printed:
      'kubeadm join 10.168.0.2:6443 --token 00bwbx.uvnaa2ewjflwu1ry --discovery-token-ca-cert-hash sha256:00eb62a2a6020f94132e3fe1ab721349bbcd3e9b94da9654cfe15f2985ebd711',
    file: 'cluster.test.ts',
    typed: 'run(join.line)',
  },
  { printed: 'kubectl get nodes', file: 'cluster.test.ts' },
  { printed: 'kubectl describe node master', file: 'cluster.test.ts' },
  { printed: 'kubectl get pods -n kube-system', file: 'cluster.test.ts' },
  // Machines have no Internet access: what is needed comes with us.
  {
    printed: 'kubectl apply -f https://git.io/weave-kube-1.6',
    file: 'cluster.test.ts',
    typed: 'kubectl apply -f addons/network.yaml',
  },
  { printed: 'kubectl taint nodes node1 foo=bar:NoSchedule', file: 'cluster.test.ts' },
  { printed: 'kubectl taint nodes --all node-role.kubernetes.io/master-', file: 'cluster.test.ts' },
  {
    printed: `kubectl apply -f ${web}/kubernetes/dashboard/master/src/deploy/recommended/kubernetes-dashboard.yaml`,
    file: 'cluster.test.ts',
    typed: 'kubectl apply -f addons/dashboard.yaml',
  },
  // Ceph is only on the Internet; our own storage replaces it: test/e2e/storage.e2e.test.ts.
  ...['operator', 'cluster'].map((name) => ({
    printed: `kubectl apply -f ${web}/rook/rook/master/cluster/examples/kubernetes/ceph/${name}.yaml`,
    file: '../e2e/storage.e2e.test.ts',
    typed: 'local-storage.yaml',
  })),
  { printed: 'kubectl get pods -n rook-ceph-system', file: 'cluster.test.ts' },
  { printed: 'kubectl get pods -n rook-ceph', file: 'cluster.test.ts' },
  { printed: 'kubectl create -f 我的配置文件', file: 'pods.test.ts' },
  { printed: 'kubectl create -f nginx-deployment.yaml', file: 'first-app.test.ts' },
  { printed: 'kubectl get pods -l app=nginx', file: 'first-app.test.ts' },
  { ...ofPod('kubectl describe pod nginx-deployment-67594d6bf6-9gdvr'), file: 'first-app.test.ts' },
  { printed: 'kubectl replace -f nginx-deployment.yaml', file: 'first-app.test.ts' },
  { printed: 'kubectl apply -f nginx-deployment.yaml', file: 'first-app.test.ts' },
  { printed: 'kubectl get pods', file: 'first-app.test.ts' },
  { ...ofPod('kubectl exec -it nginx-deployment-5c678cfb6d-lg9lw -- /bin/bash'), file: 'first-app.test.ts' },
  { printed: 'kubectl delete -f nginx-deployment.yaml', file: 'first-app.test.ts' },
  { printed: 'kubectl create -f nginx.yaml', file: 'pods.test.ts' },
  { printed: 'kubectl attach -it nginx -c shell', file: 'pods.test.ts' },
  { printed: 'kubectl create secret generic user --from-file=./username.txt', file: 'pods.test.ts' },
  { printed: 'kubectl create secret generic pass --from-file=./password.txt', file: 'pods.test.ts' },
  { printed: 'kubectl get secrets', file: 'pods.test.ts' },
  { printed: 'kubectl create -f test-projected-volume.yaml', file: 'pods.test.ts' },
  { printed: 'kubectl exec -it test-projected-volume -- /bin/sh', file: 'pods.test.ts' },
  { printed: 'kubectl create configmap ui-config --from-file=example/ui.properties', file: 'pods.test.ts' },
  { printed: 'kubectl get configmaps ui-config -o yaml', file: 'pods.test.ts' },
  { printed: 'kubectl create -f dapi-volume.yaml', file: 'pods.test.ts' },
  { printed: 'kubectl logs test-downwardapi-volume', file: 'pods.test.ts' },
  { ...ofPod('kubectl describe pod nginx-deployment-5c678cfb6d-lg9lw'), file: 'first-app.test.ts' },
  { printed: 'kubectl create -f test-liveness-exec.yaml', file: 'pods.test.ts' },
  { printed: 'kubectl get pod', file: 'pods.test.ts' },
  { printed: 'kubectl describe pod test-liveness-exec', file: 'pods.test.ts' },
  { printed: 'kubectl get pod test-liveness-exec', file: 'pods.test.ts' },
  { printed: 'kubectl create -f preset.yaml', file: 'pod-preset.test.ts' },
  { printed: 'kubectl create -f pod.yaml', file: 'pod-preset.test.ts' },
  { printed: 'kubectl get pod website -o yaml', file: 'pod-preset.test.ts' },
];
