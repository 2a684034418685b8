import { isJsonObject, jsonKind } from '@typernetes/machinery';

const texts = ['generateName', 'name', 'namespace'];
const maps = ['annotations', 'labels'];

/**
 * What is wrong with the metadata of an object that a file describes, in the words of upstream's decoder, which reads it before anything is sent:
 * `yes` and `1` are no labels unless they are quoted. Undefined where it fits. Of several misfits the first by the names of the fields counts.
 */
export function metadataMisfit(metadata: unknown): string | undefined {
  if (!isJsonObject(metadata)) return undefined;
  for (const field of [...maps, ...texts].sort()) {
    const value = metadata[field];
    if (value === undefined || value === null) continue;
    const misfit = (given: unknown, type: string): string =>
      `json: cannot unmarshal ${jsonKind(given)} into Go struct field ObjectMeta.metadata.${field} of type ${type}`;
    if (texts.includes(field)) {
      if (typeof value !== 'string') return misfit(value, 'string');
    } else if (!isJsonObject(value)) return misfit(value, 'map[string]string');
    else {
      const odd = Object.values(value).find((one) => one !== null && typeof one !== 'string');
      if (odd !== undefined) return misfit(odd, 'string');
    }
  }
  return undefined;
}
