"""``yinxin seal``, whole: the commands of the modules that hold them, in the order of its help."""

from __future__ import annotations

from api.cli import seal_data, seal_life, seal_picture
from api.cli.lookup import lookup
from api.cli.seal import app

app.command("lookup")(lookup)
seal_data.add_to(app)
seal_life.add_to(app)
seal_picture.add_to(app)
