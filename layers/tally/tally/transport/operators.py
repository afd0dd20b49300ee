"""The operator's network: the proxy of his machine, and the certificates that it trusts.

Only the command uses it. The functions take no proxy from their environment: whoever can set a
variable there could have the keys sent to himself.
"""

import re
import ssl
from collections.abc import Mapping
from pathlib import Path

from requests.utils import get_environ_proxies

from tally.errors import SetupError
from tally.transport.session import DIRECT, Network, Way

_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "AWS_CA_BUNDLE", "SSL_CERT_FILE")
"""The variables of requests and boto3, then OpenSSL's."""


def operators_network(environment: Mapping[str, str]) -> Network:
    """Return the ways that the environment prescribes, by address.

    Raises SetupError if its bundle of certificates cannot be read. So does a way, if its proxy is
    no address.
    """
    name = next((name for name in _BUNDLES if environment.get(name)), None)
    verify = True if name is None else environment[name]
    if isinstance(verify, str) and (problem := _problem_of(verify)):
        raise SetupError(
            f"{name} is {verify!r}, and {problem}: set it to the certificates that this machine "
            "trusts"
        )

    def way(url: str) -> Way:
        if not url.startswith("https:"):
            # Plain http goes to this machine alone, and no proxy is to see the keys.
            return DIRECT
        # Not from ``environment``: on some systems requests reads the system's settings too.
        proxies = get_environ_proxies(url, no_proxy=None)
        proxy = proxies.get("https") or proxies.get("all")
        if proxy and _PROXY.fullmatch(proxy) is None:
            raise SetupError(
                "The proxy of this machine's environment (HTTPS_PROXY or ALL_PROXY) must be "
                "http://, a host and a port: Tally knows no other kind"
            )
        return Way(proxies=proxies, verify=verify)

    return way


_PROXY = re.compile(
    r"(https?://)?([^\s@/]*@)?(\[[0-9a-f:.]+\]|[^\s:/@\[\]]+)(:\d{1,5})?/?", re.IGNORECASE
)
"""A proxy's address; requests takes one without a scheme for http."""


def _problem_of(bundle: str) -> str:
    """Say why no certificates can be read from a path; "" if they can be."""
    try:
        if not Path(bundle).exists():
            return "there is nothing"
        # A folder has its certificates read one by one, at need.
        if not Path(bundle).is_dir():
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(bundle)
    except (OSError, ValueError) as error:
        return f"no certificates can be read there ({type(error).__name__})"
    return ""
