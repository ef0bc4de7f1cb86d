"""What every section of the file is."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A part of the file: unknown keys are refused, values are not guessed from other types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


def loose() -> ConfigDict:
    """Of a section with tuples in it: the YAML's lists arrive as lists, which strict mode would refuse."""
    return ConfigDict(extra="forbid", frozen=True, strict=False, hide_input_in_errors=True)
