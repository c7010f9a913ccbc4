/** The scripts that have a shell complete command lines of enim, by asking `enim complete` with the words so far. */

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof SHELLS)[number];

/** The script for a shell; to be read by it at its start. */
export function completionScript(shell: Shell): string {
  return SCRIPTS[shell];
}

/** readline takes ":" and "=" for ends of words, and wants what stands behind the last of them only. */
const BASH = `# enim completion for bash
_enim() {
  local line="\${COMP_LINE:0:COMP_POINT}" word prefix
  word="\${line##*[[:space:]]}"
  prefix="\${word%"\${word##*[:=]}"}"
  local -a words
  read -r -a words <<<"\${line%"$word"}"
  local IFS=$'\\n'
  COMPREPLY=($("\${words[0]}" complete -- "\${words[@]:1}" "$word" 2>/dev/null | cut -f1))
  if [ "\${COMPREPLY[0]}" = :files ]; then
    compopt -o filenames 2>/dev/null
    COMPREPLY=($(compgen -f -- "\${word##*=}"))
    return
  fi
  COMPREPLY=("\${COMPREPLY[@]#"$prefix"}")
  case "\${COMPREPLY[0]}" in *=) compopt -o nospace 2>/dev/null ;; esac
}
complete -F _enim enim
`;

const ZSH = `#compdef enim
# enim completion for zsh
_enim() {
  local -a found
  local line
  while IFS= read -r line; do
    [[ $line == :files ]] && { _files; return }
    found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done < <("\${words[1]}" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  _describe enim found
}
if [[ \${funcstack[1]} == _enim ]]; then _enim "$@"; else compdef _enim enim; fi
`;

const FISH = `# enim completion for fish
function __enim_complete
  set -l words (commandline -opc)
  set -l found ($words[1] complete -- $words[2..-1] (commandline -ct) 2>/dev/null)
  if test "$found[1]" = :files
    __fish_complete_path (commandline -ct)
  else
    printf '%s\\n' $found
  end
end
complete -c enim -f -a '(__enim_complete)'
`;

const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
