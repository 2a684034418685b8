import type { FlagSpecs } from '@typernetes/process';

/** Flags that every command takes. */
export const globalFlags = {
  kubeconfig: { type: 'string', help: 'Path to the kubeconfig file to use for CLI requests.' },
  context: { type: 'string', help: 'The name of the kubeconfig context to use' },
  cluster: { type: 'string', help: 'The name of the kubeconfig cluster to use' },
  user: { type: 'string', help: 'The name of the kubeconfig user to use' },
  namespace: { type: 'string', short: 'n', help: 'If present, the namespace scope for this CLI request' },
  server: { type: 'string', short: 's', help: 'The address and port of the Kubernetes API server' },
  as: {
    type: 'string',
    help: 'Username to impersonate for the operation. User could be a regular user or a service account in a namespace.',
  },
  'as-group': {
    type: 'array',
    help: 'Group to impersonate for the operation, this flag can be repeated to specify multiple groups.',
  },
  'as-uid': { type: 'string', help: 'UID to impersonate for the operation.' },
  'as-user-extra': {
    type: 'array',
    help: 'User extras to impersonate for the operation, this flag can be repeated to specify multiple values for the same key.',
  },
  'cache-dir': { type: 'string', help: 'Default cache directory' },
  'certificate-authority': { type: 'string', help: 'Path to a cert file for the certificate authority' },
  'client-certificate': { type: 'string', help: 'Path to a client certificate file for TLS' },
  'client-key': { type: 'string', help: 'Path to a client key file for TLS' },
  'disable-compression': {
    type: 'boolean',
    help: 'If true, opt-out of response compression for all requests to the server',
  },
  'insecure-skip-tls-verify': {
    type: 'boolean',
    help: "If true, the server's certificate will not be checked for validity. This will make your HTTPS connections insecure",
  },
  kuberc: { type: 'string', help: 'Path to the kuberc file to use for preferences.' },
  'log-flush-frequency': {
    type: 'string',
    help: 'Accepted for the sake of scripts: logs are written at once.',
    default: '5s',
  },
  'match-server-version': {
    type: 'boolean',
    help: 'Require server version to match client version',
    default: false,
  },
  password: { type: 'string', help: 'Password for basic authentication to the API server' },
  profile: {
    type: 'string',
    help: 'Name of profile to capture. One of (none|cpu|heap|goroutine|threadcreate|block|mutex)',
    default: 'none',
  },
  'profile-output': { type: 'string', help: 'Name of the file to write the profile to', default: 'profile.pprof' },
  'tls-server-name': {
    type: 'string',
    help: 'Server name to use for server certificate validation. If it is not provided, the hostname used to contact the server is used',
  },
  username: { type: 'string', help: 'Username for basic authentication to the API server' },
  token: { type: 'string', help: 'Bearer token for authentication to the API server' },
  'request-timeout': {
    type: 'string',
    help: 'The length of time to wait before giving up on a single server request.',
    default: '0',
  },
  v: { type: 'number', short: 'v', help: 'number for the log level verbosity', default: 0 },
  vmodule: { type: 'string', help: 'Accepted for the sake of scripts: -v is for all there is.', default: '' },
  'warnings-as-errors': {
    type: 'boolean',
    help: 'Treat warnings received from the server as errors and exit with a non-zero exit code',
    default: false,
  },
  help: { type: 'boolean', short: 'h', help: 'help for the command', default: false },
} as const satisfies FlagSpecs;

export type GlobalFlags = typeof globalFlags;
