#compdef flooim
# SPDX-License-Identifier: GPL-3.0-or-later
# The program itself knows what may come; names come from the daemon, which is never started for it.

_flooim() {
  local line word about
  local -a words_about plain

  while IFS= read -r line; do
    word=${line%%$'\t'*} about=${line#*$'\t'}
    case $word in
      _files) _files; return ;;
      _folders) _files -/; return ;;
    esac
    if [[ -n $about && $about != $line ]]; then
      words_about+=("${word//:/\\:}:$about")
    else
      plain+=("$word")
    fi
  done < <($words[1] _complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)
  (( $#words_about )) && _describe flooim words_about
  (( $#plain )) && compadd -M 'm:{a-zA-Z}={A-Za-z}' -a plain
}

_flooim "$@"
