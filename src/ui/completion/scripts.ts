/** Where no candidate fits, each falls back to files, as shells do by themselves. */
export const SCRIPTS = {
  bash: String.raw`# toka completion bash: put  eval "$(toka completion bash)"  into ~/.bashrc
_toka() {
  local word line value words=() current=
  # bash parts words at = and :, toka does not.
  for ((at = 1; at <= COMP_CWORD; at++)); do
    word=${'$'}{COMP_WORDS[at]}
    if ((at > 1)) && [[ $word == [=:]* || ${'$'}{COMP_WORDS[at - 1]} == *[=:] ]]; then
      words[${'$'}{#words[@]} - 1]+=$word
    else
      words+=("$word")
    fi
  done
  current=${'$'}{words[-1]-}
  COMPREPLY=()
  while IFS= read -r line; do
    value=${'$'}{line%%$'\t'*}
    # Only what stands after the last = or : is replaced.
    [[ $current == *[=:]* ]] && value=${'$'}{value#"${'$'}{current%"${'$'}{current##*[=:]}"}"}
    COMPREPLY+=("$(printf '%q' "$value")")
  done < <(toka completion words -- "${'$'}{words[@]}" 2>/dev/null)
}
complete -o default -o bashdefault -F _toka toka
`,
  zsh: String.raw`#compdef toka
# toka completion zsh: put  eval "$(toka completion zsh)"  after compinit in ~/.zshrc
_toka() {
  local line value
  local -a values lines
  while IFS= read -r line; do
    value=${'$'}{line%%$'\t'*}
    values+=("$value")
    [[ $line == *$'\t'?* ]] && lines+=("$value  -- ${'$'}{line#*$'\t'}") || lines+=("$value")
  done < <(toka completion words -- "${'$'}{(@Q)words[2,CURRENT]}" 2>/dev/null)
  if (( $#values )); then
    compadd -l -d lines -a values
  else
    _files
  fi
}
(( $+functions[compdef] )) && compdef _toka toka
`,
  fish: String.raw`# toka completion fish: save it as ~/.config/fish/completions/toka.fish
function __toka_words
    set -l words (commandline -opc)
    toka completion words -- $words[2..-1] (commandline -ct) 2>/dev/null
end
complete -c toka -e
complete -c toka -f -n 'test (count (__toka_words)) -gt 0' -a '(__toka_words)'
`,
} as const;
