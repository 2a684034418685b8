import type { Secret } from '@typernetes/api/core/v1';
import type { Describer } from './describer.ts';

/** Shows only sizes, except for service account tokens, which upstream shows too. */
export const describeSecret: Describer<Secret> = async ({ metadata, type = '', data = {} }, text) => {
  text.line(0, 'Name:', metadata.name);
  text.line(0, 'Namespace:', metadata.namespace ?? '');
  text.pairs(0, 'Labels:', metadata.labels);
  text.annotations(0, metadata.annotations);
  text.line(0, '');
  text.line(0, 'Type:', type);
  text.line(0, '');
  text.line(0, 'Data');
  text.line(0, '====');
  for (const [key, value] of Object.entries(data).sort()) {
    const bytes = Buffer.from(value, 'base64');
    const shown =
      key === 'token' && type === 'kubernetes.io/service-account-token'
        ? bytes.toString('utf8')
        : `${bytes.length} bytes`;
    text.line(0, `${key}:`, shown);
  }
};
