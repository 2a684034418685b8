/**
 * Descriptions of the fields that objects of every kind have, for clients such as `kubectl explain`. They matter most
 * for custom kinds: users write descriptions for those schemas, and these appear beside them.
 */
const conventions = 'https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md';

export const typeMetaDescriptions = {
  apiVersion: `APIVersion defines the schema, by group and version, in which this object is written. More info: ${conventions}#resources`,
  kind: `Kind is the name of the REST resource that this object stands for, in CamelCase. It cannot be changed. More info: ${conventions}#types-kinds`,
} as const;

export const metadataDescription = `Standard object's metadata. More info: ${conventions}#metadata`;
export const listMetadataDescription = `Standard list metadata. More info: ${conventions}#types-kinds`;

/** By type key: the type's own description under the empty name, and those of its fields. */
export const descriptions: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'meta/v1.ObjectMeta': {
    '': 'ObjectMeta is the metadata that every persisted resource has: all objects that users create.',
    annotations:
      'Annotations is an unstructured map that tools keep whatever they like in. Nothing can be selected by it, and whoever changes an object has to preserve it.',
    creationTimestamp:
      'CreationTimestamp is a timestamp of the moment at which the server created this object. It is set by the server alone, in RFC 3339 and UTC.',
    deletionGracePeriodSeconds:
      'Number of seconds that this object has to end gracefully before it is removed. Only set when deletionTimestamp is too. Read-only.',
    deletionTimestamp:
      'DeletionTimestamp is the time, in RFC 3339, at which this object will be deleted. The server sets it when a graceful deletion is asked for; once the list of finalizers is empty, the object is removed after it. Read-only.',
    finalizers:
      'Must be empty before the object is removed. Each entry names the component that is responsible to remove it from the list, in any order.',
    generateName: 'GenerateName is a prefix from which the server makes a unique name, if no name is given.',
    generation: 'A sequence number of the wanted state: every change of it counts one up. Read-only.',
    labels:
      'Map of keys and values by which objects are organized and selected, by controllers and services among others.',
    managedFields:
      'ManagedFields tells which workflow, by its manager and the version it wrote, owns which fields. It is kept by the server.',
    name: 'Name must be unique within a namespace. It is given when the object is created, and cannot be changed.',
    namespace:
      'Namespace is the space within which the name is unique. An empty one stands for "default"; objects of cluster-scoped resources have none. It cannot be changed.',
    ownerReferences:
      'The objects that this one depends on. When all of them are deleted, it is garbage collected. One of them at most may be its managing controller.',
    resourceVersion:
      'An opaque value that changes with every write of this object: for optimistic concurrency, change detection and watches. Read-only.',
    selfLink: 'Deprecated: a legacy field that the server no longer fills in.',
    uid: 'UID tells this object from all others in time and space, also from later ones of the same name. Read-only.',
  },
  'meta/v1.ListMeta': {
    '': 'ListMeta is the metadata of lists and of answers that are no persisted resources.',
    continue:
      'A token for the next chunk, where the server has more objects than it returned. Valid with the same query alone.',
    remainingItemCount: 'How many objects follow those that were returned, where that is known.',
    resourceVersion: 'The version of the state of the server that this list shows. Read-only.',
    selfLink: 'Deprecated: a legacy field that the server no longer fills in.',
  },
};
