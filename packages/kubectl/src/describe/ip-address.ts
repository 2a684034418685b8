import type { IPAddress } from '@typernetes/api/networking/v1';
import type { Describer } from './describer.ts';
import { describeMetadata } from './metadata.ts';

export const describeIpAddress: Describer<IPAddress> = async ({ metadata, spec }, text) => {
  describeMetadata(text, metadata, { namespaced: false });
  const parent = spec?.parentRef;
  if (!parent) return;
  text.line(0, 'Parent Reference:');
  text.line(1, 'Group:', parent.group ?? '');
  text.line(1, 'Resource:', parent.resource);
  text.line(1, 'Namespace:', parent.namespace ?? '');
  text.line(1, 'Name:', parent.name);
};
