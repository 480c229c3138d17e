"""Background work of citizens. All may run twice."""

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from citizens.actions import inbox, officers
from citizens.actions import sweep as due
from common import clock


@app.task(
    name="citizens.deliver",
    queue="messages",
    retry=RetryStrategy(max_attempts=8, exponential_wait=3),
)
def deliver(message_id: str) -> None:
    inbox.deliver(message_id=message_id, now=clock.now())


@app.task(
    name="citizens.invite",
    queue="messages",
    retry=RetryStrategy(max_attempts=8, exponential_wait=3),
)
def invite(invitation_id: str) -> None:
    officers.deliver(invitation_id=invitation_id, now=clock.now())


@app.periodic(cron="*/5 * * * *")
@app.task(name="citizens.sweep", queue="sweep", queueing_lock="citizens.sweep")
def sweep(timestamp: int) -> None:
    due.sweep(now=clock.now())
