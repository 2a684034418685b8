import type { LimitRange } from '@typernetes/api/core/v1';
import type { Describer } from './describer.ts';

export const limitTitles = [
  ['Type', 'Resource', 'Min', 'Max', 'Default Request', 'Default Limit', 'Max Limit/Request Ratio'],
  ['----', '--------', '---', '---', '---------------', '-------------', '-----------------------'],
];

export const describeLimitRange: Describer<LimitRange> = async (range, text) => {
  text.line(0, 'Name:', range.metadata.name);
  text.line(0, 'Namespace:', range.metadata.namespace ?? '');
  for (const cells of [...limitTitles, ...limitRows(range)]) text.line(0, ...cells);
};

/** One row for each type and resource; upstream's order within a type is that of a map: here they are sorted. */
export function limitRows({ spec }: LimitRange): string[][] {
  return (spec?.limits ?? []).flatMap(
    ({ type, min, max, defaultRequest, default: defaultLimit, maxLimitRequestRatio }) => {
      const lists = [min, max, defaultRequest, defaultLimit, maxLimitRequestRatio];
      const resources = new Set(lists.flatMap((list) => Object.keys(list ?? {})));
      return [...resources].sort().map((resource) => [type, resource, ...lists.map((list) => list?.[resource] ?? '-')]);
    },
  );
}
