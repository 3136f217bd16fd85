"""The commands one looks things up with: rules, schema."""

from __future__ import annotations

import click

from durata.cli.options import FORMAT, print_json


@click.command()
@click.argument("code", required=False)
@FORMAT
def rules(code: str | None, shape: str) -> None:
    """List the rules, or show the page of one, or of what reading a patient file finds (D03 to D11)."""
    from durata.cli.findings import print_rules, rules_json
    from durata.records.codes import CODES
    from durata.rules.catalogue import all_rules
    from durata.rules.pages import page

    known = all_rules()
    if code is None:
        if shape == "json":
            print_json(rules_json(known))
        else:
            print_rules(known)
        return
    reading = CODES.get(code.upper())
    if reading is not None:
        name, summary = reading
        if shape == "json":
            print_json({"code": code.upper(), "name": name, "summary": summary, "page": page(code.upper())})
        else:
            click.echo(page(code.upper()))
        return
    if code.upper() not in known:
        raise click.UsageError(f"There is no rule {code!r}; there are: {', '.join(known)}.")
    if shape == "json":
        print_json(rules_json({code.upper(): known[code.upper()]})[0] | {"page": page(code.upper())})
    else:
        click.echo(page(code.upper()))


@click.command()
def schema() -> None:
    """Print the JSON schema of the study file, for editors."""
    from durata.study.schema import study_schema

    print_json(study_schema())
