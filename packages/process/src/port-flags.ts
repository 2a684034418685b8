import { defaultAllowedPaths } from './allowed-paths.ts';
import type { FlagSpecs, ParsedFlags } from './flags.ts';
import { tlsFlags, tlsNames } from './tls-flags.ts';
import { type TlsRules, tlsNameProblems, tlsRules } from './tls-names.ts';

const tenSeconds = 10_000;

/** The flags of a component's secure port, and of access to it. `port` is the default. */
export const portFlags = (port: number) =>
  ({
    'authentication-kubeconfig': {
      type: 'string',
      default: '',
      help: 'kubeconfig file with which tokens of clients are reviewed.',
    },
    'authentication-token-webhook-cache-ttl': {
      type: 'duration',
      default: tenSeconds,
      help: 'The duration to cache responses from the webhook token authenticator.',
    },
    'authorization-always-allow-paths': {
      type: 'list',
      default: [...defaultAllowedPaths],
      help: "A list of HTTP paths to skip during authorization, i.e. these are authorized without contacting the 'core' kubernetes server.",
    },
    'authorization-kubeconfig': {
      type: 'string',
      default: '',
      help: 'kubeconfig file with which access of clients is reviewed. Without it every certificate of the client CA will do.',
    },
    'authorization-webhook-cache-authorized-ttl': {
      type: 'duration',
      default: tenSeconds,
      help: "The duration to cache 'authorized' responses from the webhook authorizer.",
    },
    'authorization-webhook-cache-unauthorized-ttl': {
      type: 'duration',
      default: tenSeconds,
      help: "The duration to cache 'unauthorized' responses from the webhook authorizer.",
    },
    'bind-address': {
      type: 'string',
      default: '0.0.0.0',
      help: 'The IP address on which to listen for the --secure-port port.',
    },
    'cert-dir': {
      type: 'string',
      default: '',
      help: 'The directory where the TLS certs are located. If --tls-cert-file and --tls-private-key-file are provided, this flag will be ignored.',
    },
    'client-ca-file': {
      type: 'string',
      default: '',
      help: 'Clients with a certificate of one of these authorities are authenticated.',
    },
    // kubeadm gives it to every controller manager: a warning would be noise.
    'requestheader-client-ca-file': {
      type: 'string',
      default: '',
      help: 'Accepted; users are known by certificates and tokens, not by what a proxy says.',
    },
    'secure-port': {
      type: 'number',
      default: port,
      help: 'The port on which to serve HTTPS. If 0, do not serve HTTPS at all.',
    },
    'tls-cert-file': { type: 'string', default: '', help: 'File containing the default x509 certificate for HTTPS.' },
    ...tlsFlags,
    'tls-private-key-file': {
      type: 'string',
      default: '',
      help: 'File containing the default x509 private key matching --tls-cert-file.',
    },
  }) as const satisfies FlagSpecs;

export type PortFlags = ParsedFlags<ReturnType<typeof portFlags>>;

/** How long answers about clients are cached, in milliseconds. */
export const answerTimes = (flags: PortFlags): { tokenMs: number; allowedMs: number; deniedMs: number } => ({
  tokenMs: flags['authentication-token-webhook-cache-ttl'],
  allowedMs: flags['authorization-webhook-cache-authorized-ttl'],
  deniedMs: flags['authorization-webhook-cache-unauthorized-ttl'],
});

/** The TLS settings of the port. */
export const portRules = (flags: PortFlags): TlsRules => tlsRules(tlsNames(flags));

/** The problems with the flags, in upstream's words. */
export function portProblems(flags: PortFlags): string[] {
  const port = flags['secure-port'];
  const one = (flags['tls-cert-file'] === '') !== (flags['tls-private-key-file'] === '');
  return [
    ...(port < 0 || port > 65535
      ? [`--secure-port ${port} must be between 0 and 65535, inclusive. 0 for turning off secure port`]
      : []),
    ...(one ? ['missing filename for serving cert'] : []),
    ...tlsNameProblems(tlsNames(flags)),
  ];
}
