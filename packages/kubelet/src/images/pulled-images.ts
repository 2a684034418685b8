import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImagePullCredentials, ImagePulledRecord, ImagePullIntent } from '@typernetes/api/kubelet.config/v1beta1';
import { type Clock, codeOf, timestamp } from '@typernetes/base';
import type { AuthConfig } from '@typernetes/cri';
import { OneAtATime } from '../lifecycle/one-at-a-time.ts';
import { qualified, repositoryOf } from './image-name.ts';

interface Source {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
}

/** Registry credentials and their owner: a secret, a service account or, with neither, every pod on the node. */
export interface PullCredential {
  readonly auth: AuthConfig;
  readonly secret?: Source;
  readonly serviceAccount?: Source;
}

export type VerificationPolicy =
  | 'NeverVerify'
  | 'NeverVerifyPreloadedImages'
  | 'NeverVerifyAllowlistedImages'
  | 'AlwaysVerify';

interface PulledImagesOptions {
  /** `/var/lib/kubelet/image_manager`. */
  readonly directory: string;
  readonly policy: VerificationPolicy;
  /** For `NeverVerifyAllowlistedImages`: names without tags, or `registry/path/*` for everything below a path. */
  readonly allowlist: readonly string[];
  readonly clock: Pick<Clock, 'now'>;
}

const apiVersion = 'kubelet.config.k8s.io/v1beta1';

/**
 * Records the credentials with which images were pulled, in files with upstream's names and format, so that a present
 * image is only used by pods that could have pulled it themselves (upstream: imagepullmanager). An image without a
 * record counts as preloaded.
 */
export class PulledImages {
  readonly #options: PulledImagesOptions;
  /** How many pulls of an image are in progress. */
  readonly #intents = new Map<string, number>();
  readonly #queue = new OneAtATime();

  constructor(options: PulledImagesOptions) {
    this.#options = options;
  }

  /** Whether a pod may use the present image without asking the registry. */
  mayUse(image: string, imageRef: string, credentials: () => Promise<readonly PullCredential[]>): Promise<boolean> {
    if (this.#options.policy === 'NeverVerify') return Promise.resolve(true);
    return this.#queue.run(async () => {
      const record = await this.#record(imageRef);
      if (record === 'damaged') return false;
      const isOurs = record !== undefined || (await this.#isIntended(image));
      if (this.#isExempt(image, isOurs)) return true;
      const known = record?.credentialMapping?.[nameOf(image)];
      if (!known) return false;
      if (known.nodePodsAccessible) return true;
      const { kubernetesSecrets: secrets = [], kubernetesServiceAccounts: accounts = [] } = known;
      return (await credentials()).some(
        ({ auth, secret, serviceAccount }) =>
          (secret && secrets.some((one) => one.credentialHash === hashOf(auth) || isSame(one, secret))) ||
          (serviceAccount && accounts.some((one) => isSame(one, serviceAccount))),
      );
    });
  }

  /** Call it before a pull: if the kubelet stops before the pull is recorded, the image still counts as pulled. */
  begin(image: string): Promise<void> {
    return this.#queue.run(async () => {
      this.#intents.set(image, (this.#intents.get(image) ?? 0) + 1);
      const intent = { apiVersion, kind: 'ImagePullIntent', image } satisfies ImagePullIntent & object;
      await this.#write('pulling', image, intent);
    });
  }

  /** After a pull that went well; without credentials the image is everybody's on this node. */
  succeeded(image: string, imageRef: string, used: PullCredential | undefined): Promise<void> {
    return this.#queue.run(async () => {
      const found = await this.#record(imageRef);
      const before = found === 'damaged' ? undefined : found;
      const mapping = before?.credentialMapping ?? {};
      const own = mapping[nameOf(image)];
      const credentials = withCredential(own, used);
      const record: ImagePulledRecord = {
        apiVersion,
        kind: 'ImagePulledRecord',
        lastUpdatedTime: timestamp(this.#options.clock.now()),
        imageRef,
        credentialMapping: { ...mapping, [nameOf(image)]: credentials },
      };
      await this.#write('pulled', imageRef, record);
      await this.#end(image);
    });
  }

  failed(image: string): Promise<void> {
    return this.#queue.run(() => this.#end(image));
  }

  /** Forgets images that were not here any more at that time (milliseconds since the epoch). */
  retain(imageRefs: ReadonlySet<string>, at: number): Promise<void> {
    return this.#queue.run(async () => {
      const kept = new Set([...imageRefs].map(fileOf));
      const directory = join(this.#options.directory, 'pulled');
      for (const name of await namesIn(directory)) {
        const path = join(directory, name);
        // Keep what other pulls have recorded meanwhile.
        if (!kept.has(name) && (await stat(path)).mtimeMs < at) await rm(path, { force: true });
      }
    });
  }

  async #end(image: string): Promise<void> {
    const left = (this.#intents.get(image) ?? 1) - 1;
    if (left > 0) this.#intents.set(image, left);
    else {
      this.#intents.delete(image);
      await rm(join(this.#options.directory, 'pulling', fileOf(image)), { force: true });
    }
  }

  #isExempt(image: string, isOurs: boolean): boolean {
    const { policy, allowlist } = this.#options;
    if (isOurs || policy === 'AlwaysVerify') return false;
    if (policy === 'NeverVerifyPreloadedImages') return true;
    const name = nameOf(image);
    return allowlist.some((one) => (one.endsWith('/*') ? name.startsWith(one.slice(0, -1)) : name === one));
  }

  /** Undefined for an image of which nothing is recorded. */
  async #record(imageRef: string): Promise<ImagePulledRecord | 'damaged' | undefined> {
    try {
      const path = join(this.#options.directory, 'pulled', fileOf(imageRef));
      const record = JSON.parse(await readFile(path, 'utf8')) as ImagePulledRecord;
      return record.imageRef === imageRef ? record : 'damaged';
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      if (error instanceof SyntaxError) return 'damaged';
      throw error;
    }
  }

  async #isIntended(image: string): Promise<boolean> {
    return (await namesIn(join(this.#options.directory, 'pulling'))).includes(fileOf(image));
  }

  async #write(kind: 'pulling' | 'pulled', key: string, content: object): Promise<void> {
    const directory = join(this.#options.directory, kind);
    const path = join(directory, fileOf(key));
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await writeFile(`${path}.tmp`, JSON.stringify(content), { mode: 0o600 });
    await rename(`${path}.tmp`, path);
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const fileOf = (key: string): string => `sha256-${sha256(key)}`;
const hashOf = (auth: AuthConfig): string => sha256(JSON.stringify(auth));

/** The image without tag and digest, with its registry. */
const nameOf = (image: string): string => qualified(repositoryOf(image));

/** The record after a successful pull with those credentials. */
function withCredential(
  before: ImagePullCredentials | undefined,
  used: PullCredential | undefined,
): ImagePullCredentials {
  const { secret, serviceAccount, auth } = used ?? {};
  if (!(secret || serviceAccount) || before?.nodePodsAccessible) return { nodePodsAccessible: true };
  const { kubernetesSecrets: secrets = [], kubernetesServiceAccounts: accounts = [] } = before ?? {};
  const others = secrets.filter(({ uid }) => uid !== secret?.uid);
  const ownSecret = secret && auth ? [{ ...secret, credentialHash: hashOf(auth) }] : [];
  const allSecrets = [...others, ...ownSecret];
  const allAccounts = [
    ...accounts.filter((one) => !serviceAccount || !isSame(one, serviceAccount)),
    ...(serviceAccount ? [serviceAccount] : []),
  ];
  return {
    ...(allSecrets.length > 0 ? { kubernetesSecrets: allSecrets } : {}),
    ...(allAccounts.length > 0 ? { kubernetesServiceAccounts: allAccounts } : {}),
  };
}

function isSame(a: Source, b: Source): boolean {
  return a.uid === b.uid && a.namespace === b.namespace && a.name === b.name;
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}
