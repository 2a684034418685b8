import type { Container, EnvVar, Pod } from '@typernetes/api/core/v1';
import { approximateValue, parseQuantity } from '@typernetes/machinery';
import type { Description } from './description.ts';

/** Where a container's environment comes from. With its pod known, fields of the pod's metadata have their values. */
export function describeEnvironment(text: Description, container: Container, pod: Pod | undefined): void {
  const { env = [], envFrom = [] } = container;
  if (envFrom.length > 0) text.line(2, 'Environment Variables from:');
  for (const { configMapRef, secretRef, prefix } of envFrom) {
    const source = configMapRef ?? secretRef;
    const kind = `${configMapRef ? 'ConfigMap' : secretRef ? 'Secret' : ''}${prefix ? ` with prefix '${prefix}'` : ''}`;
    text.line(3, source?.name ?? '', kind, `Optional: ${source?.optional ?? false}`);
  }
  text.line(2, 'Environment:', ...(env.length === 0 ? ['<none>'] : []));
  for (const variable of env) {
    const [first, ...rest] = valueCells(variable, container, pod);
    if (!first) continue;
    text.line(3, `${variable.name}:`, ...first);
    for (const cells of rest) text.line(3, '', ...cells);
  }
}

/** The cells behind a variable's name; several lines for a value of several lines, none for sources that upstream's kubectl does not know: files. */
function valueCells({ value = '', valueFrom }: EnvVar, container: Container, pod: Pod | undefined): string[][] {
  const { fieldRef, resourceFieldRef, secretKeyRef, configMapKeyRef } = valueFrom ?? {};
  if (fieldRef) {
    const { apiVersion = 'v1', fieldPath } = fieldRef;
    return [[`${pod ? podField(pod, fieldPath) : ''} (${apiVersion}:${fieldPath})`]];
  }
  if (resourceFieldRef) {
    const { resource, divisor } = resourceFieldRef;
    const amount = containerAmount(container, resource, divisor);
    return [
      [`${amount === '0' && /^limits\.(cpu|memory)$/.test(resource) ? 'node allocatable' : amount} (${resource})`],
    ];
  }
  if (secretKeyRef) {
    const { key, name, optional = false } = secretKeyRef;
    return [[`<set to the key '${key}' in secret '${name}'>`, `Optional: ${optional}`]];
  }
  if (configMapKeyRef) {
    const { key, name, optional = false } = configMapKeyRef;
    return [[`<set to the key '${key}' of config map '${name}'>`, `Optional: ${optional}`]];
  }
  if (valueFrom) return [];
  return value.split('\n').map((line) => [line]);
}

/** As upstream's kubectl, which knows no other fields. */
function podField({ metadata }: Pod, path: string): string {
  if (path === 'metadata.name') return metadata.name;
  return path === 'metadata.namespace' ? (metadata.namespace ?? '') : '';
}

/** `limits.cpu` of a container in units of the divisor, rounded up. */
function containerAmount({ resources }: Container, path: string, divisor = '1'): string {
  const [list = '', name = ''] = path.split(/\.(.*)/);
  const amount = resources?.[list as 'limits' | 'requests']?.[name] ?? '0';
  const unit = approximateValue(parseQuantity(divisor)) || 1;
  return String(Math.ceil(approximateValue(parseQuantity(amount)) / unit));
}
