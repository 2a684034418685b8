import type { ConfigMap } from '@typernetes/api/core/v1';
import type { Describer } from './describer.ts';

export const describeConfigMap: Describer<ConfigMap> = async ({ metadata, data = {}, binaryData = {} }, text) => {
  text.line(0, 'Name:', metadata.name);
  text.line(0, 'Namespace:', metadata.namespace ?? '');
  text.pairs(0, 'Labels:', metadata.labels);
  text.annotations(0, metadata.annotations);
  text.line(0, '');
  text.line(0, 'Data');
  text.line(0, '====');
  for (const [key, value] of Object.entries(data).sort()) {
    text.line(0, `${key}:`);
    text.line(0, '----');
    for (const line of value.split('\n')) text.line(0, line);
    text.line(0, '');
  }
  text.line(0, '');
  text.line(0, 'BinaryData');
  text.line(0, '====');
  for (const [key, value] of Object.entries(binaryData).sort()) {
    text.line(0, `${key}: ${Buffer.from(value, 'base64').length} bytes`);
  }
  text.line(0, '');
};
