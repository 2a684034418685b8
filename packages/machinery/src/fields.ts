export interface FieldRequirement {
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}

/** Selects objects by the values of a few fields. Unset fields count as the empty string. */
export interface FieldSelector {
  readonly requirements: readonly FieldRequirement[];
  /** `fieldOf` returns the value of a field; it is only called for fields in the requirements. */
  matches(fieldOf: (field: string) => string): boolean;
  toString(): string;
}

const escapedValue = (value: string): string => value.replace(/[\\,=]/g, '\\$&');

function fieldSelectorOf(requirements: readonly FieldRequirement[]): FieldSelector {
  return {
    requirements,
    matches: (fieldOf) =>
      requirements.every(({ field, operator, value }) => (fieldOf(field) === value) === (operator === '=')),
    toString: () =>
      requirements.map(({ field, operator, value }) => `${field}${operator}${escapedValue(value)}`).join(','),
  };
}

export const everyField: FieldSelector = fieldSelectorOf([]);

/** The terms between commas; a backslash keeps the comma after it. */
function termsOf(text: string): string[] {
  return text.match(/(?:\\[\s\S]|[^,\\]|\\$)+/g) ?? [];
}

function unescapedValue(value: string): string {
  return value.replace(/\\([\s\S]?)|[,=]/g, (found, escaped: string | undefined) => {
    if (escaped === undefined) {
      throw new Error(`invalid field selector: unescaped character in value: ${found.codePointAt(0)}`);
    }
    if (escaped === '' || !'\\,='.includes(escaped)) {
      throw new Error(`invalid field selector: invalid escape sequence: ${found}`);
    }
    return escaped;
  });
}

/** Parses `metadata.name=web,spec.nodeName!=`. Throws an Error with upstream's message. */
export function parseFieldSelector(text: string): FieldSelector {
  const requirements = termsOf(text).map((term): FieldRequirement => {
    const found = /^([^\\]*?)(!=|==|=)([\s\S]*)$/.exec(term);
    if (found === null) throw new Error(`invalid selector: '${text}'; can't understand '${term}'`);
    const [, field = '', operator, value = ''] = found;
    return { field, operator: operator === '!=' ? '!=' : '=', value: unescapedValue(value) };
  });
  return requirements.length === 0 ? everyField : fieldSelectorOf(requirements);
}
