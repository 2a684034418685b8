import { messageOf } from '@typernetes/base';
import { asGoSays } from '../../error-text.ts';
import { contentHash } from './append-hash.ts';
import { type Generated, generatorCommand } from './generator.ts';
import { keyValueFlags, keyValues } from './key-values.ts';

const hashFlag = {
  'append-hash': { type: 'boolean', help: 'Append a hash of the secret to its name.', default: false },
} as const;

function secretOf(
  name: string,
  { type, values, appendHash }: { type: string; values: Iterable<[string, Uint8Array]>; appendHash: boolean },
): Generated {
  const data = Object.fromEntries([...values].map(([key, bytes]) => [key, Buffer.from(bytes).toString('base64')]));
  const hash = (): string => contentHash({ kind: 'Secret', name, type, data });
  return {
    apiVersion: 'v1',
    ...(Object.keys(data).length > 0 ? { data } : {}),
    kind: 'Secret',
    metadata: { name: appendHash ? `${name}-${hash()}` : name },
    ...(type === '' ? {} : { type }),
  };
}

export const createSecretGenericCommand = generatorCommand({
  words: 'create secret generic',
  failure: 'failed to create secret',
  use: 'NAME [--type=string] [--from-file=[key=]source] [--from-literal=key1=value1]',
  short: 'Create a secret from a local file, directory, or literal value',
  flags: { ...hashFlag, ...keyValueFlags, type: { type: 'string', help: 'The type of secret to create', default: '' } },
  async build(name, { flags }, session) {
    const values = await keyValues(flags, { ...session, object: { kind: 'Secret', name } });
    return secretOf(name, { type: flags.type, values, appendHash: flags['append-hash'] });
  },
});

export const createSecretTlsCommand = generatorCommand({
  words: 'create secret tls',
  failure: 'failed to create secret',
  use: 'NAME --cert=path/to/cert/file --key=path/to/key/file',
  short: 'Create a TLS secret',
  flags: {
    ...hashFlag,
    cert: { type: 'string', help: 'Path to PEM encoded public key certificate.', default: '' },
    key: { type: 'string', help: 'Path to private key associated with given certificate.', default: '' },
  },
  async build(name, { flags }, { files }) {
    if (flags.key === '' || flags.cert === '') throw new Error('key and cert must be specified');
    const read = (path: string): Promise<Uint8Array> =>
      files.readBytes(path).catch((error: unknown) => {
        throw new Error(`Cannot read file ${path}, ${asGoSays(messageOf(error))}`);
      });
    const cert = await read(flags.cert);
    const key = await read(flags.key);
    for (const [text, what] of [
      [cert, 'certificate'],
      [key, 'key'],
    ] as const) {
      if (!Buffer.from(text).includes('-----BEGIN '))
        throw new Error(`tls: failed to find any PEM data in ${what} input`);
    }
    if (!/-----BEGIN CERTIFICATE-----/.test(Buffer.from(cert).toString('latin1')))
      throw new Error(
        /PRIVATE KEY-----/.test(Buffer.from(cert).toString('latin1'))
          ? 'tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched'
          : 'tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the following types: []',
      );
    const { createSecureContext } = await import('node:tls');
    try {
      createSecureContext({ cert: Buffer.from(cert), key: Buffer.from(key) });
    } catch (error) {
      throw new Error('tls: failed to load key pair', { cause: error });
    }
    const values: [string, Uint8Array][] = [
      ['tls.crt', cert],
      ['tls.key', key],
    ];
    return secretOf(name, { type: 'kubernetes.io/tls', values, appendHash: flags['append-hash'] });
  },
});

export const createSecretDockerRegistryCommand = generatorCommand({
  words: 'create secret docker-registry',
  failure: 'failed to create secret',
  use: 'NAME --docker-username=user --docker-password=password --docker-email=email [--docker-server=string] [--from-file=[key=]source]',
  short: 'Create a secret for use with a Docker registry',
  flags: {
    ...hashFlag,
    'docker-email': { type: 'string', help: 'Email for Docker registry', default: '' },
    'docker-password': { type: 'string', help: 'Password for Docker registry authentication', default: '' },
    'docker-server': {
      type: 'string',
      help: 'Server location for Docker registry',
      default: 'https://index.docker.io/v1/',
    },
    'docker-username': { type: 'string', help: 'Username for Docker registry authentication', default: '' },
    'from-file': keyValueFlags['from-file'],
  },
  async build(name, { flags }, session) {
    // A file without a key is the registry's configuration.
    const sources = flags['from-file'].map((source) => (source.includes('=') ? source : `.dockerconfigjson=${source}`));
    const values = await keyValues(
      { 'from-file': sources, 'from-env-file': [], 'from-literal': [] },
      { ...session, object: { kind: 'Secret', name } },
    );
    if (flags['from-file'].length === 0) {
      const { 'docker-username': username, 'docker-password': password, 'docker-email': email } = flags;
      if (username === '' || password === '' || flags['docker-server'] === '') {
        throw new Error(
          'either --from-file or the combination of --docker-username, --docker-password and --docker-server is required',
        );
      }
      const auth = Buffer.from(`${username}:${password}`).toString('base64');
      const entry = { username, password, ...(email ? { email } : {}), auth };
      values.set('.dockerconfigjson', Buffer.from(JSON.stringify({ auths: { [flags['docker-server']]: entry } })));
    }
    return secretOf(name, { type: 'kubernetes.io/dockerconfigjson', values, appendHash: flags['append-hash'] });
  },
});
