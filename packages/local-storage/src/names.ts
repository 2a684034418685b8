/** The driver, which is also the provisioner that storage classes name. */
export const driverName = 'local-storage.typernetes.io';

/** The topology label that ties volumes to their node. */
export const topologyKey = 'topology.local-storage.typernetes.io/node';

/** A volume handle is a directory name. Anything else is rejected before it becomes part of a path. */
export const handlePattern = /^pvc-[0-9a-z-]{1,80}$/;

/** The handle that the kubelet generates for an inline (ephemeral) volume of a pod. */
export const inlineHandlePattern = /^csi-[0-9a-f]{64}$/;
