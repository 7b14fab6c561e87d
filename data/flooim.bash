# SPDX-License-Identifier: GPL-3.0-or-later
# bash completion of flooim and flooimd: the program itself knows what may come; names come from the daemon, which is never started for it

_flooim()
{
    local IFS=$'\n' word about candidates=() program=${COMP_WORDS[0]}
    local current=${COMP_WORDS[COMP_CWORD]}

    COMPREPLY=()
    while IFS=$'\t' read -r word about; do
        case $word in
            _files) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
            _folders) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$current"); return ;;
            *) candidates+=("$(printf '%q' "$word")") ;;
        esac
    done < <("$program" _complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
    COMPREPLY=("${candidates[@]}")
    if [ ${#COMPREPLY[@]} -eq 1 ] && [[ ${COMPREPLY[0]} == *= ]]; then
        compopt -o nospace
    fi
}

complete -F _flooim flooim
