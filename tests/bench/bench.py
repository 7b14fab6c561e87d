#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures the daemon: what taking in and signalling messages costs, beside a bare emitter of the same signals in the same run, how long sending takes, how
soon it is there after its start, and how often it wakes up with nothing to do.

Real processes throughout; the subscribers, the emitter and the sender are C, so that Python is in nobody's way. Build with -Dbuildtype=release or
debugoptimized, and leave the machine alone meanwhile.
"""

import argparse
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'integration'))
import harness  # noqa: E402

TICK = os.sysconf('SC_CLK_TCK')
ECHO = 1099


def cpu_seconds(pid):
    """User and system time of a process so far."""
    with open('/proc/%d/stat' % pid) as file:
        fields = file.read().rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def memory(pid, what):
    """VmRSS or VmHWM, in bytes."""
    with open('/proc/%d/status' % pid) as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith(what))


def wakeups(pid):
    """How often each thread of a process has waited and been woken."""
    counts = {}
    for task in os.listdir('/proc/%d/task' % pid):
        with open('/proc/%d/task/%s/status' % (pid, task)) as file:
            counts[task] = next(int(line.split()[1]) for line in file if line.startswith('voluntary_ctxt_switches'))
    return counts


def percentile(values, part):
    return values[min(len(values) - 1, int(len(values) * part))]


class Helper:
    """One of the C programs."""

    def __init__(self, name, *args, stdin=subprocess.DEVNULL):
        path = os.path.join(harness.BUILD, 'tests/bench/bench-' + name)
        self.popen = subprocess.Popen([path] + list(args), stdin=stdin, stdout=subprocess.PIPE, text=True)

    def ready(self):
        assert self.popen.stdout.readline() == 'ready\n'
        return self

    def result(self):
        """Waits until it exits; returns its measurements."""
        output = self.popen.communicate()[0]
        assert self.popen.returncode == 0, 'a helper failed'
        return json.loads(output)


class Bench(harness.Test):
    """Starts and ends programs with the harness of the tests."""

    def runTest(self):
        pass

    def scene(self, page_size):
        sandbox = self.sandbox(args=['--page-size', str(page_size), '--quiet'], verbose=False)
        sandbox.control('bot', on=False)
        daemon = self.daemon(sandbox=sandbox, verbose=False)
        client = daemon.start()
        client.login('alice')
        sandbox.wait('delivered', user='alice')
        self.settle(client)
        client.close()  # else it would count as a subscriber
        return sandbox, daemon

    def subscribers(self, bus, number, count, *more):
        return [Helper('subscriber', '--address', bus.address, '--count', str(count), *more).ready() for _ in range(number)]

    def intake(self, sandbox, daemon, number, count):
        """One burst through the daemon to a number of subscribers, then the same signals from the bare emitter."""
        record = os.path.join(self.root, 'record')
        recorder = self.subscribers(daemon.bus, 1, count, '--record', record)[0]
        sandbox.control('burst', from_='bob', to='alice', count=count, content='A message of a usual length, as people write them: ')
        recorder.result()

        listeners = self.subscribers(daemon.bus, number, count)
        before, service, broker = (cpu_seconds(pid) for pid in (daemon.process.pid, sandbox.process.pid, daemon.bus.popen.pid))
        sandbox.control('burst', from_='bob', to='alice', count=count, content='A message of a usual length, as people write them: ')
        took = [one.result() for one in listeners]
        sandbox.wait('delivered', user='alice')
        cpu = cpu_seconds(daemon.process.pid) - before
        row = self.row('daemon', number, count, took, cpu)
        row.update(rss=memory(daemon.process.pid, 'VmRSS'), peak_rss=memory(daemon.process.pid, 'VmHWM'),
                   sandbox_cpu_us=(cpu_seconds(sandbox.process.pid) - service) * 1e6 / count,
                   bus_cpu_us=(cpu_seconds(daemon.bus.popen.pid) - broker) * 1e6 / count)

        listeners = self.subscribers(daemon.bus, number, count)
        emitter = Helper('emitter', '--address', daemon.bus.address, '--record', record, stdin=subprocess.PIPE).ready()
        emitter.popen.stdin.write('\n')
        emitter.popen.stdin.flush()
        emitted = emitter.result()
        bare = self.row('emitter', number, count, [one.result() for one in listeners], emitted['cpu_us'] / 1e6)
        row['rate_ratio'] = row['rate'] / bare['rate']
        row['cpu_ratio'] = row['cpu_us'] / bare['cpu_us']
        return [row, bare]

    @staticmethod
    def row(who, number, count, took, cpu):
        for one in took:
            assert one['disorder'] == 0, 'messages came out of order'
        # From the first signal to the last at the slowest subscriber, without the first signal's messages.
        rate = min((one['messages'] - one['first_messages']) * 1e6 / max(1, one['last_us'] - one['first_us']) for one in took)
        return {'who': who, 'subscribers': number, 'messages': count, 'rate': rate, 'cpu_us': cpu * 1e6 / count, 'signals': took[0]['signals']}

    def ages(self, bus, count, rest, make):
        """Calls make() again and again, with rest seconds in between; returns the age in us at which each result reaches a subscriber."""
        listener = self.subscribers(bus, 1, count, '--latency')[0]
        ages = []
        for _ in range(count):
            if rest:
                again = time.monotonic() + rest
                harness.wait_for(lambda: time.monotonic() >= again, 'a rest')
            make()
            ages.append(int(listener.popen.stdout.readline()))
        listener.result()
        return {'messages': count, 'p50': percentile(sorted(ages), 0.5), 'p99': percentile(sorted(ages), 0.99)}

    def telling(self, sandbox, daemon, count, rest):
        """One message at a time: from its making at the service, which then gives notice, to its signal at a subscriber; then the same signals from
        the bare emitter, from their making there."""
        record = os.path.join(self.root, 'record')
        recorder = self.subscribers(daemon.bus, 1, 1, '--record', record)[0]
        sandbox.control('send', from_='bob', to='alice', stamp=True)
        recorder.result()
        result = self.ages(daemon.bus, count, rest, lambda: sandbox.control('send', from_='bob', to='alice', stamp=True))

        def emit():
            emitter.popen.stdin.write('\n')
            emitter.popen.stdin.flush()
        emitter = Helper('emitter', '--address', daemon.bus.address, '--record', record, '--latency', stdin=subprocess.PIPE).ready()
        result['emitter'] = self.ages(daemon.bus, count, rest, emit)
        emitter.popen.communicate()
        return dict(result, rest=rest)

    def sending(self, daemon, count):
        result = Helper('sender', '--address', daemon.bus.address, '--to', str(ECHO), '--count', str(count)).result()
        return {'messages': count, **{'%s_%s' % (name, word): percentile(result[name + '_us'], part)
                                      for name in ('returned', 'sent') for word, part in (('p50', 0.5), ('p99', 0.99))}}

    def starting(self, daemon, rounds=5):
        """From the start of the process to the owned name, with a login and a full store, in ms."""
        times = []
        for _ in range(rounds):
            if daemon.process.running:
                daemon.stop()
            client = daemon.client()
            owned = []
            client.connection.signal_subscribe('org.freedesktop.DBus', 'org.freedesktop.DBus', 'NameOwnerChanged', '/org/freedesktop/DBus',
                                               daemon.bus_name, harness.Gio.DBusSignalFlags.NONE, lambda *_: owned.append(time.monotonic()))
            client.owner()  # now the subscription is active
            began = time.monotonic()
            daemon.launch()
            harness.wait_for(lambda: owned, 'the name')
            times.append((owned[0] - began) * 1000)
            client.wait_state('online')
            client.close()
        return {'rounds': rounds, 'median_ms': sorted(times)[len(times) // 2], 'most_ms': max(times)}

    def idling(self, daemon, seconds):
        """Wake-ups a minute and CPU while nothing happens."""
        settled = time.monotonic() + min(seconds, 15)
        harness.wait_for(lambda: time.monotonic() >= settled, 'the threads that the start needed are gone', 60)
        before, cpu, began = wakeups(daemon.process.pid), cpu_seconds(daemon.process.pid), time.monotonic()
        harness.wait_for(lambda: time.monotonic() - began >= seconds, 'the time', seconds + 60)
        count = sum(number - before.get(task, 0) for task, number in wakeups(daemon.process.pid).items())
        return {'seconds': seconds, 'wakeups_per_minute': count * 60 / seconds,
                'cpu_ms': (cpu_seconds(daemon.process.pid) - cpu) * 1000, 'rss': memory(daemon.process.pid, 'VmRSS')}


def print_table(report):
    print('%-8s %11s %10s %10s %12s %9s %9s' % ('', 'subscribers', 'messages/s', 'CPU us/msg', 'signals', 'RSS MiB', 'peak MiB'))
    for row in report['intake']:
        print('%-8s %11d %10.0f %10.1f %12d %9s %9s' % (
            row['who'], row['subscribers'], row['rate'], row['cpu_us'], row['signals'],
            *('%.1f' % (row[key] / 1048576) if key in row else '' for key in ('rss', 'peak_rss'))))
        if 'rate_ratio' in row:
            print('%-8s rate %.2f of the emitter, CPU %.1f times; sandbox %.1f us/msg, bus %.1f us/msg'
                  % ('', row['rate_ratio'], row['cpu_ratio'], row['sandbox_cpu_us'], row['bus_cpu_us']))
    send, start, idle = report['send'], report['start'], report['idle']
    for tell in report['tell']:
        print('%d messages one by one, %g s between: signalled after p50 %.2f ms, p99 %.2f ms; the emitter\'s after p50 %.2f ms, p99 %.2f ms' % (
            tell['messages'], tell['rest'], *(one[key] / 1000 for one in (tell, tell['emitter']) for key in ('p50', 'p99'))))
    print('SendText of %d: returns after p50 %.2f ms, p99 %.2f ms; acknowledged after p50 %.2f ms, p99 %.2f ms'
          % (send['messages'], *(send[key] / 1000 for key in ('returned_p50', 'returned_p99', 'sent_p50', 'sent_p99'))))
    print('start to owned name, with %d messages stored: median %.0f ms, most %.0f ms' % (report['stored'], start['median_ms'], start['most_ms']))
    print('idle for %d s: %.0f wake-ups a minute, %.0f ms CPU, %.1f MiB resident'
          % (idle['seconds'], idle['wakeups_per_minute'], idle['cpu_ms'], idle['rss'] / 1048576))


def write_report(report, path):
    """Prints the numbers as one line of JSON, and writes them to the file, if one is given."""
    print(json.dumps(report))
    if path:
        with open(path, 'w') as file:
            json.dump(report, file, indent=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--count', type=int, default=50000, help='messages in a burst (50000)')
    parser.add_argument('--subscribers', type=int, nargs='+', default=[1, 4], help='numbers of subscribers (1 4)')
    parser.add_argument('--page-size', type=int, default=50, help="messages in the service's pages (50)")
    parser.add_argument('--sends', type=int, default=1000, help='messages to send, and to take in one by one (1000)')
    parser.add_argument('--idle', type=int, default=60, help='seconds to look at the idle daemon (60)')
    parser.add_argument('--json', metavar='FILE', help='write the numbers there, too')
    args = parser.parse_args()
    bench = Bench()
    bench.setUp()
    try:
        sandbox, daemon = bench.scene(args.page_size)
        report = {'count': args.count, 'page_size': args.page_size, 'cores': os.cpu_count(), 'intake': []}
        for number in args.subscribers:
            report['intake'] += bench.intake(sandbox, daemon, number, args.count)
        report['tell'] = [bench.telling(sandbox, daemon, args.sends, 0), bench.telling(sandbox, daemon, args.sends // 5, 0.03)]
        report['send'] = bench.sending(daemon, args.sends)
        report['stored'] = daemon.query(1001, 'SELECT count(*) FROM messages')[0][0]
        report['start'] = bench.starting(daemon)
        report['idle'] = bench.idling(daemon, args.idle)
    finally:
        bench.doCleanups()
    print_table(report)
    write_report(report, args.json)


if __name__ == '__main__':
    main()
