"""Publicly known addresses of the vendors' regions, for a person to try.

No program tries them: a key is sent to the configured address alone.
"""

from urllib.parse import urlsplit

_GRAVITYZONE = (
    ("Europe", "https://cloudgz.gravityzone.bitdefender.com/api"),
    ("America", "https://cloud.gravityzone.bitdefender.com/api"),
    ("Asia and Pacific", "https://cloudap.gravityzone.bitdefender.com/api"),
)
"""Seen in public client code; there are others, and Control Center shows the one that holds."""

_CONNECTWISE = ("na", "eu", "au", "aus", "za")
"""Regions of ConnectWise's cloud; the API's host is ``api-`` and the host of the login page."""


def gravityzone_advice(url: str) -> str:
    """Say what to try if GravityZone refuses a key at ``url``."""
    others = " or ".join(
        f"{address} ({region})" for region, address in _GRAVITYZONE if _host(address) != _host(url)
    )
    return (
        "Compare GravityZoneUrl with the access URL in Control Center > My Account > Control "
        f"Center API. A key is good in its own region alone: other regions are {others}. If the "
        "address is right, make a new key there and store it with `tally secrets set`."
    )


def connectwise_advice(url: str) -> str:
    """Say what to try if ConnectWise does not know the company or the keys at ``url``."""
    hosts = [f"https://api-{region}.myconnectwise.net" for region in _CONNECTWISE]
    others = ", ".join(each for each in hosts if _host(each) != _host(url))
    return (
        "ConnectWiseCompany is the company that you type at the login, ConnectWiseUrl the API's "
        f"host: of the cloud that is one of {others}, the one whose rest is the host of your login "
        "page."
    )


def in_front_advice(vendor: str, url: str) -> str:
    """Say what to try if something in front of a vendor answers in its place."""
    return (
        f"Open {url} in a browser. If {vendor} is being looked after, wait. Else let Tally's calls "
        "through at the firewall or proxy that answers: its functions come from AWS's addresses "
        "of their region, this command from this machine."
    )


def role_advice(module: str) -> str:
    """Say what to do if the API member sees nothing of what must be there."""
    return (
        f"In ConnectWise, System > Security Roles, give the API member's role {module}: Inquire "
        "All, not Inquire Mine."
    )


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""
