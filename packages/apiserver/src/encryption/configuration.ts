import { aggregateText } from '@typernetes/base';
import { type FieldProblem, invalidValue, problemText, requiredValue } from '@typernetes/machinery';
import { type ConfigKind, decodeConfig, parseDuration } from '@typernetes/process';

export interface NamedKey {
  readonly name?: string;
  /** Base64. */
  readonly secret?: string;
}

export interface KmsConfiguration {
  readonly apiVersion?: string;
  readonly name?: string;
  readonly cachesize?: number;
  readonly endpoint?: string;
  readonly timeout?: string;
}

export interface ProviderConfiguration {
  readonly aesgcm?: { readonly keys?: readonly NamedKey[] };
  readonly aescbc?: { readonly keys?: readonly NamedKey[] };
  readonly secretbox?: { readonly keys?: readonly NamedKey[] };
  readonly identity?: unknown;
  readonly kms?: KmsConfiguration;
}

export interface EncryptionConfiguration {
  readonly resources?: readonly {
    readonly resources?: readonly string[];
    readonly providers?: readonly ProviderConfiguration[];
  }[];
}

const keys = { fields: { keys: { list: { fields: { name: 'string', secret: 'string' } } } } } as const;
const configurationKind: ConfigKind = {
  apiVersion: 'apiserver.config.k8s.io/v1',
  kind: 'EncryptionConfiguration',
  fields: {
    resources: {
      list: {
        fields: {
          resources: { list: 'string' },
          providers: {
            list: {
              fields: {
                aesgcm: keys,
                aescbc: keys,
                secretbox: keys,
                identity: 'any',
                kms: {
                  fields: {
                    apiVersion: 'string',
                    name: 'string',
                    cachesize: 'number',
                    endpoint: 'string',
                    timeout: 'duration',
                  },
                },
              },
            },
          },
        },
      },
    },
  },
};

/** Decodes `--encryption-provider-config`. Throws an error that lists all problems. */
export function decodeEncryptionConfiguration(text: string): EncryptionConfiguration {
  const configuration = decodeConfig<EncryptionConfiguration>(text, configurationKind);
  const problems = configurationProblems(configuration).map(problemText);
  if (problems.length > 0) throw new Error(aggregateText(problems));
  return configuration;
}

/** In upstream's words (validation_encryption.go). */
function configurationProblems({ resources = [] }: EncryptionConfiguration): FieldProblem[] {
  if (resources.length === 0) return [requiredValue('resources', 'at least one resources is required')];
  const kmsNames = new Set<string>();
  return resources.flatMap(({ resources: names = [], providers = [] }, i) => {
    const at = `resources[${i}]`;
    return [
      ...(names.length === 0
        ? [requiredValue(`${at}.resources`, `at least one ${at}.resources is required`)]
        : [...overlapProblems(names, `${at}.resources`), ...nameProblems(names, `${at}.resources`)]),
      ...(providers.length === 0
        ? [requiredValue(`${at}.providers`, `at least one ${at}.providers is required`)]
        : providers.flatMap((provider, j) => providerProblems(provider, `${at}.providers[${j}]`, kmsNames))),
    ];
  });
}

/** `deployments.apps` is a resource and its group; without a dot the group is the core one. */
export function parseGroupResource(text: string): { readonly resource: string; readonly group: string } {
  const dot = text.indexOf('.');
  return dot < 0 ? { resource: text, group: '' } : { resource: text.slice(0, dot), group: text.slice(dot + 1) };
}

function overlapProblems(names: readonly string[], field: string): FieldProblem[] {
  const parsed = names.map(parseGroupResource);
  const problems: FieldProblem[] = [];
  if (new Set(parsed.map(({ resource, group }) => `${resource}.${group}`)).size < names.length)
    problems.push(invalidValue(field, names, 'the same resource cannot be specified multiple times'));
  const overlaps = parsed.some((a, i) =>
    parsed.some(
      (b, j) =>
        i !== j &&
        (a.resource !== b.resource || a.group !== b.group) &&
        ((a.resource === '*' && a.group === '*') ||
          (a.group === b.group && (a.resource === '*' || b.resource === '*'))),
    ),
  );
  if (overlaps)
    problems.push(
      invalidValue(
        field,
        names,
        "using overlapping resources such as 'secrets' and '*.' in the same resource list is not allowed as they will be masked",
      ),
    );
  return problems;
}

const withoutApi: readonly string[] = ['apiserveripinfo', 'serviceipallocations', 'servicenodeportallocations'];

function nameProblems(names: readonly string[], field: string): FieldProblem[] {
  return names.flatMap((name, i) => {
    const problem = nameProblem(name);
    return problem === undefined ? [] : [invalidValue(`${field}[${i}]`, name, problem)];
  });
}

function nameProblem(name: string): string | undefined {
  const { resource, group } = parseGroupResource(name);
  if (name.toLowerCase() !== name) return 'resource name should not contain capital letters';
  if (name === '*') return "use '*.' to encrypt all the resources from core API group or *.* to encrypt all resources";
  if (withoutApi.includes(name)) return 'resources which do not have REST API/s cannot be encrypted';
  if (group === 'events.k8s.io')
    return "'*.events.k8s.io' objects are stored using the 'events' API group in etcd. Use 'events' instead in the config file";
  if (group === 'extensions') return "'extensions' group has been removed and cannot be used for encryption";
  if (group === '*' && resource !== '*') return 'encrypting the same resource across groups is not supported';
  return undefined;
}

function providerProblems(provider: ProviderConfiguration, field: string, kmsNames: Set<string>): FieldProblem[] {
  const { aesgcm, aescbc, secretbox, kms } = provider;
  const found = Object.keys(provider);
  if (found.length === 0)
    return [
      invalidValue(
        field,
        provider,
        'provider does not contain any of the expected providers: KMS, AESGCM, AESCBC, Secretbox, Identity',
      ),
    ];
  // The value would show secrets.
  if (found.length > 1)
    return [
      invalidValue(
        field,
        'REDACTED',
        'more than one provider specified in a single element, should split into different list elements',
      ),
    ];
  if (kms) return kmsProblems(kms, `${field}.kms`, kmsNames);
  if (aesgcm) return keysProblems(aesgcm.keys, `${field}.aesgcm.keys`, [16, 24, 32]);
  if (aescbc) return keysProblems(aescbc.keys, `${field}.aescbc.keys`, [16, 24, 32]);
  if (secretbox) return keysProblems(secretbox.keys, `${field}.secretbox.keys`, [32]);
  return [];
}

function keysProblems(
  given: readonly NamedKey[] | undefined,
  field: string,
  lengths: readonly number[],
): FieldProblem[] {
  if (!given || given.length === 0) return [requiredValue(field, 'at least one keys is required')];
  return given.flatMap(({ name = '', secret = '' }, i) => {
    const at = `${field}[${i}]`;
    const problems: FieldProblem[] = [];
    if (name === '') problems.push(requiredValue(`${at}.name`, 'name is a mandatory field for a key'));
    if (secret === '') return [...problems, requiredValue(`${at}.secret`, 'secret is a mandatory field for a key')];
    const invalid = (why: string): FieldProblem[] => [...problems, invalidValue(`${at}.secret`, 'REDACTED', why)];
    const bytes = Buffer.from(secret, 'base64');
    if (bytes.toString('base64') !== secret) return invalid('secrets must be base64 encoded');
    if (!lengths.includes(bytes.length))
      return invalid(
        `secret is not of the expected length, got ${bytes.length}, expected one of [${lengths.join(' ')}]`,
      );
    return problems;
  });
}

function kmsProblems(kms: KmsConfiguration, field: string, names: Set<string>): FieldProblem[] {
  const { apiVersion = 'v1', name = '', endpoint = '', timeout, cachesize } = kms;
  const problems: FieldProblem[] = [];
  if (name === '') problems.push(requiredValue(`${field}.name`, 'name is a mandatory field for a provider'));
  if (name.includes(':'))
    problems.push(invalidValue(`${field}.name`, name, `invalid KMS provider name ${name}, must not contain ':'`));
  if (names.has(name))
    problems.push(invalidValue(`${field}.name`, name, `duplicate KMS provider name ${name}, names must be unique`));
  names.add(name);
  if (timeout !== undefined && (parseDuration(timeout) ?? 0) <= 0)
    problems.push(invalidValue(`${field}.timeout`, timeout, 'timeout should be a positive value'));
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(endpoint)?.[1] ?? '';
  if (endpoint === '') problems.push(invalidValue(`${field}.endpoint`, '', 'endpoint is a mandatory field for a kms'));
  else if (scheme !== 'unix')
    problems.push(
      invalidValue(
        `${field}.endpoint`,
        endpoint,
        `unsupported scheme ${JSON.stringify(scheme)} for KMS provider, only unix is supported`,
      ),
    );
  if (apiVersion !== 'v1' && cachesize !== undefined)
    problems.push(invalidValue(`${field}.cachesize`, cachesize, 'cachesize is not supported in v2'));
  if (apiVersion !== 'v1' && apiVersion !== 'v2')
    problems.push(
      invalidValue(
        `${field}.apiVersion`,
        apiVersion,
        'unsupported apiVersion apiVersion for KMS provider, only v1 and v2 are supported',
      ),
    );
  return problems;
}
