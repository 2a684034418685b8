import type { ApiObject } from '@typernetes/machinery';
import { MissingNameError } from '../manifests/missing-name.ts';
import type { AnyResource } from './any-resource.ts';
import type { ResourceFinder } from './finder.ts';

/** What the arguments of a command mean: all objects of types, or single objects. */
export interface Selection {
  readonly type: AnyResource;
  /** Undefined: all of them, or those that a selector picks. */
  readonly names: readonly string[] | undefined;
}

const singleResourceAndName = 'arguments in resource/name form must have a single resource and name';

/** Understands `pods`, `pods,services`, `all`, `pods a b`, `pod/a service/b`. Throws with kubectl's words. */
export async function parseTargets(args: readonly string[], finder: ResourceFinder): Promise<Selection[]> {
  if (args.some((arg) => arg.includes('/'))) {
    const plain = args.find((arg) => !arg.includes('/'));
    if (plain !== undefined) {
      throw new Error(
        "there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'",
      );
    }
    return Promise.all(args.map((arg) => parseTypeAndName(arg, finder)));
  }
  const [types = '', ...names] = args;
  // Several types with a name are taken for TYPE/NAME each.
  if (names.includes('') && types.includes(',')) throw new Error(singleResourceAndName);
  if (names.includes('')) throw new MissingNameError();
  const found: Selection[] = [];
  for (const name of new Set(types.split(','))) {
    const members = isPlain(name) ? await finder.byCategory(name) : [];
    for (const type of members.length > 0 ? members : [await finder.byName(name)]) {
      found.push({ type, names: names.length > 0 ? names : undefined });
    }
  }
  return found;
}

/** Only `all` and names unknown to discovery's usual suspects are worth asking for as categories. */
function isPlain(name: string): boolean {
  return name === 'all';
}

export async function parseTypeAndName(arg: string, finder: ResourceFinder): Promise<Selection> {
  const parts = arg.split('/');
  const [type = '', name = ''] = parts;
  if (parts.length > 2) throw new Error('arguments in resource/name form may not have more than one slash');
  if (parts.length !== 2 || type === '' || name === '') {
    throw new Error(singleResourceAndName);
  }
  return { type: await finder.byName(type), names: [name] };
}

/** `pod/web`, `deployment.apps/web`: how results name an object. Reviews have no name: `<unknown>`. */
export function printedName(type: AnyResource, name: string | undefined): string {
  return `${printedKind(type)}/${name ?? '<unknown>'}`;
}

/** By what the object says that it is: a subresource may be of another kind, `scale.autoscaling/web`. */
export function printedObject(type: AnyResource, { kind, apiVersion = '', metadata }: ApiObject): string {
  if (kind === undefined || kind === type.kind) return printedName(type, metadata?.name);
  const [group = ''] = apiVersion.includes('/') ? apiVersion.split('/') : [];
  return printedName({ ...type, kind, group }, metadata?.name);
}

/** `deployment.apps`: by their kinds, whatever a custom resource calls one of them. */
export const printedKind = ({ kind, group }: AnyResource): string =>
  `${kind.toLowerCase()}${group === '' ? '' : `.${group}`}`;
