"""What a kind of ours is, in one value: its model, how ``kubectl get`` shows it, and what its conditions mean."""

from dataclasses import dataclass
from typing import Any

from homeroom.resources import kinds, objects, rules, schemas, statuses

MAX_NAME_LENGTH = 63

_NAME_RULE = rules.Rule(
    f"size(self.metadata.name) <= {MAX_NAME_LENGTH}",
    # Names are used as label values and in references, which end there.
    f"choose a name of at most {MAX_NAME_LENGTH} characters",
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of ``kubectl get``.

    Attributes:
        name: heading.
        path: JSON path into the object.
        type: OpenAPI type of the value.
        priority: 0 is always shown, 1 only with ``-o wide``.
    """

    name: str
    path: str
    type: str = "string"
    priority: int = 0

    def to_json(self) -> dict[str, Any]:
        """As an item of ``additionalPrinterColumns``."""
        wide = {"priority": self.priority} if self.priority else {}
        return {"name": self.name, "type": self.type, "jsonPath": self.path, **wide}


AGE = Column("Age", ".metadata.creationTimestamp", "date")


def condition_column(condition: statuses.ConditionType, heading: str | None = None, priority: int = 0) -> Column:
    """The column that shows the status of one condition."""
    path = f'.status.conditions[?(@.type=="{condition.name}")].status'
    return Column(heading or condition.name, path, priority=priority)


@dataclass(frozen=True, slots=True)
class Definition:
    """Everything that is generated about one kind.

    Attributes:
        kind: its names in the API.
        model: the pydantic model.
        short_names: for ``kubectl get mr``.
        columns: of ``kubectl get``, in order.
        conditions: in the order in which they come true.
        object_rules: CEL rules over the whole object, which see ``self.metadata.name``.
    """

    kind: kinds.Kind
    model: type[objects.Resource[Any, Any]]
    short_names: tuple[str, ...]
    columns: tuple[Column, ...]
    conditions: tuple[statuses.ConditionType, ...] = ()
    object_rules: tuple[rules.Rule, ...] = ()

    def build_crd(self) -> dict[str, Any]:
        """The CustomResourceDefinition manifest."""
        kind = self.kind
        return {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": f"{kind.plural}.{kind.group}"},
            "spec": {
                "group": kind.group,
                "names": {
                    "kind": kind.kind,
                    "listKind": f"{kind.kind}List",
                    "plural": kind.plural,
                    "singular": kind.kind.lower(),
                    "shortNames": list(self.short_names),
                    "categories": ["homeroom"],
                },
                "scope": "Namespaced",
                "versions": [self._version()],
            },
        }

    def _version(self) -> dict[str, Any]:
        return {
            "name": self.kind.version,
            "served": True,
            "storage": True,
            "subresources": {"status": {}} if self.conditions else {},
            "additionalPrinterColumns": [column.to_json() for column in self.columns],
            "schema": {"openAPIV3Schema": self.build_schema()},
        }

    def build_schema(self) -> dict[str, Any]:
        """The structural schema of the whole object."""
        spec, status = (schemas.build(self.model.model_fields[part].annotation) for part in ("spec", "status"))
        properties = {
            "apiVersion": {"type": "string", "description": f"Always {self.kind.api_version}."},
            "kind": {"type": "string", "description": f"Always {self.kind.kind}."},
            "metadata": {"type": "object"},
            "spec": spec,
        }
        if self.conditions:
            properties["status"] = status
        return {
            "description": schemas.docstring(self.model),
            "type": "object",
            "required": ["spec"],
            "properties": properties,
            "x-kubernetes-validations": [rule.to_json() for rule in (_NAME_RULE, *self.object_rules)],
        }
