import { roundToMilli } from './resource-list-defaults.ts';
import type { ResourceQuota } from './v1.gen.ts';

export function defaultResourceQuota({ spec, status }: ResourceQuota): void {
  for (const list of [spec?.hard, status?.hard, status?.used]) roundToMilli(list);
}
