import { type FlagSpecs, numbersOf, type ParsedFlags } from './flags.ts';
import type { TlsNames } from './tls-names.ts';

/** The TLS flags of every component with a port. */
export const tlsFlags = {
  'tls-cipher-suites': {
    type: 'list',
    default: [],
    help: 'Comma-separated list of cipher suites for the server, by their names in Go.',
  },
  'tls-curve-preferences': {
    type: 'list',
    default: [],
    help: 'Comma-separated list of key exchanges for the server, by their numbers (Go: CurveID), in the order of preference.',
  },
  'tls-min-version': {
    type: 'string',
    default: '',
    help: 'Minimum TLS version supported: VersionTLS12, VersionTLS13.',
  },
} as const satisfies FlagSpecs;

/** The values of these flags. Throws FlagError for a curve that is not a number. */
export const tlsNames = (flags: ParsedFlags<typeof tlsFlags>): TlsNames => ({
  minVersion: flags['tls-min-version'],
  cipherSuites: flags['tls-cipher-suites'],
  curves: numbersOf('tls-curve-preferences', flags['tls-curve-preferences']),
});
