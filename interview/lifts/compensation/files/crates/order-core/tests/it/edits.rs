//! Contact and address may be changed until the drone is asked for.

use order_core::{Address, Refusal, Request, Status};

use crate::support::{Run, address};

fn editable() -> Vec<Run> {
    let mut prepping = Run::working(Status::Picking);
    prepping.complete();
    let early = [Status::Picking, Status::Baking]
        .into_iter()
        .flat_map(|stage| [Run::calling(stage), Run::working(stage), Run::stopped(stage)]);
    early.chain([Run::place(), prepping]).collect()
}

#[test]
fn an_edit_changes_contact_and_address_and_nothing_of_the_work() {
    for mut run in editable() {
        let before = run.order.clone();
        run.edit_name().unwrap();
        run.edit_address().unwrap();
        assert_eq!(run.order.customer.name, "Jane Roe");
        assert_eq!(run.order.customer.email, before.customer.email);
        assert_eq!(run.order.address.street, "742 Evergreen Terrace");
        assert_eq!(run.order.state(), before.state());
        assert_eq!(run.order.wake_at, before.wake_at);
        assert_eq!(run.order.estimated_delivery, before.estimated_delivery);
        assert_eq!(run.order.version, before.version + 2);
    }
}

#[test]
fn it_is_too_late_for_an_edit_once_the_drone_is_asked_for() {
    let mut completed = Run::working(Status::Delivering);
    completed.complete();
    for mut run in [Run::calling(Status::Delivering), Run::working(Status::Delivering), completed] {
        let refusal = run.edit_address().unwrap_err();
        assert_eq!(refusal, Refusal(run.order.status()));
    }
}

#[test]
fn the_drone_goes_to_the_address_as_it_is_when_the_delivery_begins() {
    let mut run = Run::working(Status::Baking);
    run.edit_address().unwrap();
    run.complete();
    let (_, Request::Deliver { destination, .. }) = run.call() else { panic!() };
    assert_eq!(destination, Address { street: "742 Evergreen Terrace".into(), ..address() });
}

#[test]
fn the_history_tells_of_the_change_and_holds_no_contact_data() {
    let mut run = Run::place();
    run.edit_name().unwrap();
    assert_eq!(run.last().note.as_deref(), Some("contact or address changed"));
    assert_eq!((run.last().from, run.last().to), (Some(Status::Ordered), Status::Ordered));
}

#[test]
fn contact_data_never_shows_in_debug_output() {
    let run = Run::calling(Status::Delivering);
    let shown = format!("{:?}", run.order);
    for secret in ["Jane", "jane@", "555", "Main St", "Springfield", "62701"] {
        assert!(!shown.contains(secret), "{secret} shows in {shown}");
    }
}
