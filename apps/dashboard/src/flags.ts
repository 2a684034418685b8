import {
  type AcceptedFlags,
  commonAcceptedFlags,
  type FlagSpecs,
  logFlags,
  portFlags,
  programFlags,
} from '@typernetes/process';

const port = portFlags(8443);

export const flags = {
  'bind-address': port['bind-address'],
  'cert-dir': port['cert-dir'],
  kubeconfig: {
    type: 'string',
    default: '',
    help: 'Path to a kubeconfig file that names the API server; its credentials are not used. Default: the cluster that this pod is in.',
  },
  master: {
    type: 'string',
    default: '',
    help: 'The address of the Kubernetes API server (overrides any value in kubeconfig).',
  },
  'page-dir': { type: 'string', default: '', help: 'The folder of the built page. Default: beside the program.' },
  'secure-port': { ...port['secure-port'], help: 'The port on which to serve HTTPS; 0 takes a free one.' },
  'tls-cert-file': port['tls-cert-file'],
  'tls-cipher-suites': port['tls-cipher-suites'],
  'tls-curve-preferences': port['tls-curve-preferences'],
  'tls-min-version': port['tls-min-version'],
  'tls-private-key-file': port['tls-private-key-file'],
  ...programFlags,
  ...logFlags,
} as const satisfies FlagSpecs;

export const accepted: AcceptedFlags = commonAcceptedFlags;
