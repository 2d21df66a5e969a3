"""Commands for people: what is going on, and the decisions that are theirs."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from homeroom.cli import contexts, output
from homeroom.client import boxes
from homeroom.domain import errors

wave_app = typer.Typer(help="Look at waves; pause, resume and roll back.", no_args_is_help=True)


@output.says_errors
def demo(
    context: typer.Context,
    report: Annotated[Path, typer.Option(help="Where to write what was measured.")] = Path("build/demo/report.json"),
    exit_: Annotated[bool, typer.Option("--exit", help="Stop at the end; exit 0 only if everything held.")] = False,
    reset: Annotated[bool, typer.Option("--reset", help="Forget the state of earlier runs first.")] = False,
    purge: Annotated[bool, typer.Option("--purge", help="Remove the state and the built tools, and stop.")] = False,
) -> None:
    """Take a release through a whole district on this machine, then cut the line.

    Starts a real Kubernetes API for a district, a hub and one school, MLflow, registries and 79 schools, all on
    loopback. Stays up until Ctrl-C; a second run goes on from the state directory.

    Examples: `homeroom demo`, `homeroom demo --exit`, `homeroom demo --reset`
    """
    from homeroom.demo import scenario  # noqa: PLC0415 - only this command needs every part

    if purge:
        scenario.purge(contexts.of(context).state)
        return
    raise typer.Exit(
        scenario.run(scenario.Options(state=contexts.of(context).state, report=report, stop_at_end=exit_, reset=reset))
    )


@output.says_errors
def status(
    context: typer.Context,
    form: output.OutputOption = output.Form.TABLE,
    schools: Annotated[bool, typer.Option("--schools", help="Every school, not only those that are offline.")] = False,
) -> None:
    """Show releases, waves and schools.

    Examples: `homeroom status`, `homeroom status --schools`, `homeroom status --output json`
    """
    with contexts.of(context).connect("viewer") as district:
        document = district.status()
    if form is output.Form.JSON:
        output.print_json(document)
        return
    _print_releases(document)
    _print_waves(document)
    _print_schools(document, every=schools)


@output.says_errors
def approve(
    context: typer.Context,
    release: Annotated[str, typer.Argument(help="Name of the ModelRelease.")],
    reason: Annotated[str, typer.Option(help="Why, in a sentence; it is kept.")],
    waive: Annotated[
        list[str] | None, typer.Option(help="Instead: accept missing evidence for this finding; repeatable.")
    ] = None,
    override: Annotated[
        list[str] | None,
        typer.Option(
            help="Instead: let all schools have it in spite of this waived finding; not by who waived; repeatable."
        ),
    ] = None,
    expires: Annotated[
        str | None, typer.Option(help="When a waiver or an override ends, such as 2027-06-30T00:00:00Z.")
    ] = None,
    data_plan: Annotated[str | None, typer.Option(help="How the missing evidence will be gathered.")] = None,
    reject: Annotated[bool, typer.Option("--reject", help="Reject instead.")] = False,
    form: output.OutputOption = output.Form.TABLE,
) -> None:
    """Approve, reject, waive or override: a decision on the release and the gate report as they are now.

    A release with waived findings may go to pilots only, until somebody else overrides.

    Examples: `homeroom approve reading-support-1 --reason "Read the report; pilots may start."`,
    `homeroom approve reading-support-1 --waive "every stage: Asian pupils against all other pupils" --expires 2027-06-30T00:00:00Z
    --data-plan "Pool with two more districts." --reason "Too few pupils to tell."`
    """
    chosen = {"Reject": reject, "Waive": bool(waive), "Override": bool(override)}
    said = [name for name, given in chosen.items() if given]
    if len(said) > 1:
        raise errors.SpecError(f"one decision at a time: you said {' and '.join(said)}")
    decision: dict[str, Any] = {"decision": said[0] if said else "Approve", "reason": reason}
    if waive:
        decision |= {"covers": waive, "expires": expires, "dataPlan": data_plan}
    if override:
        decision |= {"covers": override, "expires": expires}
    with contexts.of(context).connect("approver") as district:
        made = district.decide(release, decision)
    if form is output.Form.JSON:
        output.print_json(made)
    else:
        output.say(f"{decision['decision']} recorded for {release} by {made['spec']['approver']}")


@output.says_errors
def predict(
    context: typer.Context,
    school: Annotated[str, typer.Argument(help="Name of the school, as in `homeroom status --schools`.")],
    rows: Annotated[Path, typer.Option(help="CSV file; the heading names the model's inputs.")],
    purpose: Annotated[str, typer.Option(help="What for.")] = "support-offer",
    url: Annotated[str | None, typer.Option(help="Base URL of the school's service; default: from the demo.")] = None,
    form: output.OutputOption = output.Form.TABLE,
) -> None:
    """Ask one school's own box for a ranked offer.

    Example: `homeroom predict heron-valley --rows examples/reading-support/made-up-pupils.csv`
    """
    if url is None:
        schools = contexts.of(context).demo().schools
        if school not in schools:
            raise errors.SpecError(f"the demo has no school {school!r}: `homeroom status --schools` lists them")
        url = schools[school]
    answer = boxes.ask(url, purpose, boxes.read_rows(rows))
    if form is output.Form.JSON:
        output.print_json(answer.document)
        return
    output.print_rows("Offer support first to", ("offer", "row", "score"), answer.ranked)
    output.say(answer.sentence)


@output.says_errors
def kubeconfig(
    context: typer.Context,
    tier: Annotated[str, typer.Argument(help="district, hub or school.")],
    form: output.OutputOption = output.Form.TABLE,
) -> None:
    """Print the path of a kubeconfig of the running demo, for your own kubectl.

    Example: `KUBECONFIG=$(homeroom kubeconfig district) kubectl -n homeroom get homeroom`
    """
    known = contexts.of(context).demo().kubeconfigs
    if tier not in known:
        raise errors.SpecError(f"there is no {tier!r}: choose one of {', '.join(known)}")
    if form is output.Form.JSON:
        output.print_json({"tier": tier, "kubeconfig": known[tier]})
        return
    typer.echo(known[tier])
    if shutil.which("kubectl") is None and output.complaints.is_terminal:
        output.complaints.print("no kubectl on PATH: the demo built one, see docs/how-to/use-kubectl.md", markup=False)


def _change_wave(context: typer.Context, name: str, change: dict[str, Any], done: str, form: output.Form) -> None:
    with contexts.of(context).connect("it") as district:
        wave = district.change_wave(name, change)
    if form is output.Form.JSON:
        output.print_json(wave)
    else:
        output.say(f"{name}: {done}")


@output.says_errors
def console(context: typer.Context, form: output.OutputOption = output.Form.TABLE) -> None:
    """Print the address of the demo's console and API, and a token: the approver's, or that of `--as`.

    Example: `homeroom --as author console --output json`
    """
    connection = contexts.of(context)
    found = {"address": connection.demo().server, "token": connection.token("approver")}
    if form is output.Form.JSON:
        output.print_json(found)
        return
    for name, value in found.items():
        output.say(f"{name:8} {value}")


@wave_app.command("list")
@output.says_errors
def list_waves(
    context: typer.Context,
    form: output.OutputOption = output.Form.TABLE,
) -> None:
    """Show every wave with its counts."""
    with contexts.of(context).connect("viewer") as district:
        document = district.status()
    if form is output.Form.JSON:
        output.print_json(document["waves"])
    else:
        _print_waves(document)


@wave_app.command()
@output.says_errors
def pause(context: typer.Context, name: str, form: output.OutputOption = output.Form.TABLE) -> None:
    """Give no further school the release; what is installed stays.

    Example: `homeroom wave pause north`
    """
    _change_wave(context, name, {"paused": True}, "paused", form)


@wave_app.command()
@output.says_errors
def resume(context: typer.Context, name: str, form: output.OutputOption = output.Form.TABLE) -> None:
    """Go on with a paused wave.

    Example: `homeroom wave resume north`
    """
    _change_wave(context, name, {"paused": False}, "goes on", form)


@wave_app.command()
@output.says_errors
def rollback(context: typer.Context, name: str, form: output.OutputOption = output.Form.TABLE) -> None:
    """Send every school of the wave back to the release before.

    Example: `homeroom wave rollback north`
    """
    _change_wave(context, name, {"rollback": True}, "rolling back", form)


def _print_releases(document: dict[str, Any]) -> None:
    output.print_rows(
        "Releases",
        ("release", "state", "what it says"),
        [(release["name"], release["phase"], release["message"]) for release in document["releases"]],
    )


def _print_waves(document: dict[str, Any]) -> None:
    output.print_rows(
        "Waves",
        ("wave", "release", "state", "schools", "done", "working", "waiting", "failed", "missed", "rolled back"),
        [
            (
                wave["name"],
                wave["release"],
                wave["phase"],
                wave["counts"]["total"],
                wave["counts"]["done"],
                wave["counts"]["assigned"] + wave["counts"]["soaking"],
                wave["counts"]["pending"],
                wave["counts"]["failed"],
                wave["counts"]["missed"],
                wave["counts"]["rolledBack"],
            )
            for wave in document["waves"]
        ],
    )


def _print_schools(document: dict[str, Any], *, every: bool) -> None:
    schools = [school for school in document["schools"] if every or school["offlineSince"]]
    output.print_rows(
        "Schools" if every else f"Schools offline now: {len(schools)} of {len(document['schools'])}",
        ("school", "region", "state", "release", "level", "last heard", "offline since"),
        [
            (
                school["name"],
                school["region"],
                school["state"],
                school["release"],
                school["level"],
                school["lastHeard"],
                school["offlineSince"],
            )
            for school in schools
        ],
    )


COMMANDS: tuple[Callable[..., None], ...] = (demo, console, status, approve, predict, kubeconfig)
