import type { CSINode } from '@typernetes/api/storage/v1';
import type { Describer } from './describer.ts';
import { describeMetadata, goList } from './metadata.ts';
import { longTime } from './times.ts';

export const describeCsiNode: Describer<CSINode> = async ({ metadata, spec }, text) => {
  describeMetadata(text, metadata, { namespaced: false });
  text.line(0, 'CreationTimestamp:', longTime(metadata.creationTimestamp));
  text.line(0, 'Spec:');
  if (!spec?.drivers) return;
  text.line(1, 'Drivers:');
  for (const { name, nodeID, allocatable, topologyKeys } of spec.drivers) {
    text.line(2, `${name}:`);
    text.line(3, 'Node ID:', nodeID);
    if (allocatable?.count !== undefined) {
      text.line(3, 'Allocatables:');
      text.line(4, 'Count:', String(allocatable.count));
    }
    if (topologyKeys && topologyKeys.length > 0) text.line(3, 'Topology Keys:', goList(topologyKeys));
  }
};
