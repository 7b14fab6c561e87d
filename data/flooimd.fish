# SPDX-License-Identifier: GPL-3.0-or-later
# fish completion of flooimd

function __flooimd_instances
    set -l config ~/.config
    set -q XDG_CONFIG_HOME; and set config $XDG_CONFIG_HOME
    for file in $config/flooim/flooimd-*.conf
        string replace -r '.*/flooimd-(.*)\.conf$' '$1' -- $file
    end
end

set -l commands login status send-file logout
set -l bare "not __fish_seen_subcommand_from $commands"
complete -c flooimd -f
complete -c flooimd -n $bare -a login -d 'Log in'
complete -c flooimd -n $bare -a status -d 'Show the state of the account and the connection'
complete -c flooimd -n $bare -a send-file -d 'Send a message with a file'
complete -c flooimd -n $bare -a logout -d 'Log out'
complete -c flooimd -s i -l instance -x -a '(__flooimd_instances)' -d 'Ask or be this instance'
complete -c flooimd -n $bare -s c -l config -r -F -d 'Read another configuration file'
complete -c flooimd -n $bare -s d -l data-dir -x -a '(__fish_complete_directories)' -d 'Keep the data in another folder'
complete -c flooimd -n $bare -s v -l verbose -d 'Log everything but personal data'
complete -c flooimd -n $bare -l version -d 'Print the version'
complete -c flooimd -s h -l help -d 'Print a summary'
complete -c flooimd -n '__fish_seen_subcommand_from login' -s u -l user -x -d "User's name, or # and id"
complete -c flooimd -n '__fish_seen_subcommand_from login' -s a -l app-id -x -d "Application's id"
complete -c flooimd -n '__fish_seen_subcommand_from login' -l dns-server -x -d 'Another discovery server'
complete -c flooimd -n '__fish_seen_subcommand_from login' -l password-stdin -d 'Read the password from standard input'
complete -c flooimd -n '__fish_seen_subcommand_from login' -l no-remember -d 'Do not keep the password'
complete -c flooimd -n '__fish_seen_subcommand_from login' -l qr -d 'By a QR code that another device confirms'
complete -c flooimd -n '__fish_seen_subcommand_from login' -l mobile -x -d "By a code sent to the account's mobile number"
complete -c flooimd -n '__fish_seen_subcommand_from login' -l no-picture -d 'Ask for the code without the picture'
complete -c flooimd -n '__fish_seen_subcommand_from send-file' -F
complete -c flooimd -n '__fish_seen_subcommand_from send-file' -s n -l name -x -d "The file's name for the receivers"
complete -c flooimd -n '__fish_seen_subcommand_from send-file' -s t -l type -x -a 'image audio video file' -d 'What it is sent as'
complete -c flooimd -n '__fish_seen_subcommand_from send-file' -l token -x -d 'Send it only once, also when the command runs again'
complete -c flooimd -n '__fish_seen_subcommand_from send-file' -l no-wait -d 'Do not wait until it is sent'
complete -c flooimd -n '__fish_seen_subcommand_from send-file' -l timeout -x -d 'Wait that long without progress'
complete -c flooimd -n '__fish_seen_subcommand_from status' -s w -l watch -d 'Print a line whenever it changes'
complete -c flooimd -n '__fish_seen_subcommand_from logout' -l erase -d 'Delete the messages and files kept on this machine'
complete -c flooimd -n '__fish_seen_subcommand_from logout' -l discard -d 'Give up unsent messages'
complete -c flooimd -n '__fish_seen_subcommand_from logout' -l everywhere -d 'End the sessions on other web devices'
