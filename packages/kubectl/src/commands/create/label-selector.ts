import { type LabelSelector, type LabelSelectorRequirement, parseSelector } from '@typernetes/machinery';

const operators: Readonly<Record<string, string>> = {
  in: 'In',
  notin: 'NotIn',
  exists: 'Exists',
  '!': 'DoesNotExist',
};

function requirementsOf(text: string): ReturnType<typeof parseSelector>['requirements'] {
  try {
    return parseSelector(text).requirements;
  } catch (error) {
    throw new Error(`couldn't parse the selector string ${JSON.stringify(text)}`, { cause: error });
  }
}

/** Converts a selector from the command line, `app=web,tier in (a,b)`, to a LabelSelector. */
export function labelSelectorOf(text: string): LabelSelector {
  const matchLabels: Record<string, string> = {};
  const matchExpressions: LabelSelectorRequirement[] = [];
  for (const { key, operator, values } of requirementsOf(text)) {
    const named = operators[operator];
    if (operator === '=' || operator === '==') matchLabels[key] = values[0] ?? '';
    else if (named === undefined) throw new Error(`${JSON.stringify(operator)} is not a valid label selector operator`);
    else {
      const listed = values.length > 0 ? { values: [...values].sort() } : {};
      matchExpressions.push({ key, operator: named, ...listed } as LabelSelectorRequirement);
    }
  }
  return {
    ...(matchExpressions.length > 0 ? { matchExpressions } : {}),
    ...(Object.keys(matchLabels).length > 0 ? { matchLabels } : {}),
  };
}
