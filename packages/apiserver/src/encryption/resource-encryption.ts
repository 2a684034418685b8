import type { Clock } from '@typernetes/base';
import type { EncryptionObserver } from '../observers/encryption-metrics.ts';
import { aesCbc, aesGcm, type Cipher, secretbox } from './ciphers.ts';
import {
  type EncryptionConfiguration,
  type NamedKey,
  type ProviderConfiguration,
  parseGroupResource,
} from './configuration.ts';
import type { KmsProvider } from './kms-provider.ts';
import { identity, keyedProvider, type Provider, ProviderChain, plainChain } from './provider.ts';

/** The providers of each resource in one configuration. */
export class ResourceEncryption {
  /** By `resource.group`; a resource of `*` stands for all of its group, a group of `*` for all groups. */
  readonly #chains: ReadonlyMap<string, ProviderChain>;
  readonly kms: readonly KmsProvider[];

  private constructor(chains: ReadonlyMap<string, ProviderChain>, kms: readonly KmsProvider[]) {
    this.#chains = chains;
    this.kms = kms;
  }

  /** Asks the KMS plugins for their keys. Throws upstream's error when a rule never applies. */
  static async of(
    { resources = [] }: EncryptionConfiguration,
    clock: Clock,
    observer?: EncryptionObserver,
  ): Promise<ResourceEncryption> {
    const providers = new Map<string, Provider[]>();
    const kms: KmsProvider[] = [];
    for (const { resources: names = [], providers: configured = [] } of resources) {
      const made: Provider[] = [];
      for (const provider of configured) made.push(await providerOf(provider, { kms, clock, observer }));
      for (const name of names) {
        const { resource, group } = parseGroupResource(name);
        for (const earlier of [`*.${group}`, '*.*'])
          if (providers.has(earlier))
            throw new Error(
              `resource "${group === '' && resource !== '*' ? resource : `${resource}.${group}`}" is masked by earlier rule "${earlier}"`,
            );
        const key = `${resource}.${group}`;
        providers.set(key, [...(providers.get(key) ?? []), ...made]);
      }
    }
    return new ResourceEncryption(new Map([...providers].map(([key, list]) => [key, new ProviderChain(list)])), kms);
  }

  chainOf({ resource, group }: { readonly resource: string; readonly group: string }): ProviderChain {
    return (
      this.#chains.get(`${resource}.${group}`) ??
      this.#chains.get(`*.${group}`) ??
      this.#chains.get('*.*') ??
      plainChain
    );
  }

  close(): void {
    for (const provider of this.kms) provider.close();
  }
}

async function providerOf(
  { aescbc, aesgcm, secretbox: box, kms }: ProviderConfiguration,
  made: { kms: KmsProvider[]; clock: Clock; observer: EncryptionObserver | undefined },
): Promise<Provider> {
  if (aescbc) return keyedProvider('aescbc', await ciphersOf(aescbc.keys, aesCbc));
  if (aesgcm) return keyedProvider('aesgcm', await ciphersOf(aesgcm.keys, aesGcm));
  if (box) return keyedProvider('secretbox', await ciphersOf(box.keys, secretbox));
  if (!kms) return identity;
  if ((kms.apiVersion ?? 'v1') === 'v1')
    throw new Error(
      'KMSv1 is deprecated and will only receive security updates going forward. Use KMSv2 instead.  KMSv1 is not supported',
    );
  const { KmsProvider } = await import('./kms-provider.ts');
  const provider = new KmsProvider(kms, made.clock, made.observer);
  made.kms.push(provider);
  await provider.refresh();
  return provider;
}

async function ciphersOf(
  keys: readonly NamedKey[] = [],
  cipherOf: (key: Uint8Array) => Cipher | Promise<Cipher>,
): Promise<{ name: string; cipher: Cipher }[]> {
  return await Promise.all(
    keys.map(async ({ name = '', secret = '' }) => ({ name, cipher: await cipherOf(Buffer.from(secret, 'base64')) })),
  );
}
