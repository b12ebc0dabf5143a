"""Identifiers of licences in the list of SPDX, as the library `packaging` has it."""

from __future__ import annotations


def identifier(name: str) -> str | None:
    """The identifier in its own spelling (`CC-BY-4.0` for `cc-by-4.0`); None if the list has no such one."""
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    try:
        return str(canonicalize_license_expression(name))
    except InvalidLicenseExpression:
        return None
