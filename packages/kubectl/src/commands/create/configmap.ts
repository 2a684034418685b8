import { contentHash } from './append-hash.ts';
import { generatorCommand } from './generator.ts';
import { keyValueFlags, keyValues } from './key-values.ts';
import { utf8Of } from './text.ts';

export const createConfigMapCommand = generatorCommand({
  words: 'create configmap',
  failure: 'failed to create configmap:',
  use: 'NAME [--from-file=[key=]source] [--from-literal=key1=value1]',
  short: 'Create a config map from a local file, directory or literal value',
  flags: {
    'append-hash': { type: 'boolean', help: 'Append a hash of the configmap to its name.', default: false },
    ...keyValueFlags,
  },
  async build(name, { flags }, session) {
    const values = [...(await keyValues(flags, { ...session, object: { kind: 'ConfigMap', name } }))].map(
      ([key, bytes]) => ({ key, bytes, text: utf8Of(bytes) }),
    );
    const data = Object.fromEntries(values.flatMap(({ key, text }) => (text === undefined ? [] : [[key, text]])));
    const binaryData = Object.fromEntries(
      values.flatMap(({ key, text, bytes }) =>
        text === undefined ? [[key, Buffer.from(bytes).toString('base64')]] : [],
      ),
    );
    const binary = Object.keys(binaryData).length > 0 ? { binaryData } : {};
    const hash = (): string => contentHash({ kind: 'ConfigMap', name, data, ...binary });
    return {
      apiVersion: 'v1',
      ...binary,
      ...(Object.keys(data).length > 0 ? { data } : {}),
      kind: 'ConfigMap',
      metadata: { name: flags['append-hash'] ? `${name}-${hash()}` : name },
    };
  },
});
