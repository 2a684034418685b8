import type { ApiObject, StructSchema } from '@typernetes/machinery';

/**
 * Converts objects of one kind to another version. Returns new objects in the same order. Rejects with a StatusError.
 */
export type Convert = (objects: readonly ApiObject[], apiVersion: string) => Promise<ApiObject[]>;

/** The versions in which objects of a custom resource are stored, and the conversion between them. */
export interface CustomVersions {
  /** New objects are stored in it. */
  readonly stored: string;
  /** Old objects may be stored in any of these. */
  readonly all: readonly string[];
  /** The fields of a version; undefined for a version that the definition does not have. */
  fieldsOf(apiVersion: string): StructSchema | undefined;
  /** Objects written after this revision are as the schema wants them. */
  readonly since: number;
  /** Undefined if all versions have the same fields: then only the apiVersion differs. */
  readonly convert: Convert | undefined;
}
