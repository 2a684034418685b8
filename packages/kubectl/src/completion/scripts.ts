/** Shell scripts that complete lines by `kubectl __complete`. Its output lines are `WORD<tab>description`, the last is `:DIRECTIVE`. */
export const completionScripts: Readonly<Record<string, string>> = {
  bash: `# bash completion for kubectl
# People name this function for their aliases: complete -F __start_kubectl k
__start_kubectl() {
  local answer directive line word current
  local -a words
  COMPREPLY=()
  read -ra words <<< "\${COMP_LINE:0:COMP_POINT}"
  [[ "\${COMP_LINE:COMP_POINT-1:1}" == " " ]] && words+=("")
  current="\${words[\${#words[@]}-1]}"
  # The first word may be an alias.
  answer=$(eval "\${words[0]} __complete $(printf '%q ' "\${words[@]:1}")" 2>/dev/null) || return
  directive="\${answer##*:}"
  [[ "$current" == -*=* ]] && current="\${current#*=}"
  while IFS= read -r line; do
    [[ "$line" == :* || -z "$line" ]] && continue
    word="\${line%%$'\\t'*}"
    [[ "$word" == "$current"* ]] && COMPREPLY+=("$word")
  done <<< "$answer"
  # Readline takes what stands behind a colon for a word of its own.
  if [[ "$current" == *:* && "$COMP_WORDBREAKS" == *:* ]]; then
    COMPREPLY=("\${COMPREPLY[@]#"\${current%"\${current##*:}"}"}")
  fi
  (( (directive & 2) != 0 )) && compopt -o nospace 2>/dev/null
  (( (directive & 8) != 0 )) && COMPREPLY=()
  if (( \${#COMPREPLY[@]} == 0 && (directive & 4) == 0 )); then
    compopt -o filenames 2>/dev/null
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$current")
  fi
}
complete -F __start_kubectl kubectl
`,
  zsh: `#compdef kubectl
compdef _kubectl kubectl
_kubectl() {
  local answer directive line
  local -a found
  answer=$(\${words[1]} __complete "\${(@)words[2,CURRENT]}" 2>/dev/null) || return
  directive=\${answer##*:}
  for line in "\${(@f)answer}"; do
    [[ $line == :* || -z $line ]] && continue
    line=\${line//:/\\\\:}
    found+=("\${line/$'\\t'/:}")
  done
  if (( \${#found} > 0 && (directive & 8) == 0 )); then
    if (( (directive & 2) != 0 )); then _describe 'completions' found -S ''; else _describe 'completions' found; fi
  elif (( (directive & 4) == 0 )); then
    _files
  fi
}
if [ "$funcstack[1]" = "_kubectl" ]; then _kubectl; fi
`,
  fish: `# fish completion for kubectl
function __kubectl_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  set -l answer ($words[1] __complete $words[2..-1] "$current" 2>/dev/null)
  set -l directive (string replace -r '^:' '' -- $answer[-1])
  set -l endings (math "bitand($directive, 8)")
  test (count $answer) -gt 1; and test $endings -eq 0; and printf '%s\\n' $answer[1..-2]
  if test (count $answer) -le 1 -o $endings -ne 0; and test (math "bitand($directive, 4)") -eq 0
    __fish_complete_path "$current"
  end
end
complete -c kubectl -e
complete -c kubectl -f -a '(__kubectl_complete)'
`,
  powershell: `# powershell completion for kubectl
Register-ArgumentCompleter -Native -CommandName 'kubectl' -ScriptBlock {
  param($word, $ast, $cursor)
  $words = @($ast.CommandElements | ForEach-Object { $_.ToString() } | Select-Object -Skip 1)
  if ($word -eq '') { $words += '""' }
  $answer = @(Invoke-Expression "& kubectl __complete $($words -join ' ')" 2>$null)
  foreach ($line in $answer) {
    if ($line.StartsWith(':') -or $line -eq '') { continue }
    $name, $remark = $line.Split([char]9, 2)
    if (-not $name.StartsWith($word)) { continue }
    if (-not $remark) { $remark = $name }
    [System.Management.Automation.CompletionResult]::new($name, $name, 'ParameterValue', $remark)
  }
}
`,
};
