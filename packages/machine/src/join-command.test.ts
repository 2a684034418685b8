import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joinCommands } from './join-command.ts';

test('reads both join commands, whatever lines they are broken over', () => {
  const output = `You can now join any number of the control-plane node running the following command on each as root:

  kubeadm join 172.30.0.10:6443 --token abcdef.0123456789abcdef \\
\t--discovery-token-ca-cert-hash sha256:12 \\
\t--control-plane --certificate-key 34

Then you can join any number of worker nodes by running the following on each as root:

kubeadm join 172.30.0.10:6443 --token abcdef.0123456789abcdef \\
\t--discovery-token-ca-cert-hash sha256:12 
`;
  const worker =
    'kubeadm join 172.30.0.10:6443 --token abcdef.0123456789abcdef --discovery-token-ca-cert-hash sha256:12';
  assert.deepEqual(joinCommands(output), { worker, controlPlane: `${worker} --control-plane --certificate-key 34` });
  assert.deepEqual(joinCommands(`  ${worker}\n`), { worker, controlPlane: undefined });
  assert.throws(() => joinCommands('error'), /Cannot find the join command/);
});
