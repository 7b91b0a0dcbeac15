//! A job of which it is not known that it is over keeps an order in ERROR awake.

use order_core::{Effect, JobStatus, Outcome, Status};

use crate::support::{
    ROBOT_STAGES, after, failed, job, rejected, report, silent, unavailable, unknown, unstopped,
};

#[test]
fn an_order_whose_robot_fell_silent_looks_after_its_open_job_later() {
    for stage in ROBOT_STAGES {
        for run in [unknown(stage), silent(stage), unstopped(stage)] {
            assert_eq!(run.order.status(), Status::Error);
            assert_eq!(run.order.wake_at, Some(run.order.updated_at + run.policy.backoff.cap));
        }
    }
}

#[test]
fn the_open_job_is_looked_after_without_end_and_without_filling_the_history() {
    for stage in ROBOT_STAGES {
        for mut run in [unknown(stage), silent(stage), unstopped(stage)] {
            let (entries, due) = (run.history.len(), run.wake().effect());
            for _ in 0..50 {
                run.answer(unavailable());
                assert_eq!(run.order.status(), Status::Error);
                assert_eq!(run.wake().effect(), due);
            }
            assert_eq!(run.history.len(), entries);
        }
    }
}

#[test]
fn a_call_of_unknown_fate_behind_an_error_is_repeated_and_then_cancelled() {
    for stage in ROBOT_STAGES {
        let mut run = unknown(stage);
        run.accept();
        assert_eq!(run.order.status(), Status::Error);
        assert_eq!(run.wake().effect(), Effect::Cancel(job(stage, 1)));
        run.cancelled();
        assert_eq!((&run.failure().open, run.order.wake_at), (&None, None));
        assert_eq!(run.failure().code, "ROBOT_UNAVAILABLE");
        assert_eq!(run.last().note.as_deref(), Some("the open job is over: CANCELLED"));
    }
}

#[test]
fn a_job_under_way_behind_an_error_is_asked_after_until_it_is_over() {
    for stage in ROBOT_STAGES {
        let mut run = silent(stage);
        assert_eq!(run.wake().effect(), Effect::Poll(job(stage, 1)));
        run.running();
        assert_eq!((run.order.status(), run.work().tries), (Status::Error, 0));
        run.answer(report(failed("BROKEN")));
        assert_eq!((&run.failure().open, run.order.wake_at), (&None, None));
        assert_eq!(run.last().note.as_deref(), Some("the open job is over: BROKEN"));
        assert_eq!(run.failure().code, "BROKEN", "why it ended says more than the silence before");
    }
}

#[test]
fn a_job_behind_an_error_that_takes_too_long_is_cancelled() {
    for stage in ROBOT_STAGES {
        let mut run = silent(stage);
        run.running().overrun();
        assert_eq!(run.wake().effect(), Effect::Cancel(job(stage, 1)));
        run.cancelled();
        assert_eq!((run.order.status(), &run.failure().open), (Status::Error, &None));
    }
}

#[test]
fn a_job_behind_an_error_that_turns_out_completed_wins() {
    for stage in ROBOT_STAGES {
        let mut polled = silent(stage);
        polled.complete();
        let mut cancelled_too_late = unstopped(stage);
        cancelled_too_late.answer(Outcome::Cancelled(JobStatus::Completed));
        let mut accepted_and_done = unknown(stage);
        accepted_and_done.accept().answer(Outcome::Cancelled(JobStatus::Completed));
        for run in [polled, cancelled_too_late, accepted_and_done] {
            assert_eq!(run.order.status(), after(stage));
            assert_eq!(run.last().note.as_deref(), Some("the job was done after all"));
        }
    }
}

#[test]
fn an_open_job_that_the_robot_does_not_know_is_over() {
    for stage in ROBOT_STAGES {
        for mut run in [silent(stage), unstopped(stage)] {
            run.answer(Outcome::Gone);
            assert_eq!((run.order.status(), &run.failure().open), (Status::Error, &None));
        }
        let mut run = unknown(stage);
        run.answer(rejected("NO_SUCH_PIE"));
        assert_eq!((run.order.status(), &run.failure().open), (Status::Error, &None));
    }
}
