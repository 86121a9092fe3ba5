"""sluice with 100 sites of 100 rules each; of the rules of the site that is asked, one applies."""

from . import sluice

TITLE = "sluice, 100 sites of 100 rules"

SITES = 100
RULES_OF_A_KIND = 33


def rules(number):
    yield '[[site.header]]\npath = "*.bin"\nset = { Cache-Control = "max-age=60" }\n'
    for rule in range(RULES_OF_A_KIND):
        yield f'[[site.redirect]]\nfrom = "/old{rule}/**"\nto = "/new{rule}/$1"\n'
        yield f'[[site.rewrite]]\nfrom = "/app{rule}/*/item"\nto = "/items{rule}/$1"\n'
        yield f'[[site.header]]\npath = "*.ext{rule}"\nset = {{ X-Kind = "{number}" }}\n'


def configuration(place):
    yield f'[server]\nlisten = ["127.0.0.1:{place.port}"]\nthreads = 1\n'
    for number in range(SITES):
        hosts = "default = true" if number == 0 else f'hosts = ["site{number}.example"]'
        yield f'[[site]]\n{hosts}\nroot = "{place.root}"\n'
        yield from rules(number)


def command(place):
    path = place.scratch / "sluice.toml"
    path.write_text("".join(configuration(place)))
    return [sluice.PROGRAM, "serve", "--config", str(path), "--quiet"]


def version():
    return sluice.version()
