import { createHash } from 'node:crypto';
import { access, constants, readdir, readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { CredentialProvider, CredentialProviderConfig } from '@typernetes/api/kubelet.config/v1';
import { aggregateText, codeOf, messageOf } from '@typernetes/base';
import { goQuote, problemText } from '@typernetes/machinery';
import { type ConfigKind, decodeConfigs } from '@typernetes/process';
import { providerProblems } from './credential-provider-problems.ts';

/** Providers of the configuration's version 1; those before it know no tokens of service accounts. */
const fields = {
  name: 'string',
  matchImages: { list: 'string' },
  defaultCacheDuration: 'duration',
  apiVersion: 'string',
  args: { list: 'string' },
  env: { list: { fields: { name: 'string', value: 'string' } } },
} as const;
const tokenAttributes = {
  fields: {
    serviceAccountTokenAudience: 'string',
    cacheType: 'string',
    requireServiceAccount: 'boolean',
    requiredServiceAccountAnnotationKeys: { list: 'string' },
    optionalServiceAccountAnnotationKeys: { list: 'string' },
  },
} as const;

const kindOf = (version: string, more: object = {}): ConfigKind => ({
  apiVersion: `kubelet.config.k8s.io/${version}`,
  kind: 'CredentialProviderConfig',
  fields: { providers: { list: { fields: { ...fields, ...more } } } },
});
const kinds = [kindOf('v1', { tokenAttributes }), kindOf('v1beta1'), kindOf('v1alpha1')];

/** The configuration of the credential providers. */
interface CredentialProviders {
  readonly providers: readonly CredentialProvider[];
  /** `sha256:…` of its files, each preceded by its length: identifies the configuration, as upstream does. */
  readonly hash: string;
}

/**
 * Reads the providers from a file, or from all `*.json`, `*.yaml` and `*.yml` files of a directory in the order of
 * their names; their programs are in `binDir`. Throws, in upstream's words, if any of them is invalid: a node must not
 * start without its credentials.
 */
export async function readCredentialProviders(path: string, binDir: string): Promise<CredentialProviders> {
  await stat(binDir).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') throw new Error(`plugin binary directory ${binDir} did not exist`);
    throw new Error(`error inspecting binary directory ${binDir}: ${messageOf(error)}`, { cause: error });
  });
  const { providers, hash } = await readFiles(path);
  const problems = providerProblems(providers).map(problemText);
  if (problems.length > 0) throw new Error(`failed to validate credential provider config: ${aggregateText(problems)}`);
  for (const { name } of providers) {
    const program = join(binDir, name);
    await access(program, constants.X_OK).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') throw new Error(`plugin binary executable ${program} did not exist`);
      throw new Error(`error inspecting binary executable ${program}: ${messageOf(error)}`, { cause: error });
    });
  }
  return { providers, hash };
}

async function readFiles(path: string): Promise<CredentialProviders> {
  const hash = createHash('sha256');
  const all: CredentialProvider[] = [];
  for (const file of await filesOf(path)) {
    let configs: readonly CredentialProviderConfig[];
    const bytes = await readFile(file);
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(bytes.length));
    hash.update(length).update(bytes);
    try {
      configs = decodeConfigs(bytes.toString('utf8'), kinds) as unknown as readonly CredentialProviderConfig[];
    } catch (error) {
      throw new Error(`error decoding config ${goQuote(file)}: ${messageOf(error)}`, { cause: error });
    }
    for (const provider of configs.flatMap(({ providers }) => providers ?? [])) {
      if (all.some(({ name }) => name === provider.name))
        throw new Error(`duplicate provider name ${goQuote(provider.name)} found in configuration file(s)`);
      all.push(provider);
    }
  }
  return { providers: all, hash: `sha256:${hash.digest('hex')}` };
}

async function filesOf(path: string): Promise<readonly string[]> {
  const found = await stat(path).catch((error: unknown) => {
    throw new Error(`unable to access path ${goQuote(path)}: ${messageOf(error)}`, { cause: error });
  });
  if (!found.isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => ['.json', '.yaml', '.yml'].includes(extname(name)));
  if (names.length === 0) throw new Error(`no configuration files found in directory ${goQuote(path)}`);
  return names.sort().map((name) => join(path, name));
}
