"""Commands for a school that joins: its identity, and its box."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from homeroom.cli import contexts, output


@output.says_errors
def enrol(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the school: lower case, digits and dashes.")],
    directory: Annotated[Path, typer.Option("--to", help="Where to put its identity; must be empty.")],
    region: Annotated[str, typer.Option(help="Region of the district.")] = "west",
    pupils: Annotated[int, typer.Option(min=1, help="About how many pupils.")] = 100,
    form: output.OutputOption = output.Form.TABLE,
) -> None:
    """Make the identity of one more school of the demo, and the SchoolSite to apply.

    The district makes the keys here; a school that makes its own, with a token, comes later.

    Example: `homeroom enrol my-school --to build/my-school`
    """
    from homeroom.demo import joining  # noqa: PLC0415 - needs the district's keys

    made = joining.enrol(
        contexts.of(context).demo(), contexts.of(context).state, name, directory, region=region, pupils=pupils
    )
    if form is output.Form.JSON:
        output.print_json({"enrolment": str(made.enrolment), "manifest": str(made.manifest)})
        return
    output.say(f"identity  {made.enrolment}")
    output.say(f"manifest  {made.manifest}")
    output.say(f"next      kubectl apply -f {made.manifest}")
    output.say(f"then      homeroom box {directory}")


@output.says_errors
def box(
    directory: Annotated[Path, typer.Argument(help="What `homeroom enrol` wrote.")],
    port: Annotated[int, typer.Option(min=1, max=65534, help="Where it answers; the next port is the agent's.")] = 8090,
    poll_seconds: Annotated[float, typer.Option(min=0.1, help="How often it asks for news.")] = 2.0,
) -> None:
    """Run one school on this machine: agent and serving, kept running until Ctrl-C.

    Example: `homeroom box build/my-school`
    """
    from homeroom.school import box as school_box  # noqa: PLC0415 - see the charter

    output.say(f"{directory.name} answers at http://127.0.0.1:{port}; Ctrl-C stops it")
    school_box.run(
        school_box.Settings(
            enrolment=directory / "enrolment",
            home=directory / "home",
            port=port,
            agent_port=port + 1,
            poll_seconds=poll_seconds,
            status_seconds=poll_seconds,
            usage_seconds=poll_seconds,
        )
    )


COMMANDS: tuple[Callable[..., None], ...] = (enrol, box)
