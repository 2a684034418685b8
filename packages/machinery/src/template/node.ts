/** A parsed template of Go's text/template. Every node knows the text it came from, for messages. */
export type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'print'; readonly pipe: Pipe }
  | {
      readonly kind: 'if' | 'with';
      readonly pipe: Pipe;
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
    }
  | { readonly kind: 'range'; readonly pipe: Pipe; readonly body: readonly Node[]; readonly otherwise: readonly Node[] }
  | { readonly kind: 'call'; readonly name: string; readonly pipe: Pipe | undefined; readonly place: Place }
  | { readonly kind: 'break' | 'continue' };

/** `$a, $b := first | second`. */
export interface Pipe {
  readonly variables: readonly string[];
  /** `:=` rather than `=`. */
  readonly declares: boolean;
  readonly commands: readonly Command[];
  readonly place: Place;
}

/** An operand, or a function with its arguments. */
export interface Command extends Place {
  readonly operands: readonly Operand[];
}

/** A position in the template, for messages. */
export interface Place {
  readonly source: string;
  readonly line: number;
  readonly column: number;
}

export type Operand = Place & OperandValue;

export type OperandValue =
  | { readonly kind: 'literal'; readonly value: unknown }
  | { readonly kind: 'dot'; readonly fields: readonly string[] }
  | { readonly kind: 'variable'; readonly name: string; readonly fields: readonly string[] }
  | { readonly kind: 'group'; readonly pipe: Pipe; readonly fields: readonly string[] }
  | { readonly kind: 'function'; readonly name: string };

export interface Template {
  readonly main: readonly Node[];
  readonly defined: ReadonlyMap<string, readonly Node[]>;
}
