"""The real channels: mutual TLS with the school's certificate, opened to one endpoint when it is needed."""

from homeroom.domain import assignments
from homeroom.school.agent import ports
from homeroom.transport import tls
from homeroom.transport.control import client as control_client
from homeroom.transport.oci import client as oci_client


class NetworkLinks:
    """See ``ports.Links``.

    Args:
        files: the school's identity.
        limit_kbit: what models may take of the line; None for all of it.
    """

    def __init__(self, files: tls.TlsFiles, limit_kbit: float | None = None) -> None:
        self._files = files
        self._limit_kbit = limit_kbit

    def control(self, endpoint: assignments.Endpoint) -> ports.ControlPort:
        """Its control channel."""
        return control_client.ControlClient(endpoint.control, self._files)

    def bulk(self, endpoint: assignments.Endpoint) -> ports.BulkPort:
        """Its registry."""
        return oci_client.OciClient(endpoint.bulk, self._files, self._limit_kbit)
