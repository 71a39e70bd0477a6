"""Where the servers of this machine listen: on loopback and, for the pods of a cluster, at one more address."""

from __future__ import annotations

import errno
import socket
from contextlib import ExitStack, suppress
from ipaddress import IPv4Address
from random import SystemRandom

from mlb_data_platform.errors import BadInputError, TransientError

HOST = "127.0.0.1"
# Below what Linux and macOS draw from for outgoing connections, and below what Kubernetes has for its nodes' ports.
_PORTS = range(15000, 30000)


def one_more(text: str) -> str | None:
    """Return the address that `text` names, None for that of loopback, where every server listens anyway.

    Raises BadInputError when it is none of this machine.
    """
    try:
        IPv4Address(text)
    except ValueError:
        raise BadInputError(f"--listen: '{text}' is not an IPv4 address; 0.0.0.0 stands for all") from None
    port_is_free(0, [text])
    return None if text == HOST else text


def to_bind(listen: str | None) -> list[str]:
    """Return what a server binds that listens on loopback and at `listen`."""
    if listen is None:
        return [HOST]
    # All addresses are loopback's too: bound beside them, it would find its port taken.
    return [listen] if IPv4Address(listen).is_unspecified else [HOST, listen]


def port_is_free(port: int, addresses: list[str]) -> bool:
    """Return whether a server could listen on `port` of all `addresses` now.

    Raises BadInputError for an address that this machine does not have (any more).
    """
    for address in addresses:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError as error:
                if error.errno == errno.EADDRNOTAVAIL:
                    raise BadInputError(
                        f"--listen: this machine has no address {address}; `ip address` shows those it has "
                        "(one that was there before: `mlb-etl services down` forgets it)"
                    ) from None
                return False
    return True


def free_ports(count: int) -> list[int]:
    """Return `count` different TCP ports that nothing listens on, at any address.

    None of those from which the system draws for outgoing connections: a port that is kept for a server that does not
    run at the moment would be taken by whoever talks to somebody. Raises TransientError when there are not as many.
    """
    ports: list[int] = []
    with ExitStack() as stack:
        for port in SystemRandom().sample(_PORTS, len(_PORTS)):
            if len(ports) == count:
                break
            each = stack.enter_context(socket.socket())
            with suppress(OSError):  # somebody listens there
                each.bind(("", port))
                ports.append(port)
    if len(ports) < count:
        raise TransientError(f"of the ports {_PORTS.start} to {_PORTS.stop - 1} of this machine not one more is free")
    return ports
