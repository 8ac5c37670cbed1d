"""Africa's Talking's SDK, pointed where we want and with a transport of ours.

The SDK builds the request; only two of its methods are replaced. Its own transport opens a connection for each call, reads
JSON under one exact content type only, follows redirects, and raises the text of an error without its status.
"""

import json
from ipaddress import ip_address
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from africastalking.SMS import SMSService

CONNECT_SECONDS = 3.05
READ_SECONDS = 9.05  # without a byte
ANSWER_SECONDS = 15.0  # for all of it; a worker's lease is longer
ANSWER_BYTES_MAX = 1_000_000
IDLE_SECONDS_MAX = 4.0  # a connection kept longer may be closed by the other side just as we write to it

_NEVER_SENT = (
    requests.ConnectTimeout,
    requests.exceptions.SSLError,
    requests.exceptions.ProxyError,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
)


class Unreached(Exception):
    """The request certainly never got there."""


class Unanswered(Exception):
    """The request may have got there, and no answer came that can be read."""


class Declined(Exception):
    """The gateway answered with an error."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(status, text)
        self.status = status
        self.text = text


class Wire(SMSService):  # type: ignore[misc]  # the SDK carries no types
    """The SDK's SMS service with our base URL and a kept connection. Not for several threads at once."""

    def __init__(self, *, base_url: str, username: str, api_key: str) -> None:
        self._root = base_url.rstrip("/")
        self._session = requests.Session()
        # A proxy of the environment does not know this machine's own sandbox.
        self._session.trust_env = not _is_loopback(self._root)
        self._session.headers["Accept-Encoding"] = "identity"  # an answer is small, and read as it comes
        self._last_used = 0.0
        super().__init__(username, api_key)

    def _init_service(self) -> None:
        self._baseUrl = self._contentUrl = f"{self._root}/version1"

    def fetch_application_data(self) -> Any:  # noqa: ANN401 whatever the gateway wrote
        """Ask for our account, as the SDK's application service does."""
        params = {"username": self._username}
        return self._make_request(self._make_url("/user"), "GET", headers=self._headers, data=None, params=params)

    def _make_request(  # noqa: PLR0917 the SDK's own signature
        self,
        url: str,
        method: str,
        headers: dict[str, str],
        data: dict[str, Any] | None,
        params: dict[str, Any] | None,
        callback: None = None,
        timeout: object = None,
    ) -> Any:  # noqa: ANN401 whatever the gateway wrote
        assert callback is None, "the SDK's callbacks lose errors: synchronous calls only"
        del timeout  # ours are named above
        if monotonic() - self._last_used > IDLE_SECONDS_MAX:
            self._session.close()
        try:
            status, body = self._exchange(url, method, headers=headers, data=data, params=params)
        except BaseException:
            self._session.close()
            raise
        self._last_used = monotonic()
        if not requests.codes.ok <= status < requests.codes.multiple_choices:
            raise Declined(status, body.decode(errors="replace"))
        try:
            return json.loads(body)
        except ValueError as error:
            raise Unanswered("the answer is no JSON") from error

    def _exchange(self, url: str, method: str, **content: Any) -> tuple[int, bytes]:  # noqa: ANN401
        deadline = monotonic() + ANSWER_SECONDS
        try:
            with self._session.request(
                method, url, **content, timeout=(CONNECT_SECONDS, READ_SECONDS), allow_redirects=False, stream=True
            ) as response:
                return response.status_code, _read(response, deadline)
        except _NEVER_SENT as error:
            raise Unreached(type(error).__name__) from error
        except requests.ConnectionError as error:
            raise (Unreached if _never_connected(error) else Unanswered)(_reason(error)) from error
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise Unanswered(_reason(error)) from error


def _read(response: requests.Response, deadline: float) -> bytes:
    """Read the whole answer, but not for ever: a peer that drips never runs into the time-out of a single read."""
    body = bytearray()
    while chunk := response.raw.read1(65_536, decode_content=True):
        body += chunk
        if monotonic() > deadline or len(body) > ANSWER_BYTES_MAX:
            raise Unanswered("the answer has no end")
    return bytes(body)


def _never_connected(error: requests.ConnectionError) -> bool:
    return bool(error.args) and isinstance(getattr(error.args[0], "reason", None), urllib3.exceptions.NewConnectionError)


def _reason(error: BaseException) -> str:
    """Name an error by its innermost cause; its text may hold the URL, never our key."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return type(error).__name__


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
