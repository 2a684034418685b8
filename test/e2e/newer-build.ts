import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { version } from '@typernetes/base';
import { fileInMachine, programDirectory, programEntry, runtimeSocket } from '@typernetes/machine';
import { programFiles } from '../../tools/bundle.ts';
import type { Shell, Walkthrough } from '../walkthrough/walkthrough.ts';

/** The release as which clusters to upgrade are built. */
export const olderRelease = '0.0.9';
export const olderVersion = version.replace(/[^.]+\.[^.]+\.[^.]+$/, olderRelease);

/** Does what upgrading a package does: replaces the old program, which is kept as `old-PROGRAM`, by this build's. */
export async function installProgram(walkthrough: Walkthrough, machine: string, program: string): Promise<void> {
  for (const { path, content } of await programFiles(program))
    walkthrough.write(machine, `/opt/typernetes/${path}`, content.toString());
  const wrapper = `#!${programDirectory}/node\nrequire('/opt/typernetes/${programEntry(program)}');\n`;
  walkthrough.write(machine, `/opt/typernetes/run-${program}`, wrapper);
  const exchange = `cd /usr/local/bin && mv ${program} old-${program} && install -m 755 /opt/typernetes/run-${program} ${program}`;
  await walkthrough.inMachine(machine).run(exchange);
}

/** Loads the images of this build into machines. Returns the output of saving them. */
export async function loadImages(walkthrough: Walkthrough, machines: readonly string[]): Promise<string> {
  const bundle = join(walkthrough.home, 'images.tar');
  const saved = await walkthrough.typernetes.run('images', 'save', bundle);
  const socketOf = (name: string): string => fileInMachine({ installation: walkthrough }, name, runtimeSocket);
  await Promise.all(
    machines.map((name) => walkthrough.typernetes.run('images', 'load', bundle, '--address', socketOf(name))),
  );
  rmSync(bundle);
  return saved;
}

/**
 * Ids and restart counts of the containers in the namespace default: any change means that a container was disturbed.
 */
export const containersOfPods = (host: Shell): Promise<string> =>
  host.run(
    'kubectl get pods --sort-by=.metadata.name -o jsonpath=\'{range .items[*]}{.metadata.name} {.status.containerStatuses[*].containerID} {.status.containerStatuses[*].restartCount}{"\\n"}{end}\'',
  );
