import { blockAllowed, doubleQuoted, plainAllowed, resolvesToOther, singleQuotedAllowed } from './yaml-scalar.ts';

/** Lines are folded at the first space after this column. */
const width = 80;

/**
 * YAML as Kubernetes' tools print it, to the byte: keys in natural order, lists not indented, long lines folded, the quotes that their
 * library chooses. Takes what JSON can hold; undefined members are left out.
 */
export function encodeYaml(value: unknown): string {
  const writer = new Writer();
  writer.node(value, { indent: 0, inline: true });
  return `${writer.text}\n`;
}

interface Position {
  /** The columns before keys and dashes. */
  readonly indent: number;
  /** The line has been begun: by a dash, or it is the first. */
  readonly inline: boolean;
}

class Writer {
  text = '';
  #column = 0;

  node(value: unknown, { indent, inline }: Position): void {
    if (Array.isArray(value)) this.#list(value, { indent, inline });
    else if (typeof value === 'object' && value !== null)
      this.#map(value as Record<string, unknown>, { indent, inline });
    else this.#scalar(value, indent);
  }

  #write(text: string): void {
    this.text += text;
    this.#column += text.length;
  }

  #newLine(indent: number): void {
    this.text += `\n${' '.repeat(indent)}`;
    this.#column = indent;
  }

  #list(items: readonly unknown[], { indent, inline }: Position): void {
    if (items.length === 0) {
      this.#write('[]');
      return;
    }
    for (const [i, item] of items.entries()) {
      if (i > 0 || !inline) this.#newLine(indent);
      this.#write('- ');
      this.node(item === undefined ? null : item, { indent: isCollection(item) ? indent + 2 : indent, inline: true });
    }
  }

  #map(map: Record<string, unknown>, { indent, inline }: Position): void {
    const keys = Object.keys(map).filter((key) => map[key] !== undefined);
    if (keys.length === 0) {
      this.#write('{}');
      return;
    }
    for (const [i, key] of keys.sort(naturalOrder).entries()) {
      const value = map[key];
      if (i > 0 || !inline) this.#newLine(indent);
      this.#key(key, indent);
      if (!isCollection(value)) {
        this.#write(' ');
        this.#scalar(value, indent);
        continue;
      }
      const isEmpty = Array.isArray(value) ? value.length === 0 : Object.values(value).every((v) => v === undefined);
      if (isEmpty) this.#write(' ');
      // Lists in a map start at the column of its keys.
      this.node(value, { indent: Array.isArray(value) ? indent : indent + 2, inline: false });
    }
  }

  #key(key: string, indent: number): void {
    const long = key.length > 128 || key.includes('\n');
    if (long) this.#write('? ');
    if (resolvesToOther(key) || key.includes('\n')) this.#doubleQuoted(key, long ? indent + 2 : undefined);
    else if (key !== '' && plainAllowed(key)) this.#write(key);
    else if (singleQuotedAllowed(key)) this.#write(`'${key.replaceAll("'", "''")}'`);
    else this.#doubleQuoted(key, long ? indent + 2 : undefined);
    if (long) this.#newLine(indent);
    this.#write(':');
  }

  #scalar(value: unknown, indent: number): void {
    if (typeof value !== 'string') this.#write(typeof value === 'number' ? numberText(value) : String(value ?? null));
    else if (value.includes('\n')) {
      if (blockAllowed(value)) this.#literal(value, indent + 2);
      else this.#doubleQuoted(value, indent + 2);
    } else if (resolvesToOther(value)) this.#doubleQuoted(value, indent + 2);
    else if (plainAllowed(value)) this.#folded(value, indent + 2, { quoted: false });
    else if (singleQuotedAllowed(value)) {
      this.#write("'");
      this.#folded(value, indent + 2, { quoted: true });
      this.#write("'");
    } else this.#doubleQuoted(value, indent + 2);
  }

  #folded(text: string, indent: number, { quoted }: { quoted: boolean }): void {
    const characters = [...text];
    let afterSpace = false;
    for (const [i, character] of characters.entries()) {
      if (character !== ' ') this.#write(quoted && character === "'" ? "''" : character);
      else {
        const inside = !quoted || (i > 0 && i < characters.length - 1);
        if (inside && !afterSpace && this.#column > width && characters[i + 1] !== ' ') this.#newLine(indent);
        else this.#write(' ');
      }
      afterSpace = character === ' ';
    }
  }

  #doubleQuoted(text: string, indent: number | undefined): void {
    this.#write('"');
    const characters = [...text];
    let afterSpace = false;
    for (const [i, character] of characters.entries()) {
      if (character !== ' ') this.#write(doubleQuoted(character));
      else {
        const inside = indent !== undefined && i > 0 && i < characters.length - 1;
        if (inside && !afterSpace && this.#column > width) {
          this.#newLine(indent);
          // A space at the start of a line would be lost.
          if (characters[i + 1] === ' ') this.#write('\\');
        } else this.#write(' ');
      }
      afterSpace = character === ' ';
    }
    this.#write('"');
  }

  #literal(text: string, indent: number): void {
    const hint = /^[ \n]/.test(text) ? '2' : '';
    const chomp = !text.endsWith('\n') ? '-' : text === '\n' || text.endsWith('\n\n') ? '+' : '';
    this.#write(`|${hint}${chomp}`);
    const lines = text.split('\n');
    if (text.endsWith('\n')) lines.pop();
    for (const line of lines) {
      this.text += '\n';
      if (line !== '') this.text += ' '.repeat(indent) + line;
    }
  }
}

function isCollection(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Floats as Go's shortest form: an exponent from 21 digits on, or from a million on where there is a fraction. */
function numberText(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e21) return String(value);
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  const digits = mantissa.replace(/[-.]/g, '').length;
  if (power >= -4 && power < Math.max(digits, 21)) return String(value);
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

const isLetter = (character: string): boolean => /\p{L}/u.test(character);
const isDigit = (character: string | undefined): boolean => character !== undefined && /\p{Nd}/u.test(character);

/** Compares numbers within keys by value, and sorts other characters before letters. */
function naturalOrder(left: string, right: string): number {
  const [a, b] = [[...left], [...right]];
  for (let i = 0; i < a.length && i < b.length; i++) {
    const [x, y] = [a[i] as string, b[i] as string];
    if (x === y) continue;
    const letters = [isLetter(x), isLetter(y)];
    if (letters[0] && letters[1]) return x < y ? -1 : 1;
    if (letters[0] || letters[1]) return letters[1] ? -1 : 1;
    return numbersOrder(a, b, i);
  }
  return a.length - b.length;
}

function numbersOrder(a: readonly string[], b: readonly string[], at: number): number {
  let behindDigits = 0n;
  if (a[at] === '0' || b[at] === '0') {
    for (let j = at - 1; j >= 0 && isDigit(a[j]); j--) {
      if (a[j] !== '0') {
        behindDigits = 1n;
        break;
      }
    }
  }
  const number = (of: readonly string[]): { value: bigint; end: number } => {
    let end = at;
    let value = behindDigits;
    for (; isDigit(of[end]); end++) value = value * 10n + BigInt(of[end] ?? 0);
    return { value, end };
  };
  const [x, y] = [number(a), number(b)];
  if (x.value !== y.value) return x.value < y.value ? -1 : 1;
  if (x.end !== y.end) return x.end - y.end;
  return (a[at] as string) < (b[at] as string) ? -1 : 1;
}
