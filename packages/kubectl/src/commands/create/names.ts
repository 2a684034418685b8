import { generatorCommand } from './generator.ts';

export const createNamespaceCommand = generatorCommand({
  words: 'create namespace',
  use: 'NAME',
  short: 'Create a namespace with the specified name',
  flags: {},
  build: () => ({ apiVersion: 'v1', kind: 'Namespace', spec: {}, status: {} }),
});

export const createServiceAccountCommand = generatorCommand({
  words: 'create serviceaccount',
  failure: 'failed to create serviceaccount:',
  use: 'NAME',
  short: 'Create a service account with the specified name',
  flags: {},
  build: () => ({ apiVersion: 'v1', kind: 'ServiceAccount' }),
});
