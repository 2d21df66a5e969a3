"""Numbers as a principal reads them: pupils out of a hundred, never a rate with four digits."""

from homeroom.domain import releases

STAGES = {
    releases.Stage.FULL: "the model",
    releases.Stage.CORE: "the model's small twin",
    releases.Stage.FALLBACK: "the school's own rate",
}


def of_hundred(share: float) -> str:
    """Share as pupils of a hundred. Example: 0.284 gives ``28``; under one half of a pupil gives ``fewer than 1``."""
    pupils = round(100 * share)
    return "fewer than 1" if pupils == 0 and share > 0 else str(pupils)


def limit_of(limit: float, pupils: int = 100) -> str:
    """A limit as pupils of so many, never rounded: people hold numbers against it. Example: 0.125 gives ``12.5``."""
    return f"{round(pupils * limit, 6):g}"


def against(share: float, limit: float) -> str:
    """``of_hundred``, with the digits that tell it from a limit in the same sentence.

    Example: 0.104 against 0.10 gives ``10.4``, 0.1001 gives ``just over 10``, 0.12 gives ``12``.
    """
    stands_at = round(100 * limit, 6)
    if share == limit or round(100 * share) != stands_at:
        return of_hundred(share)
    closer = round(100 * share, 1)
    return f"{closer:g}" if closer != stands_at else f"just {'over' if share > limit else 'under'} {limit_of(limit)}"


def allowed(limit: float, pupils: int = 100) -> str:
    """What a limit allows. Example: 0.1 gives ``at most 10 are allowed``, 0.01 gives ``at most 1 is allowed``."""
    number = limit_of(limit, pupils)
    return f"at most {number} {'is' if number == '1' else 'are'} allowed"


def of_ten(share: float) -> str:
    """Share as pupils of ten. Example: 0.47 gives ``about 5``."""
    return f"about {round(10 * share)}"


def capitalised(text: str) -> str:
    """First letter upper case, the others as they are. Example: ``boys in K`` gives ``Boys in K``."""
    return text[:1].upper() + text[1:]
