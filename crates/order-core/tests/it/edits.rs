//! Contact and address may be changed until the drone is asked for.

use order_core::{Address, Command, Customer, Refusal, Request, Stage, Status};

use crate::support::{Run, address, customer, edit_address, rejected, silent, unknown};

fn edit_name(seen: i32) -> Command {
    let customer = Customer { name: "Jane Roe".into(), ..customer() };
    Command::Edit { seen, customer: Some(customer), address: None }
}

fn editable() -> Vec<Run> {
    let mut prepping = Run::working(Stage::Picking);
    prepping.complete();
    let early = [Stage::Picking, Stage::Baking].into_iter().flat_map(|stage| {
        [Run::calling(stage), Run::working(stage), Run::cancelling(stage), Run::stopped(stage)]
    });
    early.chain([Run::place(), prepping, Run::stopped(Stage::Delivering)]).collect()
}

#[test]
fn an_edit_changes_contact_and_address_and_nothing_of_the_work() {
    for mut run in editable() {
        let before = run.order.clone();
        run.command(edit_name(0)).unwrap();
        run.command(edit_address(1)).unwrap();
        assert_eq!(run.order.customer.name, "Jane Roe");
        assert_eq!(run.order.customer.email, before.customer.email);
        assert_eq!(run.order.address.street, "742 Evergreen Terrace");
        assert_eq!(run.order.edits, 2);
        assert_eq!(run.order.workflow, before.workflow);
        assert_eq!(run.order.wake_at, before.wake_at);
        assert_eq!(run.order.estimated_delivery, before.estimated_delivery);
        assert_eq!(run.order.version, before.version + 2);
    }
}

#[test]
fn the_history_tells_what_was_changed_and_no_contact_data() {
    let mut run = Run::place();
    run.command(edit_name(0)).unwrap();
    assert_eq!(run.last().note.as_deref(), Some("contact changed"));
    run.command(edit_address(1)).unwrap();
    assert_eq!(run.last().note.as_deref(), Some("address changed"));
    let both = Command::Edit { seen: 2, customer: Some(customer()), address: Some(address()) };
    run.command(both).unwrap();
    assert_eq!(run.last().note.as_deref(), Some("contact and address changed"));
    assert_eq!((run.last().from, run.last().to), (Some(Status::Ordered), Status::Ordered));
}

#[test]
fn an_edit_of_what_somebody_else_changed_since_is_refused() {
    for mut run in editable() {
        for seen in [-1, 1, 7] {
            let refusal = run.command(edit_address(seen)).unwrap_err();
            assert_eq!(refusal, Refusal::VersionMismatch { current: 0 });
        }
        run.command(edit_address(0)).unwrap();
        let refusal = run.command(edit_address(0)).unwrap_err();
        assert_eq!(refusal, Refusal::VersionMismatch { current: 1 });
    }
}

#[test]
fn progress_of_the_work_does_not_outdate_an_editor() {
    let mut run = Run::working(Stage::Baking);
    assert!(run.order.version > 1);
    run.command(edit_address(0)).unwrap();
    assert_eq!(run.order.edits, 1);
}

#[test]
fn it_is_too_late_for_an_edit_once_the_drone_is_asked_for() {
    let mut completed = Run::working(Stage::Delivering);
    completed.complete();
    let mut cancelled = Run::place();
    cancelled.command(Command::Cancel).unwrap();
    let delivering =
        [Run::calling, Run::working, Run::cancelling].map(|make| make(Stage::Delivering));
    for mut run in delivering.into_iter().chain([completed, cancelled]) {
        let refusal = run.command(edit_address(0)).unwrap_err();
        assert_eq!(refusal, Refusal::NotEditable(run.order.status()));
    }
}

#[test]
fn the_drone_goes_to_the_address_as_it_is_when_the_delivery_begins() {
    let mut run = Run::working(Stage::Baking);
    run.command(edit_address(0)).unwrap();
    run.complete();
    let (_, Request::Deliver { destination, .. }) = run.call() else { panic!() };
    assert_eq!(destination, Address { street: "742 Evergreen Terrace".into(), ..address() });
}

#[test]
fn a_refused_address_can_be_mended_more_than_once() {
    let mut run = Run::calling(Stage::Delivering);
    for seen in 0..3 {
        run.answer(rejected("ADDRESS_REFUSED"));
        run.command(edit_address(seen)).unwrap();
        assert_eq!(run.failure().code, "ADDRESS_REFUSED");
        run.recover(order_core::RecoveryAction::Retry);
    }
    run.accept().complete();
    assert_eq!(run.order.status(), Status::Completed);
}

#[test]
fn contact_data_never_shows_in_debug_output() {
    let run = Run::calling(Stage::Delivering);
    let shown = format!("{:?}", run.order);
    for secret in ["Jane", "jane@", "555", "Main St", "Springfield", "62701"] {
        assert!(!shown.contains(secret), "{secret} shows in {shown}");
    }
}

#[test]
fn the_address_of_a_drone_that_may_be_under_way_stays() {
    for mut run in [unknown(Stage::Delivering), silent(Stage::Delivering)] {
        let refusal = run.command(edit_address(0)).unwrap_err();
        assert_eq!(refusal, Refusal::NotEditable(Status::Error));
    }
}
