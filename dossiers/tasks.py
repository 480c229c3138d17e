"""Background work of dossiers: load ids, read the clock, one action each. All may run twice."""

from datetime import date

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from common import clock
from dossiers.actions import bulk_moves, papers, scanning, sweep
from dossiers.actions import clock as promises

RETRY = RetryStrategy(max_attempts=8, exponential_wait=3)


@app.task(name="dossiers.make_paper", queue="papers", retry=RETRY)
def make_paper(document_id: str) -> None:
    papers.make(document_id=document_id, now=clock.now())


@app.task(name="dossiers.bulk_moves", queue="moves", retry=RETRY)
def work_off_bulk_moves(job_id: str) -> None:
    while bulk_moves.step(job_id=job_id, now=clock.now()):
        pass


@app.task(name="dossiers.recount", queue="sweep", retry=RETRY)
def recount(first: str, last: str) -> None:
    promises.recount(
        first=date.fromisoformat(first), last=date.fromisoformat(last), now=clock.now()
    )


@app.periodic(cron="* * * * *")
@app.task(name="dossiers.sweep", queue="sweep", queueing_lock="dossiers.sweep")
def sweep_due(timestamp: int) -> None:
    sweep.sweep(now=clock.now())


@app.periodic(cron="* * * * *")
@app.task(name="dossiers.scan", queue="scan", queueing_lock="dossiers.scan", lock="dossiers.scan")
def scan(timestamp: int) -> None:
    scanning.sweep(now=clock.now())


@app.periodic(cron="17 * * * *")
@app.task(name="dossiers.forget_files", queue="sweep", queueing_lock="dossiers.forget_files")
def forget_files(timestamp: int) -> None:
    sweep.forget_files(now=clock.now())
