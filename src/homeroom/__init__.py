"""Homeroom: the control plane that school districts run their AI on."""

__version__ = "0.1.0"
