import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '@typernetes/base';
import { decodeDocument } from '@typernetes/process';

/** The changes to a container that has a device (Container Device Interface 1.1). */
export interface CdiEdits {
  readonly env?: readonly string[];
  readonly deviceNodes?: readonly {
    readonly path: string;
    readonly hostPath?: string;
    readonly permissions?: string;
  }[];
  readonly mounts?: readonly {
    readonly hostPath: string;
    readonly containerPath: string;
    readonly options?: readonly string[];
    readonly type?: string;
  }[];
  readonly additionalGids?: readonly number[];
  /** Edits that no call of the container runtime interface can express. */
  readonly hooks?: readonly object[];
  readonly intelRdt?: object;
  readonly netDevices?: readonly object[];
}

interface CdiSpec {
  readonly kind: string;
  readonly containerEdits?: CdiEdits;
  readonly devices: readonly { readonly name: string; readonly containerEdits?: CdiEdits }[];
}

/** The folders for the files of vendors and drivers; later ones take precedence. */
export const cdiDirectories: readonly string[] = ['/etc/cdi', '/var/run/cdi'];

/**
 * The edits for devices named `vendor/class=name`, in the order to apply them: those for all devices of a file come
 * first, and once. Throws for devices that no file has, or that several files of one directory have.
 */
export async function editsOf(names: readonly string[], directories = cdiDirectories): Promise<readonly CdiEdits[]> {
  const specs = (await Promise.all(directories.map(specsIn))).flatMap((own, rank) =>
    own.map((spec) => ({ spec, rank })),
  );
  const unknown: string[] = [];
  const common = new Set<CdiSpec>();
  const edits: CdiEdits[] = [];
  for (const name of names) {
    const holders = specs.flatMap(({ spec, rank }) => {
      const device = spec.devices.find((one) => `${spec.kind}=${one.name}` === name);
      return device ? [{ spec, rank, device }] : [];
    });
    const best = Math.max(...holders.map(({ rank }) => rank));
    const [holder, other] = holders.filter(({ rank }) => rank === best);
    if (!holder || other) {
      unknown.push(name);
      continue;
    }
    if (holder.spec.containerEdits && !common.has(holder.spec)) edits.push(holder.spec.containerEdits);
    common.add(holder.spec);
    if (holder.device.containerEdits) edits.push(holder.device.containerEdits);
  }
  if (unknown.length > 0)
    throw new Error(`CDI device injection failed: unresolvable CDI devices ${unknown.join(', ')}`);
  return edits;
}

/** The specs in a directory. Skips files that cannot be read: they may be somebody else's. */
async function specsIn(directory: string): Promise<readonly CdiSpec[]> {
  let files: string[];
  try {
    files = (await readdir(directory)).filter((name) => /\.(json|yaml)$/.test(name)).sort();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
  const specs = await Promise.all(
    files.map(async (name) => {
      try {
        return decodeDocument(await readFile(join(directory, name), 'utf8'));
      } catch {
        return undefined;
      }
    }),
  );
  return specs.filter(isSpec);
}

function isSpec(document: unknown): document is CdiSpec {
  const { kind, devices } = (document ?? {}) as Partial<CdiSpec>;
  return typeof kind === 'string' && Array.isArray(devices);
}
