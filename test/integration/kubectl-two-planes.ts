import assert from 'node:assert/strict';
import { startControlPlane } from 'typernetes';
import { bothKubectls, type Printed } from './kubectl-beside-upstream.ts';

/** Removes what differs between control planes. */
const withoutIdentities = (text: string): string =>
  text
    // What Go's client has switched on.
    .replace(/^I\d{4} .*"Feature gate default state".*\n/gm, '')
    // The actual error is also printed at the end.
    .replace(/^E\d{4} .*memcache\.go.*\n/gm, '')
    .replace(/^[IWEF]\d{4} \S+ +\d+ \S+\] /gm, 'LOGGED ')
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UID')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replace(/\w{3}, \d\d \w{3} \d{4} [\d:]+ \+0000/g, 'DATE')
    // The revision depends on what controllers have written meanwhile.
    .replace(/"?resourceVersion"?: ?"?\d+"?/g, 'VERSION')
    .replace(/(resource version to be \d+, was )\d+/g, '$1VERSION')
    .replace(/X509SHA256=\w+/g, 'CREDENTIAL')
    .replace(/\bey[\w-]+\.[\w-]+\.[\w-]+/g, 'TOKEN')
    .replace(/127\.0\.0\.1:\d+/g, 'SERVER')
    .replace(/\/tmp\/kubectl-home-\w+/g, 'HOME')
    .replace(/\/tmp\/(LIVE|MERGED)-\w+/g, '$1')
    .replace(/\/tmp\/kubectl-edit-[^"]*/g, 'COPY')
    .replace(/-[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, '-SUFFIX')
    .replace(/10\.\d+\.\d+\.\d+/g, 'ADDRESS');

export const shown = ({ out, err, code }: Printed): Printed => ({
  out: withoutIdentities(out).replace(/^(---|\+\+\+|diff) .*$/gm, ''),
  // Upstream iterates over a map in random order, and prints warnings in that order.
  err: withoutIdentities(err).split('\n').sort().join('\n'),
  code,
});

/**
 * Runs each line of the script with our kubectl and with upstream's, each against its own control plane with one node,
 * and compares output and exit codes. `_` in a word stands for a space.
 */
export async function compareOnTwoPlanes(
  script: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<void> {
  await using ours = await startControlPlane({ nodes: 1 });
  await using theirs = await startControlPlane({ nodes: 1 });
  using left = bothKubectls({ ...environment, KUBECONFIG: ours.kubeconfigFile });
  using right = bothKubectls({ ...environment, KUBECONFIG: theirs.kubeconfigFile });
  for (const line of script.trim().split('\n')) {
    const args = line.split(' ').map((word) => word.replaceAll('_', ' '));
    const [mine, upstream] = await Promise.all([left.ours(...args), right.upstream(...args)]);
    assert.deepEqual(shown(mine), shown(upstream), `kubectl ${line}`);
  }
}
