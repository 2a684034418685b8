import { writeFileSync } from 'node:fs';
import { defineCommand } from '../command.ts';
import { builtKustomization } from '../programs/kustomize.ts';

/** What the program takes by the same names. */
const programFlags = {
  'as-current-user': { type: 'boolean', help: 'Functions run as the user who builds.', default: false },
  'enable-alpha-plugins': { type: 'boolean', help: 'Allow plugins.', default: false },
  'enable-helm': { type: 'boolean', help: 'Allow Helm charts.', default: false },
  env: { type: 'list', short: 'e', help: 'Environment variables of functions.', default: [] },
  'helm-api-versions': { type: 'list', help: 'API versions that charts are told of.', default: [] },
  'helm-command': { type: 'string', help: 'The program to build charts with.', default: 'helm' },
  'helm-debug': { type: 'boolean', help: 'Let the builder of charts say more.', default: false },
  'helm-kube-version': { type: 'string', help: 'The version of Kubernetes that charts are told of.', default: '' },
  'load-restrictor': {
    type: 'string',
    help: "With 'LoadRestrictionsNone', files from outside of the kustomization's folder may be read.",
    default: 'LoadRestrictionsRootOnly',
  },
  mount: { type: 'list', help: 'Storage of functions.', default: [] },
  network: { type: 'boolean', help: 'Let functions that ask for it reach the network.', default: false },
  'network-name': { type: 'string', help: "The network of functions' containers.", default: 'bridge' },
} as const;

export const kustomizeCommand = defineCommand({
  use: 'kustomize DIR [flags]',
  short: 'Build a kustomization target from a directory or URL',
  flags: {
    ...programFlags,
    output: { type: 'string', short: 'o', help: 'File to write to instead of standard output.', default: '' },
  } as const,
  async run({ flags, given, positional }, session) {
    const [folder = '.', ...more] = positional;
    if (more.length > 0) throw new Error('specify one path to kustomization.yaml');
    const options = Object.keys(programFlags)
      .filter((name) => given.has(name))
      .flatMap((name) => [flags[name as keyof typeof programFlags]].flat().map((value) => `--${name}=${value}`));
    const text = await builtKustomization(folder, session, options);
    if (flags.output === '') session.io.out(text);
    else writeFileSync(flags.output, text);
    return 0;
  },
});
