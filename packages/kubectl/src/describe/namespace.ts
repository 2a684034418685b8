import { limitranges, type Namespace, resourcequotas } from '@typernetes/api/core/v1';
import { describeTimedConditions } from './conditions.ts';
import type { Describer } from './describer.ts';
import { limitRows, limitTitles } from './limit-range.ts';
import { quotaRows, scopeLines } from './resource-quota.ts';

export const describeNamespace: Describer<Namespace> = async ({ metadata, status }, text, { client }) => {
  text.line(0, 'Name:', metadata.name);
  text.pairs(0, 'Labels:', metadata.labels);
  text.annotations(0, metadata.annotations);
  text.line(0, 'Status:', status?.phase ?? '');
  describeTimedConditions(text, status?.conditions);
  const namespace = metadata.name;
  const quotas = (await client.resource(resourcequotas).list({ namespace })).items;
  text.line(0, '');
  if (quotas.length === 0) text.line(0, 'No resource quota.');
  else text.line(0, 'Resource Quotas');
  for (const quota of quotas.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))) {
    text.line(1, 'Name:', quota.metadata.name);
    for (const [i, cells] of scopeLines(quota).entries()) text.line(1, ...(i === 0 ? cells : [`* ${cells[0]}`]));
    text.line(1, 'Resource', 'Used', 'Hard');
    text.line(1, '--------', '---', '---');
    for (const cells of quotaRows(quota)) text.line(1, ...cells);
  }
  const ranges = (await client.resource(limitranges).list({ namespace })).items;
  text.line(0, '');
  if (ranges.length === 0) text.line(0, 'No LimitRange resource.');
  else text.line(0, 'Resource Limits');
  const rows = ranges.length === 0 ? [] : [...limitTitles, ...ranges.flatMap(limitRows)];
  for (const [type = '', ...cells] of rows) text.line(0, ` ${type}`, ...cells);
};
