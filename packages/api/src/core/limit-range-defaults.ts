import { roundToMilli } from './resource-list-defaults.ts';
import type { LimitRange } from './v1.gen.ts';

/** A container's missing default limit is its maximum; its missing default request is its default limit, then its minimum. */
export function defaultLimitRange(range: LimitRange): void {
  for (const item of range.spec?.limits ?? []) {
    for (const list of [item.max, item.min, item.default, item.defaultRequest, item.maxLimitRequestRatio])
      roundToMilli(list);
    if (item.type !== 'Container') continue;
    item.default = { ...item.max, ...item.default };
    item.defaultRequest = { ...item.min, ...item.default, ...item.defaultRequest };
  }
}
