import type { AdmissionRequest } from '../admission/admission-plugin.ts';
import type { ResourceStorage } from './resource-storage.ts';
import type { WriteOptions } from './write-options.ts';

/** The written object; name and type only if they are not the object's own. */
type Write = Pick<AdmissionRequest, 'operation' | 'object' | 'oldObject'> &
  Partial<Pick<AdmissionRequest, 'name' | 'objectType'>>;

/** The write as admission plugins see it. */
export function admissionRequest(
  storage: ResourceStorage,
  options: WriteOptions & { namespace: string; subresource?: string },
  write: Write,
): AdmissionRequest {
  return new StoredWrite(storage, options, write);
}

/** All have the same members, set or not: two dozen plugins read each. */
class StoredWrite implements AdmissionRequest {
  readonly operation: AdmissionRequest['operation'];
  readonly object: AdmissionRequest['object'];
  readonly oldObject: AdmissionRequest['oldObject'];
  readonly resource: AdmissionRequest['resource'];
  readonly subresource: string;
  readonly name: string;
  readonly namespace: string;
  readonly user: AdmissionRequest['user'];
  readonly options: AdmissionRequest['options'];
  readonly dryRun: boolean;
  readonly objectType: AdmissionRequest['objectType'];
  readonly reread: AdmissionRequest['reread'];
  readonly annotate: AdmissionRequest['annotate'];
  readonly #context: WriteOptions['context'];
  readonly #clock: ResourceStorage['deps']['clock'];
  readonly #shape: ResourceStorage['served']['shape'];

  constructor(
    { served: { type, shape }, deps }: ResourceStorage,
    options: WriteOptions & { namespace: string; subresource?: string },
    { operation, object, oldObject, name, objectType }: Write,
  ) {
    const { context } = options;
    this.operation = operation;
    this.object = object;
    this.oldObject = oldObject;
    this.resource = type;
    this.reread = shape && !objectType ? (changed) => void shape.reread(changed) : undefined;
    this.subresource = options.subresource ?? '';
    this.name = name ?? object?.metadata.name ?? oldObject?.metadata.name ?? '';
    this.namespace = type.namespaced ? options.namespace : namespaceItself(type, object ?? oldObject);
    this.user = context.user;
    this.options = options.raw;
    this.dryRun = options.dryRun;
    this.objectType = objectType;
    this.annotate = context.annotate;
    this.#context = context;
    this.#clock = deps.clock;
    this.#shape = objectType ? undefined : shape;
  }

  /** On demand: they are made of the definition's schema when they are first asked for. */
  get customFields(): AdmissionRequest['customFields'] {
    return this.#shape?.fields;
  }

  waitedOutside(ms: number): void {
    const { outside } = this.#context;
    if (outside) outside.ms += ms;
  }

  warn(message: string): void {
    this.#context.warnings.add(message);
  }

  timeLeftMs(): number {
    const { dueAt } = this.#context;
    return dueAt === undefined ? Number.POSITIVE_INFINITY : dueAt - this.#clock.monotonic();
  }

  /** Created on demand, by webhooks. */
  get signal(): AbortSignal {
    return this.#context.request.signal;
  }
}

/** As in upstream's attributes, a request about a namespace carries its name as namespace too. */
function namespaceItself({ group, plural }: AdmissionRequest['resource'], object: AdmissionRequest['object']): string {
  return group === '' && plural === 'namespaces' ? (object?.metadata.name ?? '') : '';
}
