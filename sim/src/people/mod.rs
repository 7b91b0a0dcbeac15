//! People: they order, cancel, edit and recover, and ask again when they get no answer.

mod administrators;
mod customers;

use std::sync::Arc;
use std::time::Duration;

use order_core::{Address, Command, Customer, Order, OrderId, RecoveryAction};
use pieshop::orchestrator::{CommandError, Orders};
use tokio::time::sleep;

pub(crate) use administrators::administer;
pub(crate) use customers::customer;

use crate::fate::{Fate, Fault};
use crate::world::{Who, World};

/// A request is given up after this time, as the service's front does.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// What somebody may do to an order.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Deed {
    Cancel,
    Edit,
    Recover(RecoveryAction),
}

/// What somebody is tempted to do at this moment, more so where an order has `failed`.
pub(crate) fn temptation(fate: &Fate, failed: bool) -> Option<Deed> {
    let occasions = if failed { 8 } else { 1 };
    if fate.strikes(Fault::Cancel) {
        Some(Deed::Cancel)
    } else if fate.strikes(Fault::Edit) {
        Some(Deed::Edit)
    } else if (0..occasions).any(|_| fate.strikes(Fault::Recovery)) {
        Some(Deed::Recover(action(fate)))
    } else {
        None
    }
}

/// Does it, through any worker, once.
pub(crate) async fn act(world: &Arc<World>, id: OrderId, deed: Deed) {
    let who = match deed {
        Deed::Cancel => Who::Person("customer"),
        Deed::Edit | Deed::Recover(_) => Who::Person("administrator"),
    };
    world.tell(who, Some(id), || format!("asks for {deed:?}"));
    let told = request(world, async |orders| {
        let command = match deed {
            Deed::Cancel => Command::Cancel,
            Deed::Recover(action) => Command::Recover { action, note: Some("sorry".into()) },
            Deed::Edit => match orders.store.order(id).await {
                Ok(Some(stored)) => edit(world, &stored.order),
                _ => return "cannot read the order".to_owned(),
            },
        };
        world.watch(Some(id), |witness, _| {
            witness.asked(Some(id));
            Ok(())
        });
        let done = orders.command(id, command).await;
        if let Ok(order) = &done {
            let cancels = matches!(deed, Deed::Cancel);
            world.watch(Some(id), |witness, _| witness.done(order, cancels));
        }
        outcome(&done)
    });
    let told = told.await;
    world.tell(who, Some(id), || told.unwrap_or_else(|| "hears nothing".into()));
}

fn outcome(done: &Result<Order, CommandError>) -> String {
    match done {
        Ok(order) => format!("is told: done, version {}", order.version),
        Err(error) => format!("is told: {error}"),
    }
}

fn edit(world: &World, order: &Order) -> Command {
    let Customer { email, phone, .. } = order.customer.clone();
    let bad = world.fate.strikes(Fault::BadRow);
    let name = format!("somebody{}{}", order.edits + 1, if bad { "\0" } else { "" });
    let contact = world.fate.chance(0.6).then_some(Customer { name, email, phone });
    let address =
        Address { street: format!("{} Main St", order.edits + 2), ..order.address.clone() };
    let address = (contact.is_none() || world.fate.chance(0.3)).then_some(address);
    let stale = i32::from(order.edits > 0 && world.fate.chance(0.1));
    Command::Edit { seen: order.edits - stale, customer: contact, address }
}

fn action(fate: &Fate) -> RecoveryAction {
    let all = [RecoveryAction::Retry, RecoveryAction::Skip, RecoveryAction::Close];
    fate.one_of(&[all[0], all[0], all[0], all[1], all[2]]).unwrap_or(RecoveryAction::Retry)
}

/// Asks any worker; `None` without an answer: nobody is there, the worker died, the connection
/// broke, or it took too long. Then it is not known what became of it.
pub(crate) async fn request<T>(
    world: &Arc<World>,
    ask: impl AsyncFnOnce(&Orders) -> T,
) -> Option<T> {
    let slot = world.fate.below(world.plan.workers as usize);
    let worker = world.worker(slot).filter(|worker| !worker.process.dead.is_cancelled())?;
    sleep(world.fate.millis(1..30)).await;
    let patience = if world.fate.strikes(Fault::Disconnect) {
        world.fate.millis(1..500)
    } else {
        REQUEST_TIMEOUT
    };
    let answer = tokio::select! {
        biased;
        () = worker.process.dead.cancelled() => None,
        () = sleep(patience) => None,
        answer = ask(&worker.orchestrator.orders) => Some(answer),
    };
    sleep(world.fate.millis(1..30)).await;
    answer.filter(|_| !world.fate.strikes(Fault::Disconnect))
}
