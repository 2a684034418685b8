import { readFile } from 'node:fs/promises';
import { type Clock, isAbort, type Logger, messageOf } from '@typernetes/base';
import type { HealthCheck } from '@typernetes/process';
import type { EncryptionObserver } from '../observers/encryption-metrics.ts';
import type { ReloadMetrics } from '../observers/reload-metrics.ts';
import type { ServedResource } from '../registry/served-resource.ts';
import { decodeEncryptionConfiguration } from './configuration.ts';
import type { ValueEncryption } from './encrypted-store.ts';
import { grpcStatus } from './grpc-status.ts';
import { type ProviderChain, plainChain, type TransformationObserver } from './provider.ts';
import { ResourceEncryption } from './resource-encryption.ts';
import { resourceOfKey } from './stored-resources.ts';

/** How often the file is checked, and KMS plugins are asked for their key. */
const reloadIntervalMs = 10_000;
const kmsIntervalMs = 60_000;

interface EncryptionSourceOptions {
  readonly file: string;
  /** Takes over a changed file while the server runs. */
  readonly automaticReload: boolean;
  readonly resources: readonly ServedResource[];
  /** The prefix of all keys, including the slash. */
  readonly root: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly observer?: EncryptionObserver;
  /** Counts reloads of the file. */
  readonly reloads?: ReloadMetrics;
}

/** The encryption that a file describes, as long as the server runs. */
export class EncryptionSource implements ValueEncryption {
  readonly name = 'encryption at rest';
  readonly #options: EncryptionSourceOptions;
  readonly #resourceOf: ReturnType<typeof resourceOfKey>;
  #text: string;
  #current: ResourceEncryption;
  /** The chains of the current configuration, by resource. */
  readonly #chains = new Map<string, ProviderChain>();

  private constructor(options: EncryptionSourceOptions, text: string, current: ResourceEncryption) {
    this.#options = options;
    this.#resourceOf = resourceOfKey(options.resources, options.root);
    this.#text = text;
    this.#current = current;
  }

  /** Throws when the file can not be used, or a plugin it names does not answer. */
  static async open(options: EncryptionSourceOptions): Promise<EncryptionSource> {
    const text = await read(options.file);
    const source = new EncryptionSource(options, text, await load(text, options));
    options.reloads?.applied(text);
    return source;
  }

  chainFor(key: string): ProviderChain {
    const resource = this.#resourceOf(key);
    if (!resource) return plainChain;
    const name = resource.group === '' ? resource.resource : `${resource.resource}.${resource.group}`;
    let chain = this.#chains.get(name);
    if (!chain) {
      const { observer, clock } = this.#options;
      const found = this.#current.chainOf(resource);
      chain = observer && found !== plainChain ? found.observed(observerOf(name, { observer, clock })) : found;
      this.#chains.set(name, chain);
    }
    return chain;
  }

  /**
   * Reloads the file if it changed. Its contents apply from the next read and write on; an invalid file changes
   * nothing.
   */
  async reload(): Promise<void> {
    const text = await read(this.#options.file);
    if (text === this.#text) return;
    const next = await load(text, this.#options);
    this.#current.close();
    this.#current = next;
    this.#chains.clear();
    this.#options.reloads?.applied(text);
    this.#options.reloads?.reloaded('success');
    this.#text = text;
    this.#options.log.info('Reloaded the encryption configuration', { file: this.#options.file });
  }

  async run(signal: AbortSignal): Promise<void> {
    const { automaticReload } = this.#options;
    await Promise.all([
      ...(automaticReload ? [this.#regularly(reloadIntervalMs, () => this.#reloaded(), signal)] : []),
      this.#regularly(kmsIntervalMs, () => this.#refreshKms(), signal),
    ]);
    this.#current.close();
  }

  /** Upstream's health checks: one for all plugins if the file is reloaded, else one each. */
  get health(): readonly HealthCheck[] {
    const { automaticReload } = this.#options;
    if (automaticReload) return [{ name: 'kms-providers', check: () => this.#refreshKms() }];
    return this.#current.kms.map((provider, i) => ({ name: `kms-provider-${i}`, check: () => provider.refresh() }));
  }

  async #reloaded(): Promise<void> {
    try {
      await this.reload();
    } catch (error) {
      this.#options.reloads?.reloaded('failure');
      throw error;
    }
  }

  async #refreshKms(): Promise<void> {
    for (const provider of this.#current.kms) await provider.refresh();
  }

  async #regularly(intervalMs: number, work: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    while (!signal.aborted) {
      try {
        await clock.sleep(intervalMs, signal);
        await work();
      } catch (error) {
        if (isAbort(error, signal)) return;
        log.error('Cannot keep the encryption configuration up to date', error);
      }
    }
  }
}

async function read(file: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new Error(
      `error while parsing file: error opening encryption provider configuration file ${JSON.stringify(file)}: ${messageOf(cause)}`,
      { cause },
    );
  }
  if (text === '')
    throw new Error(
      `error while parsing file: encryption provider configuration file ${JSON.stringify(file)} is empty`,
    );
  return text;
}

/** Counts operations on the values of one resource. */
function observerOf(
  resource: string,
  { observer, clock }: { readonly observer: EncryptionObserver; readonly clock: Clock },
): TransformationObserver {
  return {
    began: () => clock.monotonic(),
    ended: (what, prefix, { since, error }) =>
      observer.transformed(what, { resource, prefix, status: grpcStatus(error) }, (clock.monotonic() - since) / 1000),
  };
}

async function load(
  text: string,
  { clock, observer }: Pick<EncryptionSourceOptions, 'clock' | 'observer'>,
): Promise<ResourceEncryption> {
  try {
    return await ResourceEncryption.of(decodeEncryptionConfiguration(text), clock, observer);
  } catch (cause) {
    throw new Error(`error while parsing file: ${messageOf(cause)}`, { cause });
  }
}
