import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ApiObject } from '@typernetes/machinery';
import { decodeDocument } from '@typernetes/process';
import { defineCommand } from '../command.ts';
import { builtKustomization } from '../programs/kustomize.ts';
import { builtInResources } from '../resources/well-known.ts';

/** The flags that are passed to the kustomize program unchanged. */
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

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** A file for each object, called `apps_v1_deployment_web.yaml`; where they are in several namespaces, by that first. */
function writeEach(folder: string, text: string): void {
  const documents = text
    .split(/^---\n/m)
    .map((document) => ({ document, object: decodeDocument(document) as ApiObject }));
  const placeOf = ({ kind, metadata }: ApiObject): string | undefined => {
    const type = builtInResources.find((one) => one.kind === kind);
    return type && !type.namespaced ? undefined : (metadata.namespace ?? 'default');
  };
  const several = new Set(documents.map(({ object }) => placeOf(object)).filter((place) => place)).size > 1;
  for (const { document, object } of documents) {
    const place = placeOf(object);
    const words = [...(object.apiVersion ?? '').split('/'), object.kind, object.metadata.name];
    writeFileSync(
      join(folder, `${[...(several && place ? [place] : []), ...words].join('_').toLowerCase()}.yaml`),
      document,
    );
  }
}

const restrictors = ['LoadRestrictionsRootOnly', 'LoadRestrictionsNone'];

export const kustomizeCommand = defineCommand({
  use: 'kustomize DIR [flags]',
  short: 'Build a kustomization target from a directory or URL',
  flags: {
    ...programFlags,
    output: { type: 'string', short: 'o', help: 'File to write to instead of standard output.', default: '' },
  } as const,
  async run({ flags, given, positional }, session) {
    const restrictor = flags['load-restrictor'];
    const [folder = '.', ...more] = positional;
    if (more.length > 0) throw new Error('specify one path to kustomization.yaml');
    if (!restrictors.includes(restrictor))
      throw new Error(`illegal flag value --load-restrictor ${restrictor}; legal values: [${restrictors.join(' ')}]`);
    const options = Object.keys(programFlags)
      .filter((name) => given.has(name))
      .flatMap((name) => [flags[name as keyof typeof programFlags]].flat().map((value) => `--${name}=${value}`));
    const text = await builtKustomization(folder, session, options);
    if (flags.output === '') session.io.out(text);
    else if (isFolder(flags.output)) writeEach(flags.output, text);
    else writeFileSync(flags.output, text);
    return 0;
  },
});
