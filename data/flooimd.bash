# SPDX-License-Identifier: GPL-3.0-or-later
# bash completion of flooimd

_flooimd_instances()
{
    local file
    for file in "${XDG_CONFIG_HOME:-$HOME/.config}"/flooim/flooimd-*.conf; do
        [[ -e $file ]] || continue
        file=${file##*/flooimd-}
        printf '%s\n' "${file%.conf}"
    done
}

_flooimd()
{
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command="" word i
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        case $word in
            -i | -c | -d | --instance | --config | --data-dir) ((i++)) ;;
            -*) ;;
            *) command=$word; break ;;
        esac
    done
    COMPREPLY=()

    case $previous in
        -i | --instance)
            mapfile -t COMPREPLY < <(compgen -W "$(_flooimd_instances)" -- "$current")
            return ;;
    esac
    case $command:$previous in
        :-c | :--config)
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
            return ;;
        :-d | :--data-dir)
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -d -- "$current")
            return ;;
        send-file:-t | send-file:--type)
            mapfile -t COMPREPLY < <(compgen -W 'image audio video file' -- "$current")
            return ;;
        send-file:[0-9]*)
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
            return ;;
        login:-u | login:--user | login:-a | login:--app-id | login:--dns-server)
            return ;;
    esac
    case $command in
        '') word='login status send-file logout --instance --config --data-dir --verbose --version --help' ;;
        login) word='--user --app-id --dns-server --password-stdin --no-remember --qr --mobile --no-picture --instance --json --help' ;;
        status) word='--watch --instance --json --help' ;;
        send-file) word='--name --type --token --no-wait --timeout --instance --json --help' ;;
        logout) word='--erase --discard --everywhere --instance --json --help' ;;
        *) return ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$word" -- "$current")
}

complete -F _flooimd flooimd
