#compdef flooimd
# SPDX-License-Identifier: GPL-3.0-or-later

_flooimd_instances() {
  local -a names
  names=(${XDG_CONFIG_HOME:-$HOME/.config}/flooim/flooimd-*.conf(N:t:r))
  compadd -- ${names#flooimd-}
}

_flooimd() {
  local curcontext=$curcontext state
  local -a instance commands
  instance=('(-i --instance)'{-i,--instance=}'[ask or be this instance]:name:_flooimd_instances')
  commands=('login:log in' 'status:show the state of the account and the connection' 'send-file:send a message with a file'
    'logout:log out')

  _arguments -C $instance \
    '(-c --config)'{-c,--config=}'[read another configuration file]:file:_files' \
    '(-d --data-dir)'{-d,--data-dir=}'[keep the data in another folder]:folder:_files -/' \
    '(-v --verbose)'{-v,--verbose}'[log everything but personal data]' \
    '(- *)--version[print the version]' \
    '(- *)'{-h,--help}'[print a summary]' \
    '1:command:->command' '*::argument:->argument' && return
  case $state in
    command) _describe command commands ;;
    argument)
      curcontext=${curcontext%:*}-$words[1]:
      case $words[1] in
        login)
          _arguments $instance \
            '(-u --user)'{-u,--user=}"[user's name, or # and id]:user:" \
            '(-a --app-id)'{-a,--app-id=}"[application's id]:id:" \
            '--dns-server=[another discovery server]:URL:_urls' \
            '--password-stdin[read the password from standard input]' \
            '--no-remember[do not keep the password]' \
            '--qr[by a QR code that another device confirms]' \
            "--mobile=[by a code sent to the account's mobile number]:number:" \
            '--no-picture[ask for the code without the picture]' ;;
        logout)
          _arguments $instance \
            '--erase[delete the messages and files kept on this machine]' \
            '--discard[give up unsent messages]' \
            '--everywhere[end the sessions on other web devices]' ;;
        send-file)
          _arguments $instance \
            '(-n --name)'{-n,--name=}"[the file's name for the receivers]:name:" \
            '(-t --type)'{-t,--type=}'[what it is sent as]:type:(image audio video file)' \
            '--token=[send it only once, also when the command runs again]:token:' \
            '--no-wait[do not wait until it is sent]' \
            '--timeout=[wait that long without progress]:seconds:' \
            '1:name or id of a user or group:' '*:file:_files' ;;
        status) _arguments $instance '(-w --watch)'{-w,--watch}'[print a line whenever it changes]' ;;
      esac ;;
  esac
}

_flooimd "$@"
