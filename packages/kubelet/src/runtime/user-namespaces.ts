import { mkdir, open, rename } from 'node:fs/promises';
import type { Pod } from '@typernetes/api/core/v1';
import { messageOf } from '@typernetes/base';
import type { RuntimeHandler, UserNamespace } from '@typernetes/cri';
import { entriesOf, textIn } from '../files/read-files.ts';
import type { IdRange } from './subordinate-ids.ts';

/** The file in a pod's directory with its ids, in upstream's format. */
const fileName = 'userns';

interface Mapping {
  readonly hostId: number;
  readonly containerId: number;
  readonly length: number;
}

interface UserNamespacesDeps {
  readonly podsDir: string;
  /** The runtime's handlers and their features. */
  readonly handlers: () => readonly RuntimeHandler[];
  /** The available ids; read when the first pod needs some. */
  readonly ids: () => Promise<IdRange>;
  readonly idsPerPod: number;
  readonly maxPods: number;
}

const ofNode: UserNamespace = { mode: 'NODE' };

/**
 * Assigns ids to each pod with a user namespace (`hostUsers: false`), which it keeps across restarts of the kubelet.
 */
export class UserNamespaces {
  readonly #deps: UserNamespacesDeps;
  /** The first id of each pod, by uid. */
  readonly #given = new Map<string, number>();
  #opened: Promise<IdRange> | undefined;

  constructor(deps: UserNamespacesDeps) {
    this.#deps = deps;
  }

  /** Rejects, in upstream's words, if the runtime or the machine cannot provide a user namespace. */
  async of(pod: Pod, handler: string): Promise<UserNamespace> {
    if (pod.spec?.hostUsers !== false) return ofNode;
    const why = this.#unsupported(handler);
    if (why !== undefined) throw new Error(why);
    this.#opened ??= this.#open();
    const range = await this.#opened.catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    const { uid } = pod.metadata;
    const hostId = this.#given.get(uid) ?? (await this.#give(uid, range));
    const mappings = [{ hostId, containerId: 0, length: this.#deps.idsPerPod }];
    return { mode: 'POD', uids: mappings, gids: mappings };
  }

  /** Its directory, with the file in it, is gone. */
  release(uid: string): void {
    this.#given.delete(uid);
  }

  #unsupported(handler: string): string | undefined {
    const known = this.#deps.handlers().find(({ name }) => name === handler);
    if (known?.features?.userNamespaces) return undefined;
    const who = handler === '' ? 'runtime does' : `RuntimeClass handler "${handler}" does`;
    const text = `can't set \`spec.hostUsers: false\`, ${who} not support user namespaces`;
    return known ? text : `${text}: the handler "${handler}" is not known`;
  }

  async #open(): Promise<IdRange> {
    const { podsDir, idsPerPod, maxPods } = this.#deps;
    const range = await this.#deps.ids();
    if (range.first % idsPerPod !== 0)
      throw new Error(`kubelet user assigned ID ${range.first} is not a multiple of ${idsPerPod}`);
    // Id 0 must never be mapped: that is the machine's root.
    if (range.first < idsPerPod)
      throw new Error(`kubelet user assigned ID ${range.first} must be greater or equal to ${idsPerPod}`);
    if (range.length % idsPerPod !== 0)
      throw new Error(`kubelet user assigned IDs length ${range.length} is not a multiple of ${idsPerPod}`);
    if (range.length / idsPerPod < maxPods)
      throw new Error(`kubelet user assigned IDs are not enough to support ${maxPods} pods`);
    for (const uid of await entriesOf(podsDir)) {
      const text = await textIn(`${podsDir}/${uid}/${fileName}`);
      if (text === undefined) continue;
      const hostId = this.#hostIdIn(text);
      if ([...this.#given.values()].includes(hostId))
        throw new Error(`user namespace: range picked for pod "${uid}" already taken`);
      this.#given.set(uid, hostId);
    }
    return range;
  }

  #hostIdIn(text: string): number {
    const { idsPerPod } = this.#deps;
    try {
      const { uidMappings, gidMappings } = JSON.parse(text) as { uidMappings: Mapping[]; gidMappings: Mapping[] };
      const [mapping, ...others] = uidMappings;
      if (!mapping || others.length > 0) throw new Error('no more than one mapping allowed.');
      if (JSON.stringify(uidMappings) !== JSON.stringify(gidMappings))
        throw new Error('GID and UID mappings should be identical.');
      if (mapping.containerId !== 0) throw new Error('UID 0 must be mapped');
      if (mapping.length !== idsPerPod) throw new Error(`wrong user namespace length ${mapping.length}`);
      return mapping.hostId;
    } catch (error) {
      throw new Error(`user namespace: invalid user namespace configuration: ${messageOf(error)}`, { cause: error });
    }
  }

  async #give(uid: string, { first, length }: IdRange): Promise<number> {
    const { podsDir, idsPerPod } = this.#deps;
    const taken = new Set(this.#given.values());
    let hostId = first;
    while (taken.has(hostId)) hostId += idsPerPod;
    if (hostId + idsPerPod > first + length)
      throw new Error('create user namespace: could not find an empty slot to allocate a user namespace');
    this.#given.set(uid, hostId);
    try {
      const mappings = [{ hostId, containerId: 0, length: idsPerPod }];
      await writeDurably(`${podsDir}/${uid}`, JSON.stringify({ uidMappings: mappings, gidMappings: mappings }));
    } catch (error) {
      this.#given.delete(uid);
      throw new Error(`create user namespace: ${messageOf(error)}`, { cause: error });
    }
    return hostId;
  }
}

/** An assigned range must not be forgotten, even in a crash of the machine: files of the pod may belong to it. */
async function writeDurably(directory: string, text: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o750 });
  const temporary = `${directory}/.${fileName}`;
  await using file = await open(temporary, 'w', 0o600);
  await file.writeFile(text);
  await file.sync();
  await rename(temporary, `${directory}/${fileName}`);
  await using parent = await open(directory);
  await parent.sync();
}
