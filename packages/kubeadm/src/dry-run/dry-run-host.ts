import type { CommandResult, Files, Host } from '../host.ts';
import type { Output } from '../output.ts';
import { kubeletFolder, manifestsFolder } from '../paths.ts';

/** Read-only programs, which are run; other command lines are only printed. */
const harmless = [
  /^kubelet --version$/,
  /^journalctl /,
  /^systemctl (is-active|is-enabled|status|show) /,
  /^uname /,
  /^stat /,
  /^df /,
];

/** A machine on which nothing changes. */
export interface DryRunHost extends Host {
  /** The folder with the files that would have been written. */
  readonly folder: string;
  /** Prints the folder, and the files written since the last call, except keys, certificates and kubeconfigs. */
  showFiles(): Promise<void>;
}

/**
 * The machine `real` with an overlay: files are written into `folder`, under their full path, and read back from there;
 * removed files only disappear from the overlay's view; programs that change something are printed, not run.
 */
export function dryRunHost(real: Host, { folder, output }: { folder: string; output: Output }): DryRunHost {
  const written = new Set<string>();
  const removed = new Set<string>();
  let shown: string[] = [];
  const gone = (path: string): boolean => [...removed].some((base) => path === base || path.startsWith(`${base}/`));
  const files: Files = {
    read: (path) =>
      written.has(path)
        ? real.files.read(folder + path)
        : gone(path)
          ? Promise.resolve(undefined)
          : real.files.read(path),
    async write(path, text, options) {
      await real.files.write(folder + path, text, options);
      written.add(path);
      shown.push(path);
    },
    async save(path, chunks, options) {
      await real.files.save(folder + path, chunks, options);
      written.add(path);
    },
    async remove(path) {
      const below = [...written].filter((known) => known === path || known.startsWith(`${path}/`));
      for (const known of below) {
        written.delete(known);
        await real.files.remove(folder + known);
      }
      if (!gone(path) && (await real.files.exists(path))) output.out(`[dryrun] Would delete "${path}"\n`);
      removed.add(path);
    },
    async makeFolder(path) {
      if (!(await real.files.exists(path))) output.out(`[dryrun] Would ensure that "${path}" directory is present\n`);
    },
    exists: async (path) =>
      [...written].some((known) => known === path || known.startsWith(`${path}/`)) ||
      (!gone(path) && (await real.files.exists(path))),
    async list(path) {
      const own = [...written]
        .filter((known) => known.startsWith(`${path}/`))
        .map((known) => known.slice(path.length + 1).split('/')[0] as string);
      const there = (await real.files.list(path)).filter((name) => !gone(`${path}/${name}`));
      return [...new Set([...there, ...own])];
    },
  };
  return {
    files,
    network: real.network,
    machine: real.machine,
    commands: {
      find: (program) => real.commands.find(program),
      async run(program, args, options): Promise<CommandResult> {
        const line = [program, ...args].join(' ');
        if (harmless.some((pattern) => pattern.test(line))) return real.commands.run(program, args, options);
        output.out(`[dryrun] Would run "${line}"\n`);
        return { code: 0, stdout: '', stderr: '' };
      },
    },
    folder,
    async showFiles() {
      const paths = [...new Set(shown)].filter((path) => written.has(path));
      shown = [];
      if (paths.length === 0) return;
      output.out(
        `[dryrun] Wrote certificates, kubeconfig files and control plane manifests to the "${folder}" directory
[dryrun] The certificates or kubeconfig files would not be printed due to their sensitive nature
[dryrun] Please examine the "${folder}" directory for details about what would be written
`,
      );
      for (const path of paths.filter(isShown)) {
        const text = (await real.files.read(folder + path)) ?? '';
        output.out(`[dryrun] Would write file "${path}" with content:\n${indented(text)}`);
      }
    },
  };
}

/** Manifests and kubelet settings: the files that users want to see in a dry run. */
const isShown = (path: string): boolean =>
  path.startsWith(`${manifestsFolder}/`) || path.startsWith(`${kubeletFolder}/`);

const indented = (text: string): string =>
  text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => `\t${line}\n`)
    .join('');
