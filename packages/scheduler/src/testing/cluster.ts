import type { Node, Pod } from '@typernetes/api/core/v1';
import { silentLogger } from '@typernetes/base/testing';
import { sharedInformers } from '@typernetes/client';
import { FakeApi, RecordedEvents } from '@typernetes/client/testing';
import type { PluginHandle } from '../framework/plugin-handle.ts';
import { type Profile, profileOf } from '../framework/profile.ts';
import { type PluginArgs, pluginEntries } from '../plugins/default-plugins.ts';
import { ClusterSnapshot } from '../snapshot/cluster-snapshot.ts';

/** A handle over an API in memory; its informers are empty until somebody runs them. */
export function fakeHandle(api = new FakeApi(), given: Partial<PluginHandle> = {}): PluginHandle {
  return {
    client: api,
    informers: sharedInformers({ client: api, clock: api.clock, log: silentLogger }),
    events: new RecordedEvents(),
    clock: api.clock,
    random: { next: () => 0 },
    log: silentLogger,
    nominatedOn: () => [],
    withdrawNomination: () => {},
    activate: () => {},
    ungate: () => {},
    reject: () => false,
    ...given,
  };
}

/** The default profile. */
export function defaultProfile(handle = fakeHandle(), args: PluginArgs = {}): Profile {
  const plugins = pluginEntries.map(({ weight, make }) => ({ plugin: make(args, handle), weight }));
  return profileOf('default-scheduler', plugins);
}

/** A snapshot of these nodes with pods on them, by the name of the node. */
export function clusterOf(
  nodes: readonly Node[],
  pods: Readonly<Record<string, readonly Pod[]>> = {},
): ClusterSnapshot {
  const cluster = new ClusterSnapshot();
  cluster.putNamespace('default', { 'kubernetes.io/metadata.name': 'default' });
  for (const node of nodes) cluster.putNode(node);
  for (const [nodeName, list] of Object.entries(pods))
    for (const pod of list) cluster.putPod({ ...pod, spec: { ...pod.spec, nodeName } });
  return cluster;
}
