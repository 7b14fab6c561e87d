// SPDX-License-Identifier: GPL-3.0-or-later
// A private session bus with the daemon on it, in fresh XDG folders, and gdbus to speak to it.
'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { execFile } = require('node:child_process');
const { promisify } = require('node:util');
const { Program } = require('./support.js');

const NAME = 'im.floo.Daemon1';
const OBJECT = '/im/floo/Daemon1';
const run = promisify(execFile);

class Desktop {
  async start() {
    this.home = fs.mkdtempSync(path.join(os.tmpdir(), 'flooim-interop-'));
    const folder = name => {
      const made = path.join(this.home, name);
      fs.mkdirSync(made, { mode: 0o700 });
      return made;
    };
    this.data = folder('data');
    this.env = {
      ...process.env, HOME: this.home, XDG_DATA_HOME: this.data, XDG_CONFIG_HOME: folder('config'), XDG_CACHE_HOME: folder('cache'),
      XDG_STATE_HOME: folder('state'), XDG_RUNTIME_DIR: folder('run'), LC_ALL: 'C.UTF-8',
      // Everything is on loopback; the machine's proxy is not used.
      GIO_USE_PROXY_RESOLVER: 'dummy',
    };
    delete this.env.DBUS_SESSION_BUS_ADDRESS;
    this.bus = new Program('dbus-daemon', ['--session', '--nofork', '--nosyslog', '--print-address'], { env: this.env });
    [this.env.DBUS_SESSION_BUS_ADDRESS] = await this.bus.line(/^unix:.*/);
  }

  // @settings: text of the configuration file
  async startDaemon(program, settings) {
    const config = path.join(this.home, 'flooimd.conf');
    fs.writeFileSync(config, settings);
    this.daemon = new Program(program, ['--data-dir', this.data, '--config', config], { env: this.env });
    const gone = this.daemon.exited.then(how => {
      throw new Error(`the daemon ended (${how})`);
    });
    await Promise.race([run('gdbus', ['wait', '--session', '--timeout', '60', NAME], { env: this.env }), gone]);
    this.monitor = new Program('gdbus', ['monitor', '--session', '--dest', NAME], { env: this.env });
    await this.monitor.line(/is owned by/);
  }

  // The reply in GVariant's text form.
  async call(method, ...args) {
    const { stdout } = await run('gdbus', ['call', '--session', '--dest', NAME, '--object-path', OBJECT, '--timeout', '60',
      '--method', `${NAME}.${method}`, '--', ...args.map(String)], { env: this.env });
    return stdout.trim();
  }

  // The next signal of this name whose arguments match.
  async signal(name, pattern = /.*/) {
    const [line] = await this.monitor.line(new RegExp(`\\.${name} \\(.*${pattern.source}`));
    return line;
  }

  // How the daemon ended.
  async stop() {
    try {
      const how = await this.daemon?.stop();
      await this.monitor?.stop();
      await this.bus?.stop();
      return how;
    } finally {
      fs.rmSync(this.home, { recursive: true, force: true });
    }
  }
}

module.exports = { Desktop };
