"""Commands that run one process of one tier; each reads its settings from the environment."""

import enum
from collections.abc import Callable
from typing import Annotated

import typer

from homeroom.cli import output


class Tier(enum.StrEnum):
    """Where an operator runs."""

    DISTRICT = "district"
    HUB = "hub"
    SCHOOL = "school"


@output.says_errors
def operator(tier: Annotated[Tier, typer.Option(help="Which tier's resources to reconcile.")]) -> None:
    """Reconcile the resources of one tier.

    Settings: `HOMEROOM_OPERATOR_*`.

    Example: `homeroom operator --tier district`
    """
    match tier:
        case Tier.DISTRICT:
            from homeroom.district.operator import main as district_operator  # noqa: PLC0415 - see the charter

            district_operator.run()
        case Tier.HUB:
            from homeroom.hub.operator import main as hub_operator  # noqa: PLC0415 - see the charter

            hub_operator.run()
        case Tier.SCHOOL:
            from homeroom.school.operator import main as school_operator  # noqa: PLC0415 - see the charter

            school_operator.run()


@output.says_errors
def api() -> None:
    """Serve the district's REST API, its pages and its control channel.

    Settings: `HOMEROOM_API_*`.
    """
    from homeroom.district.app import main  # noqa: PLC0415 - see the charter

    main.run()


@output.says_errors
def relay() -> None:
    """Serve schools near them: assignments down, reports up. Runs at a hub.

    Settings: `HOMEROOM_RELAY_*`.
    """
    from homeroom.hub.relay import main  # noqa: PLC0415 - see the charter

    main.run()


@output.says_errors
def agent() -> None:
    """Keep one school's store: fetch what it is told to run, verify it, hand it to `homeroom serve`.

    Settings: `HOMEROOM_AGENT_*`.
    """
    from homeroom.school.agent import main  # noqa: PLC0415 - see the charter

    main.run()


@output.says_errors
def serve() -> None:
    """Answer predictions at one school over the Open Inference Protocol v2, with or without a line.

    Settings: `HOMEROOM_SERVE_*`.
    """
    from homeroom.school.serving import main  # noqa: PLC0415 - see the charter

    main.run()


@output.says_errors
def host() -> None:
    """Run the agents of several schools in one process, each with its own key, store, queue and route.

    Settings: `HOMEROOM_HOST_*`.
    """
    from homeroom.school import host as school_host  # noqa: PLC0415 - see the charter

    school_host.run()


COMMANDS: tuple[Callable[..., None], ...] = (operator, api, relay, agent, serve, host)
