import { isJsonObject, type JsonObject } from '@typernetes/machinery';

/** A place in objects: `spec/template/spec/containers[]/image`. */
export type FieldPath = string;

/** Calls `change` for every place that the path leads to, with the object that holds it and the member's name; `create` makes the objects on the way. */
export function atEach(
  object: JsonObject,
  path: FieldPath,
  { create = false, change }: { create?: boolean; change: (holder: JsonObject, member: string) => void },
): void {
  walk(object, path.split('/'), { create, change });
}

function walk(
  at: JsonObject,
  [step = '', ...rest]: readonly string[],
  of: { create: boolean; change: (holder: JsonObject, member: string) => void },
): void {
  const isList = step.endsWith('[]');
  const name = isList ? step.slice(0, -2) : step;
  if (rest.length === 0 && !isList) {
    if (of.create || Object.hasOwn(at, name)) of.change(at, name);
    return;
  }
  if (isList) {
    const list = at[name];
    if (!Array.isArray(list)) return;
    if (rest.length === 0) for (const [i] of list.entries()) of.change(list as unknown as JsonObject, String(i));
    else for (const item of list) if (isJsonObject(item)) walk(item, rest, of);
    return;
  }
  if (!isJsonObject(at[name])) {
    if (!of.create || (at[name] !== undefined && at[name] !== null)) return;
    at[name] = {};
  }
  walk(at[name] as JsonObject, rest, of);
}

/** Where kinds have a pod's spec. */
export const podSpecPaths: Readonly<Record<string, FieldPath>> = {
  Pod: 'spec',
  PodTemplate: 'template/spec',
  Deployment: 'spec/template/spec',
  ReplicaSet: 'spec/template/spec',
  DaemonSet: 'spec/template/spec',
  StatefulSet: 'spec/template/spec',
  ReplicationController: 'spec/template/spec',
  Job: 'spec/template/spec',
  CronJob: 'spec/jobTemplate/spec/template/spec',
};
