# SPDX-License-Identifier: GPL-3.0-or-later
"""More ways to log in: by QR code and by mobile number, through D-Bus and through `flooim` on a terminal; and what mobile numbers are for."""

import json
import os
import re
import shutil
import subprocess
import unittest

import cli
import harness
from cli import BOB, FAILED, USAGE
from harness import GLib

LOUNGE, DAVE = 2003, 1004
BOBS_NUMBER, NUMBER, OTHER = '13800001002', '13900007777', '13900008888'


def text(value):
    return GLib.Variant('s', value)


def render(lines, path):
    """Half blocks as a picture: white where the terminal would show the foreground."""
    shades = {'█': (255, 255), '▀': (255, 0), '▄': (0, 255), ' ': (0, 0)}
    width, scale = max(len(line) for line in lines), 4
    rows = [[shades[char][half] for char in line.ljust(width)] for line in lines for half in (0, 1)]
    with open(path, 'wb') as out:
        out.write(b'P5 %d %d 255\n' % (width * scale, len(rows) * scale))
        for row in rows:
            out.write(bytes(shade for shade in row for _ in range(scale)) * scale)


class Ways(cli.Test):

    def account(self, method, signature='()', *args):
        return self.client.call('Account', method, signature, *args)

    def scene(self, user=None):
        self.service, self.daemon_, self.client = self.one(user=user)
        self.service.control('settings', sms_interval=0)
        return self.service, self.daemon_, self.client

    def qr(self, client=None):
        return tuple((client or self.client).get('Account', name) for name in ('QrLogin', 'QrLoginExpires'))

    def begin(self, client=None, **options):
        code, expires = (client or self.client).call('Account', 'BeginQrLogin', '(a{sv})', options)
        self.secrets.append(json.loads(code)['info']['qrcode'])
        return code, expires

    # -- by QR code --

    def test_qr(self):
        service, daemon, client = self.scene()
        other = harness.Client(daemon.bus)
        self.addCleanup(other.close)
        code, expires = self.begin()
        self.assertEqual(json.loads(code), {'info': {'qrcode': json.loads(code)['info']['qrcode'], 'qrcode_app_id': 'sandbox',
                                                     'app_id': 'sandbox'}, 'action': 'login', 'source': 'web'})
        self.assertEqual((self.qr(), self.account('GetQrLogin')), (('waiting', expires), (code, expires)))
        # no other client gets the code
        self.fails('PermissionDenied', other.call, 'Account', 'GetQrLogin')
        self.assertNotIn(self.secrets[-1], str(other.call('Account', 'GetStatus')))
        self.fails('AlreadyLoggedIn', other.call, 'Account', 'BeginQrLogin', '(a{sv})', {})
        # the connection goes and comes back; the code is confirmed meanwhile
        service.control('rest', path='/app/qr_login', count=1, drop=True)
        service.wait('request', path='/app/qr_login')
        service.control('scan', user='bob', text=code, confirm=True)
        client.wait_online()
        self.assertEqual(client.get('Account', 'UserId'), BOB)
        harness.wait_for(lambda: self.qr() == ('none', 0), 'the end of it')
        harness.wait_for(lambda: client.told('QrLogin') == ['waiting', 'confirmed', 'none'], lambda: 'what was told: %s' % client.told('QrLogin'))
        self.fails('AlreadyLoggedIn', self.begin)
        self.fails('NotFound', client.call, 'Account', 'GetQrLogin')
        # this daemon is the phone now
        second = self.daemon('second', sandbox=service, instance='second', bus=daemon.bus)
        again = second.start()
        shown, _ = self.begin(again)
        self.fails('InvalidArguments', self.account, 'ConfirmQrLogin', '(sb)', 'hello', True)
        self.fails('InvalidArguments', self.account, 'ConfirmQrLogin', '(sb)', shown.replace('"sandbox"', '"other"'), True)
        self.flooim(daemon, 'devices', 'confirm', stdin=shown)
        self.fails('NotFound', self.account, 'ConfirmQrLogin', '(sb)', shown, True)
        again.wait_online()
        self.assertEqual(again.get('Account', 'UserId'), BOB)
        # a declined code is decided, too
        again.call('Account', 'Logout', '(a{sv})', {})
        shown, _ = self.begin(again)
        self.account('ConfirmQrLogin', '(sb)', shown, False)
        self.fails('NotFound', self.account, 'ConfirmQrLogin', '(sb)', shown, True)
        again.call('Account', 'CancelQrLogin')

    def test_qr_ends(self):
        service, daemon, client = self.scene()
        service.control('settings', app_status='banned')
        self.fails('Banned', self.begin)
        self.assertEqual(self.qr(), ('none', 0))
        service.control('settings', app_status='normal')
        other = harness.Client(daemon.bus)
        first, expires = self.begin(other)
        other.close()
        harness.wait_for(lambda: self.qr() == ('none', 0), 'it ends with its client')
        # renewed, by the client that began it
        service.control('settings', qr_lifetime=1500)
        code, expires = self.begin()
        renewed = harness.wait_for(lambda: self.qr() != ('waiting', expires) and self.account('GetQrLogin'), 'a new code')
        self.secrets.append(json.loads(renewed[0])['info']['qrcode'])
        self.assertEqual(self.qr(), ('waiting', renewed[1]))
        self.assertNotEqual(renewed[0], code)
        service.control('settings', qr_lifetime=180000)
        self.account('CancelQrLogin')
        self.account('CancelQrLogin')
        self.assertEqual(self.qr(), ('none', 0))
        for end in (lambda: self.account('Logout', '(a{sv})', {}), lambda: client.login('alice')):
            self.begin()
            end()
            self.assertEqual(self.qr(), ('none', 0))
        self.account('Logout', '(a{sv})', {})
        # what the phone confirmed does not let in
        code, _ = self.begin()
        service.control('user', user='bob', frozen=True)
        service.control('scan', user='bob', text=code, confirm=True)
        harness.wait_for(lambda: self.qr() == ('failed', 0), 'its failure')
        self.assertEqual((client.state, client.last_error[0]), ('signed-out', 'Frozen'))
        self.fails('InvalidArguments', self.begin, app_id=text('no app'))

    def test_groups(self):
        service, daemon, client = self.scene('erin')
        code, expires = client.call('Groups', 'GetQrCode', '(x)', LOUNGE)
        self.assertGreater(expires, 0)
        self.assertEqual((json.loads(code)['action'], json.loads(code)['info']['group_id']), ('group', LOUNGE))
        [told] = self.flooim(daemon, 'groups', 'qr', LOUNGE, '--json').json
        code = json.dumps(told['text']) if isinstance(told['text'], dict) else told['text']
        self.fails('AlreadyDone', client.call, 'Groups', 'JoinByQrCode', '(s)', code)
        self.fails('NotFound', client.call, 'Groups', 'GetQrCode', '(x)', 9)
        self.account('Logout', '(a{sv})', {})
        client.login('dave')
        self.fails('InvalidArguments', client.call, 'Groups', 'JoinByQrCode', '(s)', '{"info":{}}')
        # a service that has the other description of it
        service.control('rest', path='/app/qrcode/group_invite', count=1, code=404)
        self.assertEqual(self.flooim(daemon, 'groups', 'join-qr', stdin=code).output, '%d\n' % LOUNGE)
        client.wait_event('GroupJoined')
        client.call('Groups', 'Leave', '(xa{sv})', LOUNGE, {})
        self.assertEqual(client.call('Groups', 'JoinByQrCode', '(s)', code), LOUNGE)

    # -- by mobile number --

    def picture(self, right=True):
        captcha, picture = self.account('GetCaptcha', '(a{sv})', {})
        self.assertEqual(bytes(picture)[:4], b'\x89PNG')
        return captcha, self.service.control('captcha', image_id=captcha)['text'] if right else 'wrong'

    def code(self, number):
        """Has a code sent, without a picture; returns it."""
        self.account('SendSmsCode', '(sssa{sv})', number, '', '', {})
        return self.service.control('sms', mobile=number)['code']

    def test_mobile(self):
        service, daemon, client = self.scene()
        self.secrets += ['frank-secret', 'frank-other-secret']
        self.fails('WrongCode', self.account, 'SendSmsCode', '(sssa{sv})', BOBS_NUMBER, *self.picture(False), {})
        self.fails('InvalidArguments', self.account, 'SendSmsCode', '(sssa{sv})', 'bob', *self.picture(), {})
        self.account('SendSmsCode', '(sssa{sv})', BOBS_NUMBER, *self.picture(), {})
        service.control('settings', sms_interval=60000)
        self.fails('RateLimited', self.account, 'SendSmsCode', '(sssa{sv})', BOBS_NUMBER, *self.picture(), {})
        service.control('settings', sms_interval=0)
        self.fails('WrongCode', self.account, 'LoginByMobile', '(ssa{sv})', BOBS_NUMBER, 'none', {})
        code = service.control('sms', mobile=BOBS_NUMBER)['code']
        self.assertEqual(self.account('LoginByMobile', '(ssa{sv})', BOBS_NUMBER, code, {}), BOB)
        self.fails('AlreadyLoggedIn', self.account, 'LoginByMobile', '(ssa{sv})', BOBS_NUMBER, code, {})
        self.account('Logout', '(a{sv})', {})
        # a number that nobody has: registered, then bound by the same code
        self.fails('NotFound', self.account, 'LoginByMobile', '(ssa{sv})', NUMBER, self.code(NUMBER), {})
        self.assertFalse(self.account('CheckUsername', '(sa{sv})', 'bob', {}))
        self.assertTrue(self.account('CheckUsername', '(sa{sv})', 'frank', {}))
        self.fails('InvalidArguments', self.account, 'CheckUsername', '(sa{sv})', 'maximus', {})
        user = self.account('RegisterAnonymous', '(ssa{sv})', 'frank', 'frank-secret', {})
        service.control('settings', anonymous='forbidden')
        self.fails('AppUnavailable', self.account, 'RegisterAnonymous', '(ssa{sv})', 'grace', 'frank-secret', {})
        self.assertEqual(client.login('frank'), user)
        self.account('GetProfile', '(b)', True)
        self.fails('InvalidArguments', self.account, 'BindMobile', '(ss)', OTHER, '')
        self.account('BindMobile', '(ss)', NUMBER, '')
        self.assertEqual(self.account('GetProfile', '(b)', False)['mobile'], NUMBER, 'what was known is asked anew')
        # another number: the password stays proven while only the new number's code was wrong
        self.fails('InvalidArguments', self.account, 'ChangeMobile', '(ssa{sv})', OTHER, '1', {})
        self.fails('LoginFailed', self.account, 'ChangeMobile', '(ssa{sv})', OTHER, '1', {'password': text('frank-other-secret')})
        self.fails('WrongCode', self.account, 'ChangeMobile', '(ssa{sv})', OTHER, '1', {'password': text('frank-secret')})
        self.fails('Taken', self.account, 'ChangeMobile', '(ssa{sv})', BOBS_NUMBER, self.code(BOBS_NUMBER), {})
        self.account('ChangeMobile', '(ssa{sv})', OTHER, self.code(OTHER), {'password': text('frank-secret')})
        present = {'present_mobile': text(OTHER), 'present_code': text(self.code(OTHER))}
        self.account('ChangeMobile', '(ssa{sv})', NUMBER, self.code(NUMBER), present)
        # verification
        service.control('settings', verify_needed=True)
        details = client.wait_sent(client.send_text(BOB, 'hello'), 'failed')
        self.assertEqual(details['error'], harness.ERROR_PREFIX + 'VerificationNeeded')
        self.assertEqual(self.account('GetVerification')['status'], 0)
        self.fails('WrongCode', self.account, 'VerifyMobile', '(ss)', NUMBER, '1')
        self.account('VerifyMobile', '(ss)', NUMBER, self.code(NUMBER))
        self.assertEqual(self.account('GetVerification'), {'status': 1, 'mobile': NUMBER})
        # a new password ends this session
        self.fails('NotFound', self.account, 'ResetPassword', '(sssa{sv})', '13911111111', self.code('13911111111'), 'frank-other-secret', {})
        self.fails('WrongCode', self.account, 'ResetPassword', '(sssa{sv})', NUMBER, '1', 'frank-other-secret', {})
        self.account('ResetPassword', '(sssa{sv})', NUMBER, self.code(NUMBER), 'frank-other-secret', {})
        client.wait_state('blocked')
        self.account('Login', '(ssa{sv})', 'frank', 'frank-other-secret', {})

    # -- the command, on a terminal --

    def test_terminal_mobile(self):
        service, daemon, client = self.scene()

        def right_text():
            return service.control('captcha')['text'].encode() + b'\n'

        def right_code():
            return service.control('sms', mobile=BOBS_NUMBER)['code'].encode() + b'\n'
        status, shown = self.on_terminal(daemon, 80, 'login', '--mobile', BOBS_NUMBER,
                                         typed=[(b'Text in the picture: ', right_text), (b'The code sent to ' + BOBS_NUMBER.encode(), right_code)])
        self.assertEqual((status, shown.splitlines()[-1]), (0, 'Logged in.'), shown)
        self.assertEqual(client.get('Account', 'UserId'), BOB)
        [picture] = re.findall('open the picture (.*)', shown)
        self.assertFalse(os.path.exists(picture.strip()), 'the picture is removed')
        status, shown = self.on_terminal(daemon, 80, 'mobile', 'verify', BOBS_NUMBER, '--no-picture', typed=[(b'The code sent to ', right_code)])
        self.assertEqual(status, 0, shown)
        self.assertEqual(self.flooim(daemon, 'mobile', '--json').json[0]['status'], 1)
        self.says(daemon, 'terminal', 'mobile', 'bind', OTHER, '--no-picture', status=FAILED)
        self.says(daemon, '--qr and --mobile', 'login', '--qr', '--user', 'x', status=USAGE)

    def decode(self, shown):
        """What the code drawn last says."""
        lines = re.sub('\x1b\\[[0-9;]*[A-Za-z]', '', shown).splitlines()
        drawn = [line for line in lines if line and not line.strip('█▀▄ ')]
        path = os.path.join(self.root, 'code.pgm')
        render(drawn[-len(drawn[0]) // 2:], path)
        return subprocess.run(['zbarimg', '--quiet', '--raw', path], check=True, capture_output=True, text=True).stdout.strip()

    @unittest.skipUnless(shutil.which('zbarimg'), 'zbar-tools is missing')
    def test_terminal_qr(self):
        service, daemon, client = self.scene()
        shown = bytearray()

        def scan():
            """What is drawn so far, by a phone."""
            code = self.decode(shown.decode('utf-8', 'replace').replace('\r\n', '\n'))
            service.control('scan', user='bob', text=code, confirm=True)
            return b''
        status, told = self.on_terminal(daemon, 100, 'login', '--qr', typed=[(b'scan the code', scan)], shown=shown)
        if 'without libqrencode' in told:
            self.skipTest('flooim is built without libqrencode')
        self.assertEqual((status, told.splitlines()[-1]), (0, 'Logged in.'), told)
        self.assertEqual(client.get('Account', 'UserId'), BOB)
        # without colours, and for a group
        plain = self.flooim(daemon, 'groups', 'qr', 'Team').output
        self.assertEqual(json.loads(self.decode(plain))['info']['group_id'], cli.TEAM)


if __name__ == '__main__':
    harness.main()
