/** The driver, which is also the provisioner that storage classes name. */
export const driverName = 'local-storage.typernetes.io';

/** The label by which volumes are tied to their node. */
export const topologyKey = 'topology.local-storage.typernetes.io/node';

/** A volume's handle: a directory name. Anything else is refused before it becomes part of a path. */
export const handlePattern = /^pvc-[0-9a-z-]{1,80}$/;

/** The handle that the kubelet makes up for a volume that lives and dies with one pod. */
export const inlineHandlePattern = /^csi-[0-9a-f]{64}$/;
