import { type Node, nodes } from '@typernetes/api/core/v1';
import { type CSINode, type CSINodeDriver, csinodes } from '@typernetes/api/storage/v1';
import type { ApiClient } from '@typernetes/client';
import type { NodeInfo } from '@typernetes/cri';
import { ifFound, isAlreadyExists, isConflict, jsonEqual } from '@typernetes/machinery';

const nodeIdAnnotation = 'csi.volume.kubernetes.io/nodeid';

/** The entry of a driver in the CSINode object, from what the driver says about the node. */
function driverOf(name: string, info: NodeInfo): CSINodeDriver {
  const most = Number(info.maxVolumesPerNode);
  return {
    name,
    nodeID: info.nodeId,
    topologyKeys: Object.keys(info.accessibleTopology?.segments ?? {}).sort(),
    ...(most > 0 ? { allocatable: { count: most } } : {}),
  };
}

/** The drivers with one added, changed or (when `driver` is undefined) removed. */
function withDriver(
  drivers: readonly CSINodeDriver[],
  name: string,
  driver: CSINodeDriver | undefined,
): CSINodeDriver[] {
  const others = drivers.filter((other) => other.name !== name);
  return driver ? [...others, driver] : others;
}

/** The patch that gives the node the driver's id for it and the topology's labels; undefined when it has them. */
function nodePatch(node: Node, name: string, info: NodeInfo): object | undefined {
  const ids = JSON.parse(node.metadata.annotations?.[nodeIdAnnotation] ?? '{}') as Record<string, string>;
  const segments = info.accessibleTopology?.segments ?? {};
  for (const [key, value] of Object.entries(segments)) {
    const current = node.metadata.labels?.[key];
    if (current !== undefined && current !== value)
      throw new Error(
        `detected topology value collision: driver reported "${key}":"${value}" but existing label is "${key}":"${current}"`,
      );
  }
  const complete = Object.keys(segments).every((key) => node.metadata.labels?.[key] !== undefined);
  if (complete && ids[name] === info.nodeId) return undefined;
  const annotation = JSON.stringify({ ...ids, [name]: info.nodeId });
  return { metadata: { annotations: { [nodeIdAnnotation]: annotation }, labels: segments } };
}

/** Writes into the API which drivers the node has: what the scheduler and the drivers' controllers go by. */
export class CsiNodeWriter {
  readonly #client: Pick<ApiClient, 'resource'>;
  readonly #nodeName: string;

  constructor(client: Pick<ApiClient, 'resource'>, nodeName: string) {
    this.#client = client;
    this.#nodeName = nodeName;
  }

  async set(name: string, info: NodeInfo | undefined, signal: AbortSignal): Promise<void> {
    const node = await this.#client.resource(nodes).get({ name: this.#nodeName }, { signal });
    const patch = info && nodePatch(node, name, info);
    if (patch) await this.#client.resource(nodes).patch({ name: this.#nodeName }, patch, { type: 'strategic', signal });
    await this.#write(node, (drivers) => withDriver(drivers, name, info && driverOf(name, info)), signal);
  }

  async #write(
    node: Node,
    change: (drivers: readonly CSINodeDriver[]) => CSINodeDriver[],
    signal: AbortSignal,
  ): Promise<void> {
    const api = this.#client.resource(csinodes);
    const { name, uid } = node.metadata;
    for (;;) {
      try {
        const current = await this.#read(signal);
        const drivers = change(current?.spec.drivers ?? []);
        if (current && jsonEqual(current.spec.drivers, drivers)) return;
        if (current) await api.update({ ...current, spec: { ...current.spec, drivers } }, { signal });
        else
          await api.create(
            {
              apiVersion: 'storage.k8s.io/v1',
              kind: 'CSINode',
              metadata: { name, ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid }] },
              spec: { drivers },
            },
            { signal },
          );
        return;
      } catch (error) {
        if (!isConflict(error) && !isAlreadyExists(error)) throw error;
      }
    }
  }

  async #read(signal: AbortSignal): Promise<CSINode | undefined> {
    return ifFound(this.#client.resource(csinodes).get({ name: this.#nodeName }, { signal }));
  }
}
