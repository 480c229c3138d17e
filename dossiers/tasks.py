"""Background work of dossiers: load ids, read the clock, one action each. All may run twice."""

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from common import clock
from dossiers.actions import bulk_moves, papers, sweep

RETRY = RetryStrategy(max_attempts=8, exponential_wait=3)


@app.task(name="dossiers.make_paper", queue="papers", retry=RETRY)
def make_paper(document_id: str) -> None:
    papers.make(document_id=document_id, now=clock.now())


@app.task(name="dossiers.bulk_moves", queue="moves", retry=RETRY)
def work_off_bulk_moves(job_id: str) -> None:
    while bulk_moves.step(job_id=job_id, now=clock.now()):
        pass


@app.periodic(cron="* * * * *")
@app.task(name="dossiers.sweep", queue="sweep", queueing_lock="dossiers.sweep")
def sweep_due(timestamp: int) -> None:
    sweep.sweep(now=clock.now())
