"""The way into a Ray cluster: with a token, and for one of this machine, on 127.0.0.1 alone."""

import os
import secrets
import socket
import time
from typing import Any

from fairal.errors import InputError, RunError
from fairal.runs.crew import team

_TOKEN_PLACES = "RAY_AUTH_TOKEN, RAY_AUTH_TOKEN_PATH or ~/.ray/auth_token"
_FIRST_WITH_TOKENS = (2, 52)
PROBE_SECONDS = 5.0
"""How long a cluster has to answer; one that is there takes a millisecond."""
_HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
"""How HTTP/2 begins (RFC 9113, 3.4), on which gRPC rests, which a head speaks: a preface, and settings, here none."""
_NO_TOKEN = f"There is no token for the Ray cluster here; put it into {_TOKEN_PLACES}, see docs/cluster.md."


def join(address: str | None, threads: int) -> Any:
    """Join a cluster as its driver; gives the module `ray`.

    Args:
        address: HOST:PORT of its head; None starts a cluster of this machine, which ends with this process.
        threads: Of each task; sizes the cluster of this machine.

    Raises:
        InputError: RAY_AUTH_MODE is not token, or Ray is too old to know tokens.
        RunError: There is no cluster at that address, or there is no token here, or another than there.
    """
    mode = os.environ.setdefault("RAY_AUTH_MODE", "token")
    if mode != "token":
        raise InputError(f"RAY_AUTH_MODE must be token, got '{mode[:20]}': whoever reaches an open cluster rules it.")
    os.environ.update(RAY_USAGE_STATS_ENABLED="0", RAY_task_oom_retries="1")
    # Somebody answers (below), so what does not let us in within seconds never will.
    os.environ.setdefault("RAY_NUM_REDIS_GET_RETRIES", "4")
    if address is None or host_port(address)[0] in ("127.0.0.1", "localhost"):
        # Ray would take this machine's outer address for a loopback one, and listen to everybody there.
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
    if address is None:
        os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)  # known to this cluster alone, and gone with it
    elif not answers(*host_port(address)):
        raise RunError(gone(address))
    import ray  # reads the environment when it is loaded

    if tuple(map(int, ray.__version__.split(".")[:2])) < _FIRST_WITH_TOKENS:
        raise InputError(f"Ray {ray.__version__} knows no tokens; 2.52 or newer does: pip install 'fairal[ray]'.")
    own = {"address": "local", "include_dashboard": False, "num_cpus": team().workers * threads}
    try:
        ray.init(
            **(own if address is None else {"address": address}),
            log_to_driver=False,
            logging_level="error",
            namespace="fairal",
        )
    except ray.exceptions.AuthenticationError as error:
        raise RunError(_NO_TOKEN if "no authentication token" in str(error) else _shut(address)) from None
    except ConnectionError:
        # Somebody answered; Ray tries a wrong token again and again, and says no more than that it cannot connect.
        raise RunError(_shut(address)) from None
    except (RuntimeError, ray.exceptions.RayError) as error:
        reason = str(error).splitlines()[0]
        raise RunError(f"The Ray cluster at {address or 'this machine'} could not be joined ({reason}).") from None
    return ray


def _shut(address: str | None) -> str:
    return (
        f"The Ray cluster at {address or 'this machine'} does not let us in: its token is another than the one here "
        f"({_TOKEN_PLACES}), or it is no Ray cluster; see docs/cluster.md."
    )


def gone(address: str) -> str:
    """Say that nobody answers at HOST:PORT, and how to go on."""
    return (
        f"No Ray cluster answers at {address}; start it (docs/cluster.md), and `fairal resume` goes on, there or "
        "(--on local) here."
    )


def host_port(address: str) -> tuple[str, int]:
    """Part HOST:PORT."""
    host, port = address.rsplit(":", 1)
    return host, int(port)


def unreachable(address: str) -> str:
    """Say that nobody answers at HOST:PORT to whoever has queued nothing yet."""
    return (
        f"No Ray cluster answers at {address}, so nothing was queued; start it (docs/cluster.md), give the address "
        "that it prints, or compute here (--on local)."
    )


def answers(host: str, port: int, seconds: float | None = None) -> bool:
    """Tell whether somebody listens there who speaks as a cluster's head does: a port may be open and say nothing.

    Args:
        host, port: Of the head.
        seconds: How long it has to answer; by default `PROBE_SECONDS`.
    """
    end = time.monotonic() + (PROBE_SECONDS if seconds is None else seconds)
    try:
        with socket.create_connection((host, port), timeout=max(0.01, end - time.monotonic())) as head:
            if os.environ.get("RAY_USE_TLS", "0").lower() in ("1", "true"):
                return True  # it speaks to those alone who encrypt, as Ray itself will
            head.sendall(_HELLO)
            said = b""
            while len(said) < 4 and (left := end - time.monotonic()) > 0:
                head.settimeout(left)
                if not (more := head.recv(9)):
                    break
                said += more
            return said[3:4] == b"\x04"  # its first frame must be its settings
    except (OSError, OverflowError):
        return False
