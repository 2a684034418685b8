import type { AdmissionPlugin, AdmissionRequest, WriteKind } from '../admission/admission-plugin.ts';
import { runsAgain } from '../admission/reinvocation.ts';

/** The plugins that a kind of write concerns. */
interface Concerned {
  readonly mutating: readonly AdmissionPlugin[];
  readonly validating: readonly AdmissionPlugin[];
}

/** Chosen once: of two dozen plugins two or three have anything to do with a write. */
interface Choice {
  /** Of plugins that were there: they may grow while a server is put together. */
  readonly count: number;
  readonly byResource: WeakMap<WriteKind['resource'], Map<string, Concerned>>;
}

const choices = new WeakMap<readonly AdmissionPlugin[], Choice>();

function concernedOf(plugins: readonly AdmissionPlugin[], kind: WriteKind): Concerned {
  let choice = choices.get(plugins);
  if (choice?.count !== plugins.length) {
    choice = { count: plugins.length, byResource: new WeakMap() };
    choices.set(plugins, choice);
  }
  const { operation, resource, subresource } = kind;
  let byKind = choice.byResource.get(resource);
  if (!byKind) {
    byKind = new Map();
    choice.byResource.set(resource, byKind);
  }
  const id = subresource === '' ? operation : `${operation} ${subresource}`;
  let concerned = byKind.get(id);
  if (!concerned) {
    const ofThese = plugins.filter((plugin) => plugin.concerns?.({ operation, resource, subresource }) ?? true);
    concerned = {
      mutating: ofThese.filter(({ admit }) => admit),
      validating: ofThese.filter(({ validate }) => validate),
    };
    byKind.set(id, concerned);
  }
  return concerned;
}

/** Mutating admission: may change the request's object in place. At once, unless a plugin makes it wait. */
export function admit(plugins: readonly AdmissionPlugin[], request: AdmissionRequest): void | Promise<void> {
  const { mutating } = concernedOf(plugins, request);
  for (let i = 0; i < mutating.length; i++) {
    const pending = askToAdmit(mutating[i], request);
    if (pending) return admitBehind(mutating, request, { pending, next: i + 1 });
  }
  if (runsAgain(request)) return admit(plugins, request);
}

function askToAdmit(plugin: AdmissionPlugin | undefined, request: AdmissionRequest): void | Promise<void> {
  if (plugin?.handles?.(request) !== false) return plugin?.admit?.(request);
}

/** The rest, behind a plugin that is waited for. */
async function admitBehind(
  mutating: readonly AdmissionPlugin[],
  request: AdmissionRequest,
  { pending, next }: { pending: Promise<void>; next: number },
): Promise<void> {
  await pending;
  for (const plugin of mutating.slice(next)) await askToAdmit(plugin, request);
  while (runsAgain(request)) for (const plugin of mutating) await askToAdmit(plugin, request);
}

/** Validating admission: the last word before the store. At once, unless a plugin makes it wait. */
export function validateAdmission(
  plugins: readonly AdmissionPlugin[],
  request: AdmissionRequest,
): void | Promise<void> {
  const { validating } = concernedOf(plugins, request);
  for (let i = 0; i < validating.length; i++) {
    const pending = askToValidate(validating[i], request);
    if (pending) return validateBehind(validating.slice(i + 1), request, pending);
  }
}

function askToValidate(plugin: AdmissionPlugin | undefined, request: AdmissionRequest): void | Promise<void> {
  if (plugin?.handles?.(request) !== false) return plugin?.validate?.(request);
}

async function validateBehind(
  validating: readonly AdmissionPlugin[],
  request: AdmissionRequest,
  pending: Promise<void>,
): Promise<void> {
  await pending;
  for (const plugin of validating) await askToValidate(plugin, request);
}

/** Both, for a write to something that is not stored as it is written: a token request, an eviction. */
export async function admitAnswered(plugins: readonly AdmissionPlugin[], request: AdmissionRequest): Promise<void> {
  await admit(plugins, request);
  await validateAdmission(plugins, request);
}
