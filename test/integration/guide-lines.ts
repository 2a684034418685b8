import { readFileSync } from 'node:fs';

/** A command line in a guide, and the output that the guide shows. */
export interface GuideLine {
  /** Its place: `first-application.md:12`. */
  readonly at: string;
  readonly line: string;
  /** Lines of output; "…" stands for any number of lines. */
  readonly output: readonly string[];
}

const programs = /^(?:npx )?(kubectl|kubeadm|typernetes)\b/;

/**
 * The command lines in the code blocks of a guide: those after a prompt or, in blocks without prompts, those that start
 * with one of our programs.
 */
export function guideLines(path: string, name: string): GuideLine[] {
  return codeBlocks(readFileSync(path, 'utf8')).flatMap((block) => {
    const prompted = block.lines.some((line) => /^[#$] /.test(line));
    const found: { at: string; line: string; output: string[] }[] = [];
    let continued = false;
    for (const [i, text] of block.lines.entries()) {
      const last = found.at(-1);
      const command = prompted ? /^[#$] (.*)$/.exec(text)?.[1] : programs.test(text) ? text : undefined;
      if (continued && last) last.line = `${last.line.replace(/\s*\\$/, '')} ${text.trim()}`;
      else if (command !== undefined) found.push({ at: `${name}:${block.from + i}`, line: command, output: [] });
      else last?.output.push(text);
      continued = (command !== undefined || continued) && text.endsWith('\\');
    }
    return found.map((one) => ({ ...one, line: one.line.replace(/\s{2,}#.*$/, '').trim() }));
  });
}

interface CodeBlock {
  /** The number of its first line. */
  readonly from: number;
  readonly lines: readonly string[];
}

/** Code blocks: indented by four spaces, or fenced as shell. */
export function codeBlocks(text: string): CodeBlock[] {
  const blocks: { from: number; lines: string[] }[] = [];
  let fence: string | undefined;
  let open = false;
  for (const [i, line] of text.split('\n').entries()) {
    const mark = /^```(\w*)/.exec(line);
    if (mark) {
      fence = fence === undefined ? (mark[1] ?? '') : undefined;
      open = false;
      continue;
    }
    const code = fence === undefined ? /^ {4}(.*)$/.exec(line)?.[1] : fence === 'sh' ? line : undefined;
    if (code === undefined) {
      // An empty line belongs to the surrounding code.
      if (line !== '' || fence !== undefined) open = false;
      continue;
    }
    if (!open) blocks.push({ from: i + 1, lines: [] });
    open = true;
    blocks.at(-1)?.lines.push(code);
  }
  return blocks;
}

/**
 * The commands of a line, each as its words: splits pipes and lists, and removes quotes. Undefined if the line needs a
 * real shell.
 */
export function wordsOf(line: string): string[][] | undefined {
  if (/\$\(|`|<<|[<>]/.test(line.replaceAll(/'[^']*'/g, ''))) return undefined;
  const commands: string[][] = [[]];
  for (const [, single, double, separator, bare] of line.matchAll(
    /'([^']*)'|"((?:[^"\\]|\\.)*)"|(\s+(?:\|\||&&|\||&)\s*|;\s*)|([^\s'";]+)/g,
  )) {
    if (separator !== undefined) commands.push([]);
    else commands.at(-1)?.push(single ?? double ?? bare ?? '');
  }
  return commands.filter((words) => words.length > 0);
}
