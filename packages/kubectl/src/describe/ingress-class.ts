import type { IngressClass } from '@typernetes/api/networking/v1';
import type { Describer } from './describer.ts';
import { describeMetadata } from './metadata.ts';

export const describeIngressClass: Describer<IngressClass> = async ({ metadata, spec }, text) => {
  describeMetadata(text, metadata, { namespaced: false });
  text.line(0, 'Controller:', spec?.controller ?? '');
  const { parameters } = spec ?? {};
  if (!parameters) return;
  text.line(0, 'Parameters:');
  if (parameters.apiGroup !== undefined) text.line(1, 'APIGroup:', parameters.apiGroup);
  text.line(1, 'Kind:', parameters.kind);
  text.line(1, 'Name:', parameters.name);
};
