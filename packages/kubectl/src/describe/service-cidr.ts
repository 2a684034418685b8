import type { ServiceCIDR } from '@typernetes/api/networking/v1';
import { describeTimedConditions } from './conditions.ts';
import type { Describer } from './describer.ts';
import { describeMetadata } from './metadata.ts';

export const describeServiceCidr: Describer<ServiceCIDR> = async ({ metadata, spec, status }, text) => {
  describeMetadata(text, metadata, { namespaced: false });
  text.line(0, 'CIDRs:', (spec?.cidrs ?? []).join(', '));
  if (!status?.conditions?.length) return;
  text.line(0, 'Status:');
  describeTimedConditions(text, status.conditions);
};
