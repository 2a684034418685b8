import { limitranges, type Namespace, resourcequotas } from '@typernetes/api/core/v1';
import type { Describer } from './describer.ts';

export const describeNamespace: Describer<Namespace> = async ({ metadata, status }, text, { client }) => {
  text.line(0, 'Name:', metadata.name);
  text.pairs(0, 'Labels:', metadata.labels);
  text.annotations(0, metadata.annotations);
  text.line(0, 'Status:', status?.phase ?? '');
  const namespace = metadata.name;
  const quotas = (await client.resource(resourcequotas).list({ namespace })).items;
  text.line(0, '');
  if (quotas.length === 0) text.line(0, 'No resource quota.');
  else text.line(0, 'Resource Quotas');
  for (const quota of quotas) {
    text.line(1, 'Name:', quota.metadata.name);
    text.line(1, 'Resource', 'Used', 'Hard');
    text.line(1, '--------', '---', '---');
    for (const [resource, hard] of Object.entries(quota.status?.hard ?? {}).sort()) {
      text.line(1, resource, quota.status?.used?.[resource] ?? '0', hard);
    }
  }
  const ranges = (await client.resource(limitranges).list({ namespace })).items;
  text.line(0, '');
  if (ranges.length === 0) text.line(0, 'No LimitRange resource.');
  else text.line(0, 'Resource Limits', ranges.map((range) => range.metadata.name).join(', '));
};
