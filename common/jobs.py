"""Putting work on the queue, inside the transaction of the fact that asks for it.

The queue is a table of the same database, so the job commits or vanishes with its fact. Actions
name a task by its name: tasks import actions, never the other way round.
"""

from procrastinate.contrib.django import app

from common import db


@db.transaction_required
def enqueue(task: str, **arguments: str) -> None:
    """Enqueue the task of that name. Arguments are ids only, never personal data."""
    app.configure_task(task).defer(**arguments)
