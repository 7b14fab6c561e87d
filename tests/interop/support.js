// SPDX-License-Identifier: GPL-3.0-or-later
// Waiting without sleeping, child processes, JSON with 64-bit integers.
'use strict';

const { spawn } = require('node:child_process');
const readline = require('node:readline');

// Generous: machines that test are slow.
const LIMIT_MS = 60000;

// Rejects where @promise takes longer than the limit; @what says what was waited for.
function within(promise, what) {
  let timer;
  const limit = new Promise((resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`waited too long for ${what}`)), LIMIT_MS);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}

// Things that come one by one, in order, and those who wait for one of them.
class Inbox {
  #items = [];
  #waiting = [];

  push(item) {
    const index = this.#waiting.findIndex(waiting => waiting.wants(item));
    if (index < 0)
      this.#items.push(item);
    else
      this.#waiting.splice(index, 1)[0].resolve(item);
  }

  // Takes the first that @wants accepts, now or when it comes.
  take(what, wants = () => true) {
    const index = this.#items.findIndex(wants);
    if (index >= 0)
      return Promise.resolve(this.#items.splice(index, 1)[0]);
    return within(new Promise(resolve => this.#waiting.push({ wants, resolve })), what);
  }
}

// Integers that a double cannot hold come out as strings.
const parseJson = text => JSON.parse(text.replace(/([:[,]\s*)(-?\d{16,})(?=\s*[,}\]])/g, '$1"$2"'));

// A child process and the lines of its standard output; errors go to our own.
class Program {
  constructor(command, args, options = {}) {
    this.lines = new Inbox();
    this.child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], ...options });
    this.exited = new Promise((resolve, reject) => {
      this.child.on('exit', (code, signal) => resolve(signal ?? code));
      this.child.on('error', reject);
    });
    // A test that is ended leaves nothing behind.
    process.on('exit', () => this.child.kill('SIGKILL'));
    readline.createInterface({ input: this.child.stdout }).on('line', line => this.lines.push(line));
  }

  line(pattern) {
    const found = this.lines.take(`${pattern} from ${this.child.spawnfile}`, line => pattern.test(line)).then(line => pattern.exec(line));
    const gone = this.exited.then(how => {
      throw new Error(`${this.child.spawnfile} ended (${how})`);
    });
    return Promise.race([found, gone]);
  }

  // Ends it; how it ended: an exit code or the name of a signal.
  async stop() {
    this.child.kill('SIGTERM');
    return within(this.exited, `the end of ${this.child.spawnfile}`);
  }
}

for (const signal of ['SIGTERM', 'SIGINT'])
  process.on(signal, () => process.exit(1));

module.exports = { within, Inbox, Program, parseJson };
