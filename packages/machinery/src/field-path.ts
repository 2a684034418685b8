/** Paths of fields as messages write them: `spec.containers[0].name`, `metadata.labels[app]`. The empty path is the root. */
export type FieldPath = string;

export function childPath(path: FieldPath, name: string): FieldPath {
  return path === '' ? name : `${path}.${name}`;
}

export function indexPath(path: FieldPath, index: number): FieldPath {
  return `${path}[${index}]`;
}

/** The value at `key` of a map. */
export function keyPath(path: FieldPath, key: string): FieldPath {
  return `${path}[${key}]`;
}
