"""Requests to one ConnectWise site: its address, and the keys on them."""

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from pydantic import SecretStr
from requests import PreparedRequest

from tally.connectwise.dialect import COMPANY, URL
from tally.errors import SetupError
from tally.transport.api_keys import basic_auth, check_key
from tally.transport.session import prepared
from tally.transport.urls import base_url

_MODEL = "application/vnd.connectwise.com+json; version="
JSON = "application/json"
_COMPRESSED = "gzip, deflate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The API member's key pair and the integration's client id; a ``repr`` shows none of them."""

    public: SecretStr
    private: SecretStr
    client_id: SecretStr


class Site:
    """Makes the requests to one site. Raises SetupError for an unusable address, company or key."""

    def __init__(
        self, url: str, *, company: str, keys: Keys, api_version: str, local_http_host: str
    ) -> None:
        self._base = base_url(url, setting=URL, local_http_host=local_http_host)
        # The path is the codebase's, which the site tells itself and an upgrade changes.
        if urlsplit(self._base).path:
            raise SetupError(
                f"{URL} must be the host alone, such as https://api-eu.myconnectwise.net"
            )
        if (
            not company
            or not company.isascii()
            or not company.isprintable()
            or set(" :/+") & set(company)
        ):
            raise SetupError(
                f"{COMPANY} must be the company as it is typed at the ConnectWise login, not "
                f"{company!r}"
            )
        self.company = company
        public = check_key(keys.public, name="connectwise_public_key")
        if public.lower().startswith(f"{company}+".lower()):
            raise SetupError(
                "connectwise_public_key in the secret begins with the company and a plus: give the "
                "key alone, as it was shown"
            )
        private = check_key(keys.private, name="connectwise_private_key")
        client_id = check_key(keys.client_id, name="connectwise_client_id")
        # The user is the login's company, a plus and the public key (developer guide). A company
        # with a plus or a colon in it could not be told apart.
        authorization = basic_auth(f"{company}+{public}", private)
        self.secrets = (public, private, client_id, authorization.removeprefix("Basic "))
        """Texts that no error may show."""
        # Each call needs the client id, and the version in Accept pins the model (developer guide):
        # without it, an upgrade of the site could change what Tally reads.
        headers = {
            "Accept": f"{_MODEL}{api_version}",
            "Accept-Encoding": _COMPRESSED,
            "Authorization": authorization,
            "clientId": client_id,
            "User-Agent": "Tally",
        }
        self._prepared = prepared("GET", f"{self._base}/", headers)

    def company_info(self) -> PreparedRequest:
        """Return the request for the codebase. It needs no keys, so none are sent."""
        headers = {
            "Accept": JSON,
            "Accept-Encoding": _COMPRESSED,
            "User-Agent": "Tally",
        }
        address = f"{self._base}/login/companyinfo/{quote(self.company, safe='')}"
        return prepared("GET", address, headers)

    def request(
        self,
        method: str,
        path: str,
        codebase: str,
        *,
        query: str = "",
        body: bytes | None = None,
        content_type: str = JSON,
    ) -> PreparedRequest:
        """Return a request below ``/{codebase}apis/3.0``, with the keys.

        ``query`` is quoted already; ``body`` is of ``content_type``.
        """
        request = self._prepared.copy()
        request.method = method
        address = f"{self._base}/{codebase}apis/3.0{path}"
        request.url = f"{address}?{query}" if query else address
        if body is not None:
            request.body = body
            request.headers["Content-Type"] = content_type
            request.headers["Content-Length"] = str(len(body))
        return request
