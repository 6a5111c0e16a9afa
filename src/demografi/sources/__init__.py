"""The only doors to network and disk.

A figure on its way in passes, from the wire to the table: `pacing` (when a call may be sent),
`cache` (what is already here), `exchange` (one question, one whole answer), `jsonstat` (the answer
as a table), `selecting` (which codes), `splitting` (how many calls), `pxweb` (a whole table),
`manifest` (where it is from). `ssb` knows Statistics Norway, `registry` its tables, `snapshots`
freezes what was fetched, `jsonstat_writing` writes tables out, and `shipped` reads what came with
the package.
"""

import logging

# Without a handler of its own a library's warnings land on the caller's screen.
logging.getLogger("demografi").addHandler(logging.NullHandler())
