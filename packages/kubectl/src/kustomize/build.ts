import { resolve } from 'node:path';
import { encodeYaml } from '../printing/yaml.ts';
import { accumulated, folderAt, nothing, setSchema } from './accumulate.ts';
import { type Building, missingText } from './building.ts';
import { addHashes } from './generators.ts';
import { readKustomization } from './kustomization.ts';
import { OpenApi } from './open-api.ts';
import { inOrder } from './order.ts';
import { addBuildMetadata } from './origin.ts';
import { followNames } from './references.ts';
import { repositoryAt } from './repository.ts';
import { replaceVars } from './vars.ts';

/**
 * The objects of a kustomization as YAML, in upstream's order. Throws with what is wrong, and ForeignFieldError (`kustomization.ts`) for what is left to
 * the program.
 */
export async function built(folder: string, surroundings: Omit<Building, 'schemaOf'>): Promise<string> {
  const openApi = new OpenApi();
  const building = { ...surroundings, schemaOf: openApi.schemaOf.bind(openApi) };
  const root = await rootOf(folder, building);
  const read = await readKustomization(root, building);
  const { sortOptions, buildMetadata = [] } = read.kustomization;
  await setSchema(read.kustomization, { folder: root, building, openApi });
  const { resources, configuration, vars } = await accumulated(read, {
    building,
    openApi,
    onWay: [],
    origin: buildMetadata.length > 0 ? {} : undefined,
    folder: root,
    before: nothing,
  });
  addHashes(resources);
  followNames(resources, configuration.nameReference);
  replaceVars(resources, { vars, configuration }, building.log);
  const shown = resources.filter(
    ({ object }) => object.metadata.annotations?.['config.kubernetes.io/local-config'] !== 'true',
  );
  const ordered = inOrder(shown, sortOptions);
  addBuildMetadata(ordered, buildMetadata);
  return ordered.map(({ object }) => encodeYaml(object)).join('---\n');
}

/** The whole path of a folder, or of what a repository has. Throws with upstream's words when it is none. */
async function rootOf(folder: string, building: Building): Promise<string> {
  const root = resolve(folder);
  if (repositoryAt(folder)) return folderAt(folder, { building, folder: root });
  const names = await building.files.list(root).catch(async () => {
    const why = await missingText(root, building);
    throw new Error(`must build at directory: not a valid directory: ${why.replace(`'${root}'`, `'${folder}'`)}`);
  });
  if (!names) throw new Error(`must build at directory: '${folder}': file is not directory`);
  return root;
}
