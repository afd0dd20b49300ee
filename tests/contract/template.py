"""template.yaml as data."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml


class _CloudFormationLoader(yaml.CSafeLoader):
    """Reads `!Ref X` as {"Ref": "X"}, `!GetAtt A.B` as {"Fn::GetAtt": "A.B"}, and so on."""


def _intrinsic(loader: _CloudFormationLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix == "Ref" else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    return {name: loader.construct_mapping(node, deep=True)}  # type: ignore[arg-type]


_CloudFormationLoader.add_multi_constructor("!", _intrinsic)


class Template:
    """template.yaml, with short ways to its parts."""

    def __init__(self, path: Path) -> None:
        self.text = path.read_text()
        # A SafeLoader.
        self.body: dict[str, Any] = yaml.load(self.text, Loader=_CloudFormationLoader)
        self.parameters: dict[str, dict[str, Any]] = self.body["Parameters"]
        self.resources: dict[str, dict[str, Any]] = self.body["Resources"]

    def properties(self, name: str) -> dict[str, Any]:
        """A resource's properties."""
        found: dict[str, Any] = self.resources[name].get("Properties", {})
        return found

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """The resources of a type, by name."""
        return {
            name: resource for name, resource in self.resources.items() if resource["Type"] == kind
        }

    def statements(self, role: str) -> list[dict[str, Any]]:
        """What a role is allowed at most: what depends on a setting is among it."""
        return [
            each.get("Fn::If", [None, each])[1]
            for policy in self.properties(role)["Policies"]
            for each in policy["PolicyDocument"]["Statement"]
        ]

    def environment(self, function: str) -> Mapping[str, Any]:
        """A function's environment variables, those of all functions included."""
        everywhere: dict[str, Any] = self.body["Globals"]["Function"]["Environment"]["Variables"]
        return {**everywhere, **self.properties(function)["Environment"]["Variables"]}
