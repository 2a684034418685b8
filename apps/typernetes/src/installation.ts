import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, linkSync, mkdirSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { codeOf } from '@typernetes/base';
import { compileAhead, type Installation } from '@typernetes/machine';
import { catalogue } from '../../../images/catalogue.ts';
import { buildImages } from '../../../images/machine-images.ts';
import { copyProgram, hasProgram, programFiles } from '../../../tools/bundle.ts';
import { bareInstallation, homeOf } from './home.ts';

const root = resolve(import.meta.dirname, '../../..');

/** Programs on the PATH of every machine, if they exist. */
const commands = ['kubeadm', 'kubelet', 'kubectl', 'typernetes'];

/**
 * The installation from which this checkout creates machines. Brings programs and images up to date first; if nothing
 * has changed, that takes a few milliseconds. TYPERNETES_HOME sets another directory for the machines.
 */
export async function prepareInstallation(report: (line: string) => void): Promise<Installation> {
  const home = homeOf(process.env);
  const available = commands.filter(hasProgram);
  const programs = await installPrograms(home, available);
  const built = await buildImages(catalogue, report);
  const images = built.filter(({ destination }) => destination === 'machine');
  const registryImages = built.filter(({ destination }) => destination === 'registry');
  return { ...bareInstallation(), programs, commands: available, images, registryImages };
}

/**
 * Puts Node, the bundles and their compiled code into a directory named after its contents; machines keep the one they
 * were created with.
 */
async function installPrograms(home: string, programs: readonly string[]): Promise<string> {
  const node = realpathSync(join(root, 'node_modules/.bin/node'));
  const hash = createHash('sha256').update(process.version);
  for (const files of await Promise.all(programs.map(programFiles))) {
    for (const { path, content } of files) hash.update(path).update(content);
  }
  const folder = join(home, 'programs', hash.digest('hex').slice(0, 16));
  if (existsSync(folder)) return folder;
  const making = `${folder}.${process.pid}`;
  mkdirSync(making, { recursive: true });
  linkOrCopy(node, join(making, 'node'));
  for (const name of programs) {
    await copyProgram(name, making);
    await compileAhead(join(making, 'node'), { folder: making, program: name });
  }
  try {
    renameSync(making, folder);
  } catch (error) {
    // Another process was faster.
    if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') throw error;
    rmSync(making, { recursive: true });
  }
  return folder;
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if (codeOf(error) !== 'EXDEV') throw error;
    copyFileSync(from, to);
  }
}
