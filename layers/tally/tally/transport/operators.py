"""The way out of the operator's own machine: its proxy, and the certificates that it trusts.

For the command alone. The functions take nothing of the kind from their environment: whoever can set a variable there could
lead the keys past himself.
"""

from collections.abc import Mapping
from pathlib import Path

from requests.utils import get_environ_proxies

from tally.errors import SetupError
from tally.transport.session import DIRECT, Network, Way

_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "AWS_CA_BUNDLE", "SSL_CERT_FILE")
"""As requests and boto3 have them, and OpenSSL after those."""


def operators_network(environment: Mapping[str, str]) -> Network:
    """The ways that the environment prescribes, by address. Raises SetupError for a bundle of certificates that is not there."""
    name = next((name for name in _BUNDLES if environment.get(name)), None)
    verify = True if name is None else environment[name]
    if isinstance(verify, str) and not Path(verify).exists():
        raise SetupError(
            f"{name} is {verify!r}, and there is nothing: set it to the certificates that "
            "this machine trusts"
        )

    def way(url: str) -> Way:
        if not url.startswith("https:"):
            return DIRECT  # this machine itself, and in the clear: no proxy is shown the keys
        # Read by requests from the process itself, as on some systems it looks into their settings
        # too.
        return Way(proxies=get_environ_proxies(url, no_proxy=None), verify=verify)

    return way
