"""The embedded Kubernetes API on real processes."""

import subprocess

import pytest

from homeroom.embedded import kubernetes

pytestmark = pytest.mark.real


def test_plane_answers_kubectl_with_our_kinds(control_plane: kubernetes.ControlPlane) -> None:
    listed = control_plane.admin.run("get", "crd", "-o", "name")
    assert "customresourcedefinition.apiextensions.k8s.io/schoolsites.homeroom.dev" in listed


def test_fresh_namespace_is_there(control_plane: kubernetes.ControlPlane, fresh_namespace: str) -> None:
    assert control_plane.admin.run("get", "namespace", fresh_namespace, "-o", "name")
