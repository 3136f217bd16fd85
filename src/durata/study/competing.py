"""What an outcome may declare as competing with it: dates beside event dates, codes beside event codes, none twice."""

from __future__ import annotations

from collections.abc import Collection

from durata.language.speaking import speak


def refuse_competing(
    event: Collection[str] | None,
    competing: Collection[str] | None,
    event_codes: Collection[int | str] | None,
    censor_codes: Collection[int | str] | None,
    competing_codes: Collection[int | str] | None,
) -> None:
    """Raise ValueError when competing events do not go with the form of the outcome, or are its event or no event too."""
    if competing is not None and event is None:
        raise ValueError(speak("'competing' (dates) belongs to 'event'; with 'status' give 'competing_codes'"))
    if competing_codes is not None and event is not None:
        raise ValueError(speak("'competing_codes' belongs to 'status'; with 'event' give 'competing' (dates)"))
    shared = sorted(set(competing or ()) & set(event or ()))
    if shared:
        raise ValueError(speak("column {column!r} is among 'event' and among 'competing'", column=shared[0]))
    codes = {str(code) for code in competing_codes or ()}
    for name, others in (("event_codes", event_codes), ("censor_codes", censor_codes)):
        both = codes & {str(code) for code in others or ()}
        if both:
            raise ValueError(
                speak("code {code!r} is among 'competing_codes' and among '{name}'", code=min(both), name=name)
            )
