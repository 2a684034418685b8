import { tests } from '@bufbuild/cel-spec/testdata/conformance.js';

/** A value in the notation of the test data: an object whose one member names the type. */
export type WireValue = Readonly<Record<string, unknown>>;

/** One case of the specification's conformance data. */
export interface ConformanceCase {
  readonly path: string;
  readonly expr: string;
  readonly container?: string;
  readonly disableCheck?: boolean;
  readonly disableMacros?: boolean;
  readonly checkOnly?: boolean;
  readonly typeEnv?: readonly {
    readonly name: string;
    readonly ident?: { readonly type: WireValue };
    readonly function?: unknown;
  }[];
  readonly bindings?: Readonly<Record<string, { readonly value: WireValue }>>;
  readonly value?: WireValue;
  readonly typedResult?: { readonly result?: WireValue; readonly deducedType?: WireValue };
  readonly evalError?: unknown;
  readonly anyEvalErrors?: unknown;
  readonly unknown?: unknown;
}

interface Suite {
  readonly name: string;
  readonly suites?: readonly Suite[];
  readonly tests?: readonly { readonly original: Record<string, unknown> }[];
}

function* walk(suite: Suite, path: readonly string[]): Generator<ConformanceCase> {
  const inside = [...path, suite.name];
  for (const { original } of suite.tests ?? []) {
    const name = String(original.name ?? original.expr);
    yield { ...original, path: [...inside, name].slice(1).join('/') } as unknown as ConformanceCase;
  }
  for (const inner of suite.suites ?? []) yield* walk(inner, inside);
}

/** Extensions of CEL that Kubernetes does not enable. */
const otherExtensions = /^(?:bindings_ext|block_ext|encoders_ext|math_ext|proto2_ext)\//;
/** Protocol buffer messages: Kubernetes evaluates over JSON objects only. */
const messages =
  /^(?:proto2|proto3|enums|wrappers|dynamic|unknowns)\/|TestAllTypes|NestedEnum|GlobalEnum|google\.protobuf\.(?!Timestamp|Duration\b)|cel\.expr\.conformance|objectValue|messageType|wrapper/;

/** The cases that apply to this package, and the number of cases left out. */
export function applicableCases(): { readonly cases: readonly ConformanceCase[]; readonly leftOut: number } {
  const all = [...walk(tests as unknown as Suite, [])];
  const cases = all.filter(
    (one) =>
      !otherExtensions.test(one.path) &&
      !messages.test(one.path) &&
      !messages.test(JSON.stringify(one)) &&
      !one.typeEnv?.some((declaration) => declaration.function),
  );
  return { cases, leftOut: all.length - cases.length };
}
