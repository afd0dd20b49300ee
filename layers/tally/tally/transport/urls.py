"""Addresses that may be called: those over TLS, and those on this machine."""

import ipaddress
import re
from urllib.parse import urlsplit

from tally.errors import SetupError

_MORE = re.compile(r"[?#@\\\s\x00-\x20\x7f]")
"""Signs of a query, fragment or user, and characters that programs read differently."""

_LABEL = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
_LONGEST_HOST = 253


def base_url(url: str, *, setting: str, local_http_host: str = "") -> str:
    """Return the address without a slash at its end.

    Plain http would show the keys to the network. It is allowed for loopback addresses, and for
    ``local_http_host``, which is this machine as seen from a container.

    Raises:
        SetupError: the address must not be used; the text names ``setting``.
    """
    try:
        parts = urlsplit(url)
        # `port` raises ValueError for one that is no number: it is read for that alone.
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise SetupError(
            f"{setting} is not an address: it must be https://, a host and at most a path"
        ) from None
    if (
        parts.scheme not in {"https", "http"}
        or not host
        or _MORE.search(url)
        or not url.isprintable()
    ):
        raise SetupError(
            f"{setting} must be https://, a host and at most a path, without user, query or blanks"
        )
    if not _is_host(host):
        raise SetupError(
            f"{setting} has no host's name in it, such as cloud.gravityzone.bitdefender.com"
        )
    if parts.scheme == "http" and not _is_local(host, local_http_host):
        raise SetupError(
            f"{setting} must begin with https://: the keys would cross the network in the clear"
        )
    return url.rstrip("/")


def _is_host(host: str) -> bool:
    """Return True for an address, and for a name with labels of legal lengths (RFC 1035)."""
    if ":" in host:
        return _is_address(host)
    return len(host) <= _LONGEST_HOST and _HOST.fullmatch(host) is not None


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_local(host: str, local_http_host: str) -> bool:
    if host == "localhost" or (local_http_host and host == local_http_host.lower()):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
