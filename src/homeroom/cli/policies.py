"""`homeroom gate explain` and `homeroom gate init`: what a policy means, and how to start one."""

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from homeroom.cli import files, output
from homeroom.domain import errors, packreviews
from homeroom.resources import fields

if TYPE_CHECKING:
    from homeroom.gates.policies import explanations, starts

_BANDS = tuple(band.value for band in fields.Band)


@output.says_errors
def explain(
    policy: Annotated[Path, typer.Argument(help="GatePolicy as YAML; - for standard input.")],
    band: Annotated[
        list[str] | None, typer.Option(help="Year groups of the release; repeatable. Default: all.")
    ] = None,
    school: Annotated[
        list[str] | None, typer.Option(help="Schools that it goes to; repeatable. Default: all that the policy names.")
    ] = None,
    form: output.OutputOption = output.Form.TABLE,
) -> None:
    """Show which limits hold under a policy, and which line of which pack, band or school set each.

    Examples: `homeroom gate explain policy.yaml`, `homeroom gate explain policy.yaml --band K-2 --output json`,
    `kubectl -n homeroom get gp support-offer -o yaml | homeroom gate explain -`
    """
    from homeroom.gates import casefiles  # noqa: PLC0415 - see the charter
    from homeroom.gates.policies import explanations  # noqa: PLC0415 - see the charter

    content = sys.stdin.buffer.read() if str(policy) == "-" else casefiles.read_file(policy)
    found = explanations.explain(casefiles.parse_policy(content, policy), bands=band or _BANDS, schools=school)
    if form is output.Form.JSON:
        output.print_json(found.to_json())
        return
    _print(found, explanations.not_limited(found))


@output.says_errors
def init(
    region: Annotated[str | None, typer.Option(help="us, us-ny, uk, eu, fr, in, au or other.")] = None,
    purpose: Annotated[str | None, typer.Option(help="support-offer, risk-label, selection or content-level.")] = None,
    band: Annotated[list[str] | None, typer.Option(help="K-2, 3-5, 6-8, 9-12 or adult; repeatable.")] = None,
    group: Annotated[list[str] | None, typer.Option(help="ATTRIBUTE=COLUMN:VALUE[:WORDS:AGAINST]; repeatable.")] = None,
    column: Annotated[list[str] | None, typer.Option(help="Column that a model may read; repeatable.")] = None,
    basis: Annotated[str | None, typer.Option(help="Lawful basis, for the purpose register.")] = None,
    owner: Annotated[str | None, typer.Option(help="Office that answers for this use.")] = None,
    expires: Annotated[str | None, typer.Option(help="Last day of the permission, such as 2027-07-31.")] = None,
    retention_days: Annotated[int | None, typer.Option(min=1, help="Days after which data is deleted.")] = None,
    name: Annotated[str, typer.Option(help="Name of the policy.")] = "policy",
    write: Annotated[Path | None, typer.Option(help="Write it there; default: standard output.")] = None,
) -> None:
    """Start a policy from a few questions; on a terminal it asks what no option answers.

    Nothing is invented: what you do not know yet is left out, and the comments on top say what to add.

    Example: `homeroom gate init --region uk --purpose support-offer --band K-2 --group income=fsm:Y --write policy.yaml`
    """
    from homeroom.gates.policies import starts  # noqa: PLC0415 - see the charter

    where = _answer(region, "Where are your schools? (us, us-ny, uk, eu, fr, in, au, other)", "--region")
    answers = starts.Answers(
        name=name,
        region=where,
        purpose=_answer(
            purpose, "What is the model for? (support-offer, risk-label, selection, content-level)", "--purpose"
        ),
        bands=tuple(
            band or _answer(None, f"Which year groups? ({', '.join(_BANDS)})", "--band").replace(",", " ").split()
        ),
        groups=tuple(starts.parse_group(text) for text in group) if group else tuple(_ask_groups(where)),
        columns=tuple(column or ()),
        basis=basis,
        owner=owner,
        expires=expires,
        retention_days=retention_days,
    )
    text = starts.to_yaml(answers, starts.build(answers))
    if write is None:
        typer.echo(text, nl=False)
        return
    if write.exists():
        raise errors.SpecError(f"{write} is there already: write to another file, or remove it first")
    files.write(write, text.encode())
    output.say(f"written to {write}; `homeroom gate explain {write}` says what it means")


COMMANDS: tuple[Callable[..., None], ...] = (explain, init)


def _print(found: "explanations.Explanation", free: tuple[str, ...]) -> None:
    output.print_rows(
        "Limits that hold",
        ("limit", "value", "in", "set by", "where", "source"),
        [
            (line.limit, line.value, line.band or "every band", line.layer, line.place, line.source)
            for line in found.lines
        ],
    )
    output.print_rows("Rules", ("rule", "pack", "source"), [(r.name, r.pack, _source(r)) for r in found.rules])
    output.print_rows(
        "Groups that packs ask to compare",
        ("attribute", "compared as"),
        [(a, g or "nothing yet") for a, g in found.groups],
    )
    output.print_rows(
        "Packs",
        ("pack", "version", "reviewer", "reviewed on", "review by", "digest"),
        [
            (p.name, p.version, p.reviewer, p.reviewed_on, p.review_by or "never", p.digest)
            for p in found.resolved.packs
        ],
    )
    output.say(f"not limited, reported only: {', '.join(free) or 'nothing'}")
    for warning in (*found.resolved.warnings, *overdue(found, datetime.now(UTC))):
        output.say(f"warning: {warning}")


def overdue(found: "explanations.Explanation", now: datetime) -> tuple[str, ...]:
    """What the operator would say about packs past their dates; empty when all are current."""
    said = packreviews.warning((packreviews.Pack(p.name, p.review_by) for p in found.resolved.packs), now)
    return (said,) if said else ()


def _source(rule: "explanations.Rule") -> str:
    return rule.source if rule.looked_up else f"{rule.source} (general knowledge: check it)"


def _answer(given: str | None, question: str, option: str) -> str:
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise errors.SpecError(f"{question} Answer with {option}: nobody can be asked here")
    # On standard error, so that standard output is the policy and nothing else.
    return str(typer.prompt(question, err=True))


def _ask_groups(region: str) -> Iterator["starts.Group"]:
    from homeroom.gates.policies import starts  # noqa: PLC0415 - see the charter

    if not sys.stdin.isatty():
        return
    for attribute in starts.attributes(region):
        column = typer.prompt(
            f"Which column of the table tells {attribute.words}? (Enter for none)",
            default="",
            show_default=False,
            err=True,
        )
        if column:
            value = typer.prompt(f"Which value of {column} means that a child is one of them?", err=True)
            yield starts.Group(attribute.name, column, value)
