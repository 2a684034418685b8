import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseComponentFlags } from '@typernetes/process';
import { accepted } from './accepted-flags.ts';
import { shownConfiguration } from './configz.ts';
import { flags as specs } from './flags.ts';

interface TypeFacts {
  readonly fields: Readonly<Record<string, { readonly t: string; readonly oe?: number }>>;
}

const facts = join(import.meta.dirname, '../../../packages/api/facts/types.json');
const { types } = JSON.parse(readFileSync(facts, 'utf8')) as { types: Record<string, TypeFacts> };

/** Unexpected and missing members; members that upstream omits when empty may be missing. */
function* differences(value: object, type: string, at = ''): Generator<string> {
  const fields = types[type]?.fields ?? {};
  for (const [name, member] of Object.entries(value)) {
    const field = fields[name];
    if (!field) {
      if (at !== '' || !['kind', 'apiVersion'].includes(name)) yield `${at}.${name}: unknown`;
    } else if (types[field.t]) yield* differences(member as object, field.t, `${at}.${name}`);
  }
  for (const [name, { oe }] of Object.entries(fields))
    if (!(name in value) && !oe && !name.startsWith('~')) yield `${at}.${name}: missing`;
}

test("the shown configuration has upstream's members, with the values of the flags", () => {
  const shown = shownConfiguration(
    parseComponentFlags(specs, accepted, [
      '--concurrent-job-syncs=7',
      '--node-monitor-grace-period=40s',
      '--service-cluster-ip-range=10.96.0.0/12,fd00::/108',
      '--pvclaimbinder-sync-period=20s',
      '--configure-cloud-routes=false',
    ]),
  );
  const type = 'kubecontrollermanager.config/v1alpha1.KubeControllerManagerConfiguration';
  assert.deepEqual([...differences(shown, type)], []);
  // biome-ignore lint/suspicious/noExplicitAny: its members are upstream's
  const config = JSON.parse(JSON.stringify(shown)) as any;
  assert.equal(config.kind, 'KubeControllerManagerConfiguration');
  assert.equal(config.JobController.ConcurrentJobSyncs, 7);
  assert.equal(config.NodeLifecycleController.NodeMonitorGracePeriod, '40s');
  assert.deepEqual(
    [config.NodeIPAMController.ServiceCIDR, config.NodeIPAMController.SecondaryServiceCIDR],
    ['10.96.0.0/12', 'fd00::/108'],
  );
  assert.equal(config.PersistentVolumeBinderController.PVClaimBinderSyncPeriod, '20s');
  assert.deepEqual(
    [config.KubeCloudShared.ConfigureCloudRoutes, config.KubeCloudShared.RouteReconciliationPeriod],
    [false, '10s'],
  );
  assert.equal(config.Generic.LeaderElection.leaseDuration, '15s');
});
