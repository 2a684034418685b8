import { didYouMean } from '@typernetes/process';
import { commandTable } from '../commands/command-table.ts';
import { mainSections } from './groups.ts';

/** The end of the message for an unknown command. */
export function suggestionsFor(word: string): string {
  const names = [...mainSections.flatMap(([, commands]) => commands), 'options', 'help'];
  const known = names.filter((name) => !name.includes(' ') || Object.hasOwn(commandTable, name));
  return didYouMean(known, word);
}
