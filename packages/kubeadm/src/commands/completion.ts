import type { FlagSpecs } from '@typernetes/process';
import { CommandError } from '../output.ts';
import { type Command, defineCommand, globalFlags } from './command.ts';
import { pages } from './phase-help.ts';

/** The words and flags that a shell may complete after a command. */
interface Completions {
  /** Subcommands, by the words before them; "" is the program itself. */
  readonly words: ReadonlyMap<string, readonly string[]>;
  /** Flags by the words of the command. */
  readonly flags: ReadonlyMap<string, readonly string[]>;
}

/** The command that prints a shell's completion script; `all` are the commands to complete, this one included. */
export function completionCommand(all: () => readonly Command[]): Command {
  return defineCommand({
    path: 'completion',
    use: 'kubeadm completion SHELL [flags]',
    short: 'Output shell completion code for the specified shell (bash or zsh)',
    flags: {},
    more: () => '\nbash: source <(kubeadm completion bash)\nzsh: source <(kubeadm completion zsh)\n',
    async run({ positional }, { output }) {
      const [shell, ...more] = positional;
      if (shell === undefined) throw new CommandError('shell not specified');
      if (more.length > 0) throw new CommandError('too many arguments. expected only the shell type');
      if (shell !== 'bash' && shell !== 'zsh')
        throw new CommandError(`unsupported shell type "${shell}", the supported shell types are [bash zsh]`);
      const script = bashScript(completionsOf(all()));
      output.out(shell === 'bash' ? script : zshScript(script));
    },
  });
}

function completionsOf(commands: readonly Command[]): Completions {
  const words = new Map<string, string[]>();
  const flags = new Map<string, string[]>();
  const lead = (path: string, word: string): void => {
    const known = words.get(path) ?? [];
    if (!known.includes(word)) words.set(path, [...known, word].sort());
  };
  for (const command of commands) {
    const parts = command.path.split(' ');
    for (const [i, word] of parts.entries()) lead(parts.slice(0, i).join(' '), word);
    for (const { names } of command.menu ? pages(command.menu) : []) {
      for (const [i, name] of names.entries()) lead([...parts, ...names.slice(0, i)].join(' '), name);
    }
    flags.set(command.path, flagsOf({ ...command.flags, ...globalFlags }));
  }
  lead('completion', 'bash');
  lead('completion', 'zsh');
  return { words, flags };
}

/** Flags that take a value end in `=`, so that the shell appends no blank. */
const flagsOf = (specs: FlagSpecs): string[] =>
  Object.entries(specs)
    .filter(([, { hidden }]) => !hidden)
    .map(([name, { type }]) => (type === 'boolean' ? `--${name}` : `--${name}=`))
    .sort();

function bashScript({ words, flags }: Completions): string {
  const table = (entries: ReadonlyMap<string, readonly string[]>): string =>
    [...entries].map(([path, list]) => `    "${path}") echo "${list.join(' ')}" ;;\n`).join('');
  return `# bash completion for kubeadm

__kubeadm_words() {
  case "$1" in
${table(words)}  esac
}

__kubeadm_flags() {
  case "$1" in
${table(flags)}  esac
}

__kubeadm() {
  local current="\${COMP_WORDS[COMP_CWORD]}" line="" command="" word i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    case " $(__kubeadm_words "$line") " in
      *" $word "*) line="\${line:+$line }$word" ;;
      *) continue ;;
    esac
    [ -n "$(__kubeadm_flags "$line")" ] && command="$line"
  done
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$(__kubeadm_flags "$command")" -- "$current")) ;;
    *) COMPREPLY=($(compgen -W "$(__kubeadm_words "$line")" -- "$current")) ;;
  esac
  # zsh would put a blank behind the "=", and the value then stands alone.
  if [ -n "\${ZSH_VERSION-}" ]; then COMPREPLY=("\${COMPREPLY[@]%=}"); fi
  case "\${COMPREPLY[0]-}" in *=) compopt -o nospace 2>/dev/null ;; esac
}

complete -F __kubeadm kubeadm
`;
}

function zshScript(bash: string): string {
  return `#compdef kubeadm
autoload -U +X bashcompinit && bashcompinit
autoload -U +X compinit && compinit

${bash}`;
}
