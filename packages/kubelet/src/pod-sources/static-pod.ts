import { createHash } from 'node:crypto';
import type { Pod } from '@typernetes/api/core/v1';
import { timestamp } from '@typernetes/base';
import { canonicalJson } from '@typernetes/machinery';
import { decodeDocument } from '@typernetes/process';
import { annotations } from '../pod/identity.ts';

/** A manifest that is not a pod. */
class StaticPodError extends Error {
  override readonly name = 'StaticPodError';
}

/**
 * The pod of a manifest as this node runs it: named after the node, with a uid derived from manifest, path and node,
 * and tolerating every NoExecute taint.
 */
export function staticPod(
  text: string,
  { source = 'file', ...from }: { nodeName: string; path: string; now: number; source?: 'file' | 'http' },
): Pod {
  const document = decodeDocument(text, { lastWins: true }) as Partial<Pod> | undefined;
  if (document?.kind !== 'Pod' || document.apiVersion !== 'v1')
    throw new StaticPodError(`${from.path}: couldn't parse as pod, please check config file`);
  const { metadata, spec } = document;
  if (!metadata?.name || !spec?.containers?.length)
    throw new StaticPodError(`${from.path}: invalid pod: metadata.name and spec.containers are required`);
  const digest = createHash('md5')
    .update(canonicalJson({ ...from, now: 0, metadata, spec }))
    .digest('hex');
  const uid = metadata.uid || digest;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...metadata,
      name: `${metadata.name}-${from.nodeName.toLowerCase()}`,
      namespace: metadata.namespace || 'default',
      uid,
      resourceVersion: '',
      creationTimestamp: timestamp(from.now),
      annotations: {
        ...metadata.annotations,
        [annotations.hash]: uid,
        [annotations.source]: source,
        [annotations.seen]: new Date(from.now).toISOString(),
      },
    },
    spec: {
      ...spec,
      nodeName: from.nodeName,
      tolerations: [...(spec.tolerations ?? []), { operator: 'Exists', effect: 'NoExecute' }],
    },
    status: { phase: 'Pending' },
  };
}
