import type { CommandDeps } from './command-deps.ts';
import type { Host } from './host.ts';

/** The kernel's limit of followed links. */
const mostLinks = 40;

/**
 * This machine with the folder `root` as its root directory, for `--rootfs`: kubeadm in a container with the host's root mounted sees the host's files
 * and runs the host's programs. Links are followed inside the folder, as after chroot(2). `readLink` returns the target of a link on this machine,
 * and undefined for anything else.
 */
export function rootedHost(
  host: Host,
  { root, readLink }: { root: string; readLink: (path: string) => Promise<string | undefined> },
): Host {
  const base = root.replace(/\/+$/, '');

  /** Maps a path of the folder to this machine's; the last component may be a link. */
  const inside = async (path: string, { followLast = true } = {}): Promise<string> => {
    let rest = path.split('/').filter((name) => name !== '' && name !== '.');
    let at: string[] = [];
    for (let links = 0; rest.length > 0; ) {
      const [name = '', ...behind] = rest;
      rest = behind;
      if (name === '..') {
        at.pop();
        continue;
      }
      const next = [...at, name];
      const target = rest.length > 0 || followLast ? await readLink(`${base}/${next.join('/')}`) : undefined;
      if (target === undefined) {
        at = next;
        continue;
      }
      if (++links > mostLinks) throw new Error(`open ${path}: too many levels of symbolic links`);
      if (target.startsWith('/')) at = [];
      rest = [...target.split('/').filter((part) => part !== '' && part !== '.'), ...rest];
    }
    return `${base}/${at.join('/')}`;
  };
  const itself = (path: string): Promise<string> => inside(path, { followLast: false });

  const { files, commands, network } = host;
  return {
    machine: host.machine,
    files: {
      read: async (path) => files.read(await inside(path)),
      write: async (path, text, options) => files.write(await itself(path), text, options),
      save: async (path, chunks, options) => files.save(await itself(path), chunks, options),
      remove: async (path) => files.remove(await itself(path)),
      makeFolder: async (path, options) => files.makeFolder(await inside(path), options),
      exists: async (path) => files.exists(await inside(path)),
      list: async (path) => files.list(await inside(path)),
    },
    commands: {
      run: (program, args, options) => commands.run('chroot', [root, program, ...args], options),
      async find(program) {
        for (const folder of ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']) {
          if (await files.exists(await inside(`${folder}/${program}`))) return `${folder}/${program}`;
        }
        return undefined;
      },
    },
    network: { ...network, socketProblem: async (path) => network.socketProblem(await inside(path)) },
  };
}

/** The dependencies of a command for the folder `root`; the container runtime's socket is inside it too. */
export function rootedDeps(deps: CommandDeps, root: string): CommandDeps {
  const host = deps.hostAt(root);
  const socket = (criSocket: string): string =>
    criSocket.replace(/^(unix:\/\/)?\//, (start) => `${start.slice(0, -1)}${root}/`);
  return {
    ...deps,
    host,
    images: (criSocket) => deps.images(socket(criSocket)),
    pods: (criSocket) => deps.pods(socket(criSocket)),
  };
}

/** Throws the error of chroot(2). */
export async function requireFolder(root: string, { files }: Pick<Host, 'files'>): Promise<void> {
  const name = root.replace(/\/+$/, '');
  if (name === '' || (await files.exists(name))) return;
  throw new Error(`failed to chroot to ${root}: no such file or directory`);
}
