import type { Node, Pod } from '@typernetes/api/core/v1';
import type { VolumeAttachment } from '@typernetes/api/storage/v1';
import type { Lister } from '@typernetes/client';
import type { Metrics } from '@typernetes/process';
import { driverPlugin } from '../claims/plugin-names.ts';
import { isManaged, type VolumeLookup, wantedVolumes } from './wanted.ts';

/** The current attachments. */
interface AttachmentView {
  readonly nodes: Pick<Lister<Node>, 'list'>;
  readonly podsOn: (node: string) => readonly Pod[];
  readonly lookup: VolumeLookup;
  readonly attachments: Pick<Lister<VolumeAttachment>, 'list'>;
}

/**
 * `attachdetach_controller_*` and `storage_count_attachable_volumes_in_use`: returns the function to call when a volume
 * is force-detached.
 */
export function attachmentMetrics(metrics: Metrics, view: AttachmentView): (reason: string) => void {
  const forced = metrics.counter('attach_detach_controller_attachdetach_controller_forced_detaches', {
    help: 'Number of times the A/D Controller performed a forced detach',
    labels: ['reason'],
  });
  const total = metrics.gauge('attachdetach_controller_total_volumes', {
    help: 'Number of volumes in A/D Controller',
    labels: ['plugin_name', 'state'],
  });
  const inUse = metrics.gauge('storage_count_attachable_volumes_in_use', {
    help: 'Measure number of volumes in use',
    labels: ['node', 'volume_plugin'],
  });
  metrics.beforeRender(() => {
    total.clear();
    inUse.clear();
    for (const node of view.nodes.list()) {
      const { name } = node.metadata;
      for (const { source } of wantedVolumes(node, view.podsOn(name), view.lookup).values()) {
        const plugin = driverPlugin(source.driver);
        inUse.add([name, plugin]);
        if (isManaged(node)) total.add([plugin, 'desired_state_of_world']);
      }
    }
    for (const { spec } of view.attachments.list()) total.add([driverPlugin(spec.attacher), 'actual_state_of_world']);
  });
  return (reason) => forced.add([reason]);
}
