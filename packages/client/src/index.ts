export type { EventRecorder, EventTarget } from './events.ts';
export type { Informer, InformerEvents, Informers, Lister } from './informer.ts';
export { type Reconciler, type Result, TerminalError } from './reconciler.ts';
export type {
  ApiClient,
  ListOptions,
  ObjectList,
  ObjectRef,
  PatchOptions,
  PatchType,
  Reader,
  ResourceClient,
  WatchEvent,
  WatchOptions,
  WriteOptions,
  Writer,
} from './resource-client.ts';
export { type ApiRequest, type ApiResponse, readBody, type Transport, type UpgradedConnection } from './transport.ts';
