"""The district's Kubernetes API, for the service itself and on behalf of people."""

from homeroom.district.app import ports, users
from homeroom.kube import client


class KubernetesClusters:
    """``ports.Clusters`` over one connection."""

    def __init__(self, own: client.Kubernetes) -> None:
        self._own = own

    def own(self) -> ports.Cluster:
        """The service itself."""
        return self._own

    def of(self, user: users.User) -> ports.Cluster:
        """That person, with the group of each of their roles."""
        return self._own.as_user(client.Impersonation(user.name, user.groups))
