import { schemaOfKind } from '@typernetes/api/schema';
import {
  type ApiObject,
  apiVersionOf,
  decodeObject,
  type JsonObject,
  type KindVersions,
  StatusError,
} from '@typernetes/machinery';
import type { CustomVersions } from '../registry/custom-versions.ts';
import { builtInResources } from '../registry/resources.ts';
import type { ServedResource } from '../registry/served-resource.ts';

/** The versions in which managers may own fields of a resource's objects, served or not. */
export function kindVersionsOf({ storage }: ServedResource): KindVersions {
  return storage?.versions ? customVersions(storage.versions) : builtInVersions(storage?.prefix ?? '');
}

/**
 * Throws for versions that the definition does not have, in upstream's words: field ownership in them cannot be
 * converted.
 */
function customVersions({ fieldsOf, convert }: CustomVersions): KindVersions {
  return {
    schemaOf: (apiVersion) => {
      const fields = fieldsOf(apiVersion);
      if (!fields) throw new StatusError('Unknown', `request to convert CR to an invalid group/version: ${apiVersion}`);
      return fields;
    },
    convert: async (objects, apiVersion) => {
      if (!convert) return objects.map((object) => ({ ...object, apiVersion }));
      return (await convert(objects as unknown as ApiObject[], apiVersion)) as unknown as JsonObject[];
    },
  };
}

/** All resources of this server that share objects, by apiVersion. */
const built = new Map<string, ReadonlyMap<string, ServedResource>>();

function builtInVersions(prefix: string): KindVersions {
  let resources = built.get(prefix);
  if (!resources) {
    const sharing = builtInResources.filter(({ storage }) => storage?.prefix === prefix);
    resources = new Map(sharing.map((one) => [apiVersionOf(one.type), one]));
    built.set(prefix, resources);
  }
  const known = resources;
  return {
    schemaOf: (apiVersion) => {
      const resource = known.get(apiVersion);
      return resource && schemaOfKind(resource.type);
    },
    convert: async (objects, apiVersion) => objects.map((object) => converted(object, apiVersion, known)),
  };
}

/** An object that lacks required members, for example after fields were removed, gets them first. */
function converted(object: JsonObject, apiVersion: string, known: ReadonlyMap<string, ServedResource>): JsonObject {
  const from = known.get(String(object.apiVersion));
  const target = known.get(apiVersion)?.storage?.storedAs;
  const schema = from && schemaOfKind(from.type);
  const whole = schema ? decodeObject(object, schema).object : object;
  const served = whole as unknown as ApiObject;
  const stored = from?.storage?.storedAs ? from.storage.storedAs.toStored(served) : served;
  return { ...(target ? target.fromStored(stored) : stored), apiVersion };
}
