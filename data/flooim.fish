# SPDX-License-Identifier: GPL-3.0-or-later
# fish completion of flooim: the program itself knows what may come; names come from the daemon, which is never started for it

function __flooim_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] _complete -- $words[2..-1] 2>/dev/null)
        switch $line
            case _files
                __fish_complete_path (commandline -ct)
            case _folders
                __fish_complete_directories (commandline -ct)
            case '*'
                echo $line
        end
    end
end

complete -c flooim -f -a '(__flooim_complete)'
