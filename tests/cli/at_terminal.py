"""A program for tests: `tally secrets set` over an installation in memory, on the terminal that it
is started on.

Its last line tells how it ended and what is stored then.
"""

import fcntl
import json
import os
import signal
import sys
import termios

from cli.main import app
from tally.runtime.parts import bootstrap
from tests.cli.installed import installed


def main() -> None:
    """Take the terminal as one's own, so that Ctrl-C on it comes here, and run the command."""
    # Whoever runs the tests in the background may have it ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    fcntl.ioctl(sys.stdin.fileno(), termios.TIOCSCTTY, 0)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        os.environ[name] = "testing"
    with installed() as msp:
        vars(bootstrap).update(
            gravityzone_client=msp.gravityzone, connectwise_client=msp.connectwise
        )
        code: object = None
        try:
            app(["secrets", "set", "--yes"], obj=msp.stack)
        except SystemExit as ended:
            code = ended.code
        secret = msp.client("secretsmanager")
        versions = len(
            secret.list_secret_version_ids(SecretId="keys", IncludeDeprecated=True)["Versions"]
        )
        sys.stdout.write(f"\nENDED {json.dumps({'code': code, 'versions': versions})}\n")


if __name__ == "__main__":
    main()
