# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
"""A program at a terminal of its own: what it draws is read, keys are pressed."""

import fcntl
import os
import pty
import select
import signal
import struct
import termios

from support import wait_until

ROWS, COLUMNS = 24, 240


class Terminal:
    def __init__(self, *command, **environment):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update({"TERM": "xterm", "LANG": "C.UTF-8", **environment})
            os.execvp(command[0], command)
        self.output = ""
        self.resize(ROWS, COLUMNS)

    def resize(self, rows, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self):
        """What has come so far. A terminal whose program has ended gives an error."""
        while select.select([self.fd], [], [], 0)[0]:
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                break
            if not data:
                break
            self.output += data.decode(errors="replace")
        return self.output

    def wait_for(self, text):
        """Until it stands there; what came before it is forgotten."""
        try:
            wait_until(lambda: text in self.read(), f"{text!r} on the terminal")
        except AssertionError as error:
            raise AssertionError(f"{error}, where there is {self.output[-2000:]!r}") from None
        before, _, self.output = self.output.partition(text)
        return before

    def press(self, keys):
        os.write(self.fd, keys.encode())

    def settings(self):
        """What of the terminal programs change: whether it echoes and waits for whole lines."""
        return termios.tcgetattr(self.fd)[3] & (termios.ICANON | termios.ECHO)

    def signal(self, number):
        os.kill(self.pid, number)

    def end(self):
        """Waits for the program's end; its exit status, negative if a signal ended it, and all that it printed."""
        ended = []

        def has_ended():
            self.read()
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                ended.append(os.waitstatus_to_exitcode(status))
            return pid

        try:
            wait_until(has_ended, "the program ends")
        except AssertionError:
            os.kill(self.pid, signal.SIGKILL)
            raise
        self.read()
        os.close(self.fd)
        return ended[0], self.output
