"""The fault harness: what breaks, what must hold nevertheless, and how it is shown. `./hotline faults --help`.

`stack` is the whole product with a `proxy` before each thing that a service depends on, `load` are its clients, `cases`
are the faults, `check` asks what must hold afterwards, `trial` runs one fault from beginning to end.
"""
