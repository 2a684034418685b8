import { execFileSync } from 'node:child_process';
import { chmodSync, globSync, lutimesSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A file of a package, by its installed path. */
export interface DebFile {
  readonly path: string;
  readonly mode?: number;
  /** Its contents, or a file on this machine with the contents. */
  readonly content: string | Uint8Array | { readonly file: string };
}

export interface DebPackage {
  readonly name: string;
  readonly version: string;
  /** One line, followed by the longer description. */
  readonly summary: string;
  readonly description: string;
  readonly depends: readonly string[];
  /** Files below /etc that an upgrade must not overwrite if they were changed. */
  readonly configFiles?: readonly string[];
  readonly files: readonly DebFile[];
  /** Shell scripts, by dpkg's names: `postinst`, `prerm`, `postrm`. */
  readonly scripts?: Readonly<Record<string, string>>;
}

const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };
export const debianArchitecture = architectures[process.arch] ?? process.arch;

/** The time stamp of everything, so that equal inputs give equal packages. */
const epochSeconds = Date.UTC(2025, 0) / 1000;

/** Builds the package with dpkg-deb in `folder`; returns the path of the file. */
export async function buildDeb(deb: DebPackage, folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const target = join(folder, `${deb.name}_${deb.version}_${debianArchitecture}.deb`);
  const root = mkdtempSync(join(folder, `.${deb.name}-`));
  try {
    for (const file of deb.files) await place(join(root, file.path), file);
    const control = join(root, 'DEBIAN');
    await place(join(control, 'control'), { path: '', content: controlText(deb, installedKilobytes(root)) });
    if (deb.configFiles) {
      await place(join(control, 'conffiles'), {
        path: '',
        content: deb.configFiles.map((path) => `${path}\n`).join(''),
      });
    }
    for (const [name, text] of Object.entries(deb.scripts ?? {})) {
      await place(join(control, name), { path: '', mode: 0o755, content: `#!/bin/sh\nset -e\n${text}exit 0\n` });
    }
    age(root);
    execFileSync('dpkg-deb', ['--root-owner-group', '-Zgzip', '-z2', '--build', root, target], {
      env: { ...process.env, SOURCE_DATE_EPOCH: String(epochSeconds) },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  } finally {
    rmSync(root, { recursive: true });
  }
  return target;
}

async function place(path: string, { content, mode = 0o644 }: DebFile): Promise<void> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  if (typeof content === 'object' && 'file' in content) await copyFile(content.file, path);
  else writeFileSync(path, content);
  chmodSync(path, mode);
}

function controlText(deb: DebPackage, kilobytes: number): string {
  return `Package: ${deb.name}
Version: ${deb.version}
Architecture: ${debianArchitecture}
Maintainer: The Typernetes authors <typernetes@localhost>
Installed-Size: ${kilobytes}
Depends: ${deb.depends.join(', ')}
Section: admin
Priority: optional
Description: ${deb.summary}
${deb.description
  .trim()
  .split('\n')
  .map((line) => ` ${line || '.'}\n`)
  .join('')}`;
}

function installedKilobytes(root: string): number {
  return Number(execFileSync('du', ['-sk', '--apparent-size', root], { encoding: 'utf8' }).split('\t')[0]);
}

/** Children first: changing them would update the directory's time. */
function age(root: string): void {
  for (const path of [...globSync('**/*', { cwd: root }), ''].sort().reverse()) {
    const full = join(root, path);
    lutimesSync(full, epochSeconds, epochSeconds);
  }
}
