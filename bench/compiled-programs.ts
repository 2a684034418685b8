import { dirname, join } from 'node:path';
import { rehearseControlPlane } from '@typernetes/machine';
import { bundleProgram } from '../tools/bundle.ts';

let rehearsed: Promise<string> | undefined;

/**
 * The file that starts a control plane program as on a machine: from the compiled code that a first run has written.
 */
export async function compiledProgram(program: 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler') {
  rehearsed ??= rehearse();
  return join(await rehearsed, program, 'start.cjs');
}

async function rehearse(): Promise<string> {
  const programs = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubeadm'];
  const [first = ''] = await Promise.all(programs.map((program) => bundleProgram(program)));
  const folder = dirname(dirname(first));
  const folders = { 'kube-apiserver': folder, 'kube-controller-manager': folder, 'kube-scheduler': folder };
  await rehearseControlPlane(process.execPath, folders, folder);
  return folder;
}
