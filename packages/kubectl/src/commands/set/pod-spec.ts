import type { Container, PodSpec } from '@typernetes/api/core/v1';
import { isJsonObject, type JsonObject } from '@typernetes/machinery';

const pathByKind: Readonly<Record<string, readonly string[]>> = {
  Pod: ['spec'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
};
const templatePath = ['spec', 'template', 'spec'];

/** The pod spec of a pod or of a workload's template. Throws on other kinds. */
export function podSpecOf(object: JsonObject): PodSpec {
  let at: unknown = object;
  for (const member of pathByKind[String(object.kind)] ?? templatePath) at = isJsonObject(at) ? at[member] : undefined;
  if (!isJsonObject(at))
    throw new Error(
      `the object is not a pod or does not have a pod template: *${String(object.apiVersion).split('/').at(-1)}.${String(object.kind)}`,
    );
  return at as unknown as PodSpec;
}

/** Splits off the containers whose names match a pattern with `*`; the others must not be changed. */
export function containersNamed(containers: readonly Container[] | undefined, pattern: string): Container[] {
  const expression = new RegExp(`^${pattern.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`);
  return (containers ?? []).filter(({ name }) => expression.test(name));
}
