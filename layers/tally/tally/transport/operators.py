"""The operator's network: the proxy of his machine, and the certificates that it trusts.

Only the command uses it. The functions take no proxy from their environment: whoever can set a
variable there could have the keys sent to himself.
"""

from collections.abc import Mapping
from pathlib import Path

from requests.utils import get_environ_proxies

from tally.errors import SetupError
from tally.transport.session import DIRECT, Network, Way

_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "AWS_CA_BUNDLE", "SSL_CERT_FILE")
"""The variables of requests and boto3, then OpenSSL's."""


def operators_network(environment: Mapping[str, str]) -> Network:
    """Return the ways that the environment prescribes, by address.

    Raises SetupError if its bundle of certificates is not there.
    """
    name = next((name for name in _BUNDLES if environment.get(name)), None)
    verify = True if name is None else environment[name]
    if isinstance(verify, str) and not Path(verify).exists():
        raise SetupError(
            f"{name} is {verify!r}, and there is nothing: set it to the certificates that this "
            "machine trusts"
        )

    def way(url: str) -> Way:
        if not url.startswith("https:"):
            # Plain http goes to this machine alone, and no proxy is to see the keys.
            return DIRECT
        # Not from ``environment``: on some systems requests reads the system's settings too.
        return Way(proxies=get_environ_proxies(url, no_proxy=None), verify=verify)

    return way
