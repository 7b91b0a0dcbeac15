//! Customers: each orders one pie and asks again until it is known what became of it.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use chrono::TimeDelta;
use order_core::{Address, Customer, OrderId, Recipe};
use pieshop::catalog::{Catalog, EmbeddedCatalog};
use pieshop::orchestrator::{CommandError, WriteError};
use pieshop::store::{FirstAnswer, IdempotencyKey};
use tokio::time::sleep;

use super::{Deed, act, request};
use crate::fate::Fault;
use crate::world::{Who, World};

/// Nobody asks again later than this after the first time: keys are not kept for ever.
const PERSISTENCE: TimeDelta = TimeDelta::minutes(10);
/// How many customers take an order back.
const REGRET: f64 = 0.15;

/// What can be ordered: the catalog's pies, and one that nobody here can prepare.
static MENU: LazyLock<Vec<Arc<Recipe>>> = LazyLock::new(|| {
    let catalog = EmbeddedCatalog::default();
    let mut pies: Vec<_> =
        ["apple", "cherry", "pumpkin"].into_iter().filter_map(|pie| catalog.find(pie)).collect();
    let strange = pies.first().map(|apple| {
        let prep_steps = vec!["wash_fruit".to_owned(), "sing_to_it".to_owned()];
        Arc::new(Recipe { pie_type: "strange".into(), prep_steps, ..(**apple).clone() })
    });
    pies.extend(strange);
    pies
});

/// What a customer wants.
struct Wish {
    number: u32,
    customer: Customer,
    address: Address,
    recipe: Arc<Recipe>,
}

/// Orders a pie at some time, and perhaps takes it back.
pub(crate) async fn customer(world: Arc<World>, number: u32, until: Duration) {
    sleep(until.mul_f64(world.fate.fraction())).await;
    let Some(wish) = Wish::of(&world, number) else { return };
    let Some(id) = order(&world, &Arc::new(wish)).await else { return };
    if world.fate.chance(REGRET) {
        sleep(world.fate.secs(0..5400)).await;
        if !world.fate.is_calm() {
            act(&world, id, Deed::Cancel).await;
        }
    }
}

/// Asks until it is known what became of it.
async fn order(world: &Arc<World>, wish: &Arc<Wish>) -> Option<OrderId> {
    let (who, fate, number) = (Who::Person("customer"), &world.fate, wish.number);
    let key = fate.chance(0.9).then(|| fate.bytes());
    let begin = world.age();
    let (mut first, mut two_bodies) = (true, false);
    loop {
        let other = key.is_some() && fate.strikes(Fault::OtherBody);
        two_bodies |= other;
        let body = if other { [2; 32] } else { [1; 32] };
        let key = key.map(|key| IdempotencyKey { key, body });
        if key.is_some() && fate.strikes(Fault::TwoAtOnce) {
            let (world, wish) = (world.clone(), wish.clone());
            tokio::spawn(async move { wish.ask(&world, key, false).await });
            first = false;
        }
        match wish.ask(world, key, first).await {
            Some(Ok(answer)) => {
                world.tell(who, Some(answer.id), || format!("{number} has ordered"));
                return Some(answer.id);
            }
            Some(Err(CommandError::KeyConflict)) => {
                let rule = "only another body makes a key conflict";
                world.hold(None, two_bodies, rule);
                return None;
            }
            Some(Err(error)) => world.tell(who, None, || format!("{number}: {error}")),
            None => world.tell(who, None, || format!("{number} hears nothing")),
        }
        first = false;
        // Without a key, nobody knows whether asking again would order twice.
        if key.is_none() || world.age() - begin > PERSISTENCE || fate.is_calm() {
            return None;
        }
        sleep(fate.secs(0..20)).await;
    }
}

impl Wish {
    fn of(world: &World, number: u32) -> Option<Self> {
        let bad = world.fate.strikes(Fault::BadRow);
        let customer = Customer {
            name: format!("Customer {number}{}", if bad { "\0" } else { "" }),
            email: format!("customer{number}@example.com"),
            phone: "+1-555-0123".into(),
        };
        let (street, city) = ("1 Main St".into(), "Springfield".into());
        let address = Address { street, city, state: "IL".into(), zip: "62701".into() };
        Some(Self { number, customer, address, recipe: choose(world)? })
    }

    /// Asks once. `first`: nobody has asked for it before.
    async fn ask(
        &self,
        world: &Arc<World>,
        key: Option<IdempotencyKey>,
        first: bool,
    ) -> Option<Result<FirstAnswer, CommandError>> {
        let Self { customer, address, recipe, .. } = self;
        let asked = request(world, async |orders| {
            let placed = orders.place(customer.clone(), address.clone(), recipe.clone(), key).await;
            match (&placed, key) {
                (Ok(answer), _) => {
                    world.watch(Some(answer.id), |witness, _| witness.acknowledged(answer, key));
                }
                (Err(CommandError::Write(WriteError::NotStored(_))), Some(key)) if first => {
                    world.watch(None, |witness, _| witness.refused(key.key));
                }
                _ => {}
            }
            placed
        });
        asked.await
    }
}

fn choose(world: &World) -> Option<Arc<Recipe>> {
    let last = MENU.len().checked_sub(1)?;
    let strange = !world.fate.is_calm() && world.fate.chance(0.03);
    MENU.get(if strange { last } else { world.fate.below(last) }).cloned()
}
