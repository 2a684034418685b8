/** The package `typernetes`: a control plane that programs import. The command line of the same name is `main.ts`. */
export type { Logger } from '@typernetes/base';
export type {
  ApiClient,
  ListOptions,
  ObjectList,
  ObjectRef,
  PatchOptions,
  ResourceClient,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from '@typernetes/client';
export type { NodeAmounts, PodCourse } from '@typernetes/hollow';
export {
  type ApiObject,
  type Draft,
  isAlreadyExists,
  isConflict,
  isInvalid,
  isNotFound,
  type ResourceType,
  StatusError,
} from '@typernetes/machinery';
export type { AlternativeNames, Identity } from '@typernetes/pki';
export { type ControlPlane, startControlPlane, type User } from './control-plane/control-plane.ts';
export type { ControlPlaneOptions } from './control-plane/control-plane-options.ts';
