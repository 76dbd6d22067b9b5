/** `vimana completion <shell>`: a script that asks `vimana complete` for every word. */
import { type Command, UsageError } from "./verb.ts";

/** The directive on top says where each shell looks for such a file, should it be kept. */
const SCRIPTS: Readonly<Record<string, string>> = {
  bash: `# vimana's completion for bash: source <(vimana completion bash)
_vimana() {
  local IFS=$'\\n' line
  COMPREPLY=()
  while IFS=$'\\t' read -r line _; do
    COMPREPLY+=("$line")
  done < <(vimana complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _vimana vimana
`,
  zsh: `#compdef vimana
# vimana's completion for zsh: source <(vimana completion zsh), after compinit
_vimana() {
  local -a found
  local word help
  while IFS=$'\\t' read -r word help; do
    found+=("\${word//:/\\\\:}:$help")
  done < <(vimana complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#found} )); then _describe vimana found; else _files; fi
}
compdef _vimana vimana
`,
  fish: `# vimana's completion for fish: vimana completion fish | source
function __vimana_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l found (vimana complete -- $words[2..-1] 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c vimana -f -a '(__vimana_complete)'
`,
};

export const completion: Command = {
  arguments: [{ name: "shell", help: "the shell", choices: Object.keys(SCRIPTS) }],
  options: {},
  async run({ arguments: [shell = ""] }, io) {
    const script = SCRIPTS[shell];
    if (script === undefined) throw new UsageError(`no completion for ${shell}`);
    io.out(script);
    return 0;
  },
};
