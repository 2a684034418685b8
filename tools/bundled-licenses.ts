import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const packagePattern = /^node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+/;

/**
 * The licenses of the npm packages that are part of a bundle, as these demand of copies: for each its name, version and
 * the text of its license. `inputs` are the files of the bundle, relative to `root`.
 */
export function bundledLicenses(root: string, inputs: readonly string[]): string {
  const folders = new Set(inputs.flatMap((input) => packagePattern.exec(input)?.[0] ?? []));
  const licenses = [...folders].sort().map((folder) => {
    const { name, version } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as {
      name: string;
      version: string;
    };
    const [file] = globSync(`${folder}/{LICEN[CS]E,CopyrightNotice}*`, { cwd: root });
    if (file === undefined) throw new Error(`Package "${name}" is bundled, but has no license file`);
    return `${name} ${version}\n\n${readFileSync(join(root, file), 'utf8').trim()}\n`;
  });
  return licenses.join(`\n${'-'.repeat(80)}\n\n`);
}
