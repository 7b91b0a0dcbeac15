//! What is stored can be read again.

use order_core::{
    Attempts, Because, Command, RecoveryAction, Stage, State, Status, Step, Work, Workflow,
};
use serde_json::{Value, json};

use crate::support::{ROBOT_STAGES, Run, start};

fn read_again(workflow: &Workflow) -> Workflow {
    serde_json::from_str(&serde_json::to_string(workflow).unwrap()).unwrap()
}

#[test]
fn the_workflow_of_every_state_can_be_read_again() {
    let mut prepping = Run::working(Stage::Picking);
    prepping.complete();
    let mut completed = Run::working(Stage::Delivering);
    completed.complete();
    let mut cancelled = Run::place();
    cancelled.command(Command::Cancel).unwrap();
    let mut runs = vec![Run::place(), prepping, completed, cancelled];
    for stage in ROBOT_STAGES {
        let mut running = Run::working(stage);
        running.running();
        for mut run in [Run::calling(stage), running, Run::cancelling(stage)] {
            runs.push(run.clone());
            runs.push(run.exhaust().clone());
            runs.push(run.recover(RecoveryAction::Skip).clone());
            runs.push(run.recover(RecoveryAction::Retry).clone());
            runs.push(run.exhaust().recover(RecoveryAction::Close).clone());
        }
        runs.push(Run::stopped(stage));
    }
    for run in &runs {
        assert_eq!(read_again(&run.order.workflow), run.order.workflow);
    }
    let stored: Vec<_> = runs.iter().map(|run| run.order.status()).collect();
    assert!(Status::ALL.iter().all(|status| stored.contains(status)), "{stored:?}");
}

#[test]
fn the_stored_form_is_the_one_that_this_format_has() {
    let run = Run::working(Stage::Baking);
    let Step::Working { eta, .. } = run.work().step else { panic!("no job") };
    let stored = json!({
        "state": {
            "name": "BAKING",
            "attempt": 1,
            "request": {
                "kind": "bake", "pie_type": "apple", "temperature": 375, "duration": 45
            },
            "step": {
                "at": "working",
                "job": {"kind": "bake", "id": "bake_1", "oven": "oven-3"},
                "started_at": null,
                "eta": eta,
            },
            "tries": 0,
            "lost": 0,
            "repeats": 0,
        },
        "attempts": {"picking": 1, "baking": 1, "delivering": 0},
        "cancel_requested": false,
    });
    assert_eq!(Workflow::FORMAT, 1);
    assert_eq!(serde_json::to_value(&run.order.workflow).unwrap(), stored);
}

#[test]
fn counters_that_an_older_release_did_not_store_read_as_zero() {
    let stored = json!({
        "state": {
            "name": "PICKING",
            "attempt": 3,
            "request": {"kind": "pick", "fruitType": "apple", "quantity": 6, "quality": "premium"},
            "step": {"at": "calling"},
        },
        "attempts": {"picking": 3, "baking": 0, "delivering": 0},
    });
    let workflow: Workflow = serde_json::from_value(stored).unwrap();
    let request = Run::calling(Stage::Picking).work().request.clone();
    let work = Work { attempt: 3, request, step: Step::Calling, tries: 0, lost: 0, repeats: 0 };
    let attempts = Attempts { picking: 3, ..Attempts::default() };
    let expected = Workflow { state: State::Picking(work), attempts, cancel_requested: false };
    assert_eq!(workflow, expected);
}

#[test]
fn a_robot_stage_without_its_data_cannot_be_read() {
    let good = serde_json::to_value(&Run::working(Stage::Baking).order.workflow).unwrap();
    let missing = |path: &[&str]| {
        let mut broken = good.clone();
        let (last, way) = path.split_last().unwrap();
        let parent = way.iter().fold(&mut broken, |value, name| &mut value[name]);
        assert!(parent.as_object_mut().unwrap().remove(*last).is_some());
        serde_json::from_value::<Workflow>(broken)
    };
    assert!(missing(&["state", "step", "job", "oven"]).is_err(), "a baking job without an oven");
    assert!(missing(&["state", "step", "job"]).is_err());
    assert!(missing(&["state", "step"]).is_err());
    assert!(missing(&["state", "attempt"]).is_err());
    assert!(missing(&["attempts"]).is_err());
    let unknown = json!({"state": {"name": "FRYING"}, "attempts": good["attempts"]});
    assert!(serde_json::from_value::<Workflow>(unknown).is_err());
}

#[test]
fn every_state_has_the_name_that_the_wire_and_the_database_use() {
    let names = [
        "ORDERED",
        "PICKING",
        "PREPPING",
        "BAKING",
        "DELIVERING",
        "COMPLETED",
        "ERROR",
        "CANCELLED",
    ];
    assert_eq!(Status::ALL.map(Status::as_str), names);
    for status in Status::ALL {
        assert_eq!(Status::parse(status.as_str()), Some(status));
        assert_eq!(serde_json::to_value(status).unwrap(), Value::from(status.as_str()));
        assert_eq!(status.to_string(), status.as_str());
    }
    assert_eq!(Status::parse("ordered"), None);
    assert_eq!(Status::parse("DELIVERED"), None);
    let stored = serde_json::to_value(State::Prepping { until: start() }).unwrap();
    assert_eq!(stored, json!({"name": "PREPPING", "until": "2025-12-17T16:00:00Z"}));
    assert_eq!(serde_json::to_value(Because::TimedOut).unwrap(), json!("timed_out"));
}
