import { existsSync } from 'node:fs';
import { aggregateText } from '@typernetes/base';
import {
  duplicateValue,
  type FieldProblem,
  invalidValue,
  problemText,
  requiredValue,
  unsupportedValue,
} from '@typernetes/machinery';
import { type ConfigKind, decodeConfigs } from '@typernetes/process';

/** Paths of files, not their contents. */
export interface EgressTls {
  readonly caBundle?: string;
  readonly clientKey?: string;
  readonly clientCert?: string;
  readonly tlsServerName?: string;
}

interface EgressTransport {
  readonly tcp?: { readonly url?: string; readonly tlsConfig?: EgressTls };
  readonly uds?: { readonly udsName?: string };
}

export interface EgressConnection {
  readonly proxyProtocol?: string;
  readonly transport?: EgressTransport;
}

/** The targets of connections: the cluster, programs beside the server, and its store. */
const egressNames = ['cluster', 'controlplane', 'etcd'] as const;
export type EgressName = (typeof egressNames)[number];

interface EgressSelection {
  readonly name: EgressName;
  readonly connection: EgressConnection;
}

const text = 'string' as const;
const kinds: readonly ConfigKind[] = ['v1beta1', 'v1alpha1'].map((version) => ({
  apiVersion: `apiserver.k8s.io/${version}`,
  kind: 'EgressSelectorConfiguration',
  fields: {
    egressSelections: {
      list: {
        fields: {
          name: text,
          connection: {
            fields: {
              proxyProtocol: text,
              transport: {
                fields: {
                  tcp: {
                    fields: {
                      url: text,
                      tlsConfig: {
                        fields: { caBundle: text, clientKey: text, clientCert: text, tlsServerName: text },
                      },
                    },
                  },
                  uds: { fields: { udsName: text } },
                },
              },
            },
          },
        },
      },
    },
  },
}));

interface GivenSelection {
  readonly name?: string;
  readonly connection?: EgressConnection;
}

/** The selections in `--egress-selector-config-file`. Throws an error that lists all problems, in upstream's words. */
export function decodeEgressConfiguration(yaml: string): readonly EgressSelection[] {
  const [document] = decodeConfigs(yaml, kinds);
  const { apiVersion, egressSelections } = document as unknown as {
    readonly apiVersion: string;
    readonly egressSelections?: readonly GivenSelection[];
  };
  const selections = (egressSelections ?? []).map(({ name = '', connection = {} }) => ({
    // The name in the first version.
    name: apiVersion.endsWith('/v1alpha1') && name === 'master' ? 'controlplane' : name.toLowerCase(),
    connection,
  }));
  const problems = egressProblems(selections, existsSync).map(problemText);
  if (problems.length > 0)
    throw new Error(`failed to validate egress selector configuration: ${aggregateText(problems)}`);
  return selections as EgressSelection[];
}

const at = 'service.connection';

/** Paths and messages are those of upstream's `egressselector/config.go`, odd as some are. */
export function egressProblems(
  selections: readonly { readonly name: string; readonly connection: EgressConnection }[],
  exists: (file: string) => boolean,
): FieldProblem[] {
  const problems = selections.flatMap(({ connection }) => connectionProblems(connection, exists));
  const seen = new Set<string>();
  selections.forEach(({ name }, i) => {
    if (seen.has(name)) problems.push(duplicateValue(`${at}[${i}]`, name));
    else if (!(egressNames as readonly string[]).includes(name)) problems.push(unsupportedValue(at, name, egressNames));
    seen.add(name);
  });
  return problems;
}

function connectionProblems(
  { proxyProtocol = '', transport }: EgressConnection,
  exists: (file: string) => boolean,
): FieldProblem[] {
  switch (proxyProtocol) {
    case 'Direct':
      return transport
        ? [invalidValue(`${at}.transport`, 'direct', 'Transport config should be absent for direct connect')]
        : [];
    case 'HTTPConnect':
      return connectProblems(transport, exists);
    case 'GRPC':
      if (!transport) return [requiredValue(`${at}.transport`, 'transport must be set for GRPC')];
      return transport.uds ? socketProblems(transport.uds) : [requiredValue(`${at}.uds`, 'UDS must be set with GRPC')];
    default:
      return [unsupportedValue(`${at}.protocol`, proxyProtocol, ['Direct', 'HTTPConnect', 'GRPC'])];
  }
}

function connectProblems(transport: EgressTransport | undefined, exists: (file: string) => boolean): FieldProblem[] {
  if (!transport) return [requiredValue(`${at}.transport`, 'transport must be set for HTTPConnect')];
  const { tcp, uds } = transport;
  if (tcp && uds) return [invalidValue(`${at}.tcp`, tcp, 'TCP and UDS cannot both be set')];
  if (uds) return socketProblems(uds);
  if (!tcp) return [requiredValue(`${at}.tcp`, 'One of TCP or UDS must be set')];
  const { url = '', tlsConfig } = tcp;
  if (url.startsWith('https://')) return tlsProblems(tlsConfig, exists);
  if (!url.startsWith('http://'))
    return [invalidValue(`${at}.url`, url, 'supported connection protocols are http:// and https://')];
  return tlsConfig
    ? [invalidValue(`${at}.tlsConfig`, 'nil', 'TLSConfig config should not be present when using HTTP')]
    : [];
}

const socketProblems = ({ udsName = '' }: NonNullable<EgressTransport['uds']>): FieldProblem[] =>
  udsName === '' ? [invalidValue(`${at}.udsName`, 'nil', 'UDSName should be present for UDS connections')] : [];

function tlsProblems(tls: EgressTls | undefined, exists: (file: string) => boolean): FieldProblem[] {
  if (!tls) return [requiredValue(`${at}.tlsConfig`, 'TLSConfig must be present when using HTTPS')];
  const { caBundle = '', clientCert = '', clientKey = '' } = tls;
  const field = (name: string): string => `${at}.tlsConfig.${name}`;
  const problems: FieldProblem[] = [];
  if (caBundle !== '' && !exists(caBundle))
    problems.push(invalidValue(field('caBundle'), caBundle, 'TLS config ca bundle does not exist'));
  if (clientCert === '') problems.push(invalidValue(field('clientCert'), 'nil', 'Using TLS requires clientCert'));
  else if (!exists(clientCert))
    problems.push(invalidValue(field('clientCert'), clientCert, 'TLS client cert does not exist'));
  if (clientKey === '') problems.push(invalidValue(field('clientKey'), 'nil', 'Using TLS requires requires clientKey'));
  else if (!exists(clientKey))
    problems.push(invalidValue(field('clientKey'), clientKey, 'TLS client key does not exist'));
  return problems;
}
