//! What an order costs when many are stored already.

use anyhow::Result;

use super::{CONNECTIONS, creates, for_a_while, life, reads};
use crate::bed::Bed;
use crate::database::Kind;
use crate::load::{Load, Measured, Until};
use crate::report::{Line, Report};

/// Few enough that they hardly add to what is stored.
const CREATES: u64 = 20_000;
const LIVES: u64 = 5_000;

/// The figures of one size: a name and a unit, and how they were with the fewest orders.
const FIGURES: [(&str, &str); 7] = [
    ("create", "/s"),
    ("create p50", "ms"),
    ("create p99", "ms"),
    ("status", "/s"),
    ("status p50", "ms"),
    ("status p99", "ms"),
    ("whole life without calls", "orders/s"),
];

pub(super) async fn run(bed: &Bed, kind: Kind, report: &mut Report) -> Result<()> {
    let sizes = [1_000, 100_000, 1_000_000];
    let mut first: Option<Vec<Vec<f64>>> = None;
    for (size, name) in sizes.into_iter().zip(["1,000", "100,000", "1,000,000"]) {
        if bed.quick && size > 100_000 {
            break;
        }
        let figures = with_stored(bed, kind, size).await?;
        for (index, ((figure, unit), samples)) in FIGURES.into_iter().zip(&figures).enumerate() {
            let line = Line::new(kind, format!("{figure}, {name} stored"), unit, samples.clone());
            report.add(match &first {
                Some(first) => line.beside("1,000 stored", first[index].clone()),
                None => line,
            });
        }
        first.get_or_insert(figures);
    }
    Ok(())
}

/// The samples of each of [`FIGURES`].
async fn with_stored(bed: &Bed, kind: Kind, stored: u64) -> Result<Vec<Vec<f64>>> {
    let database = bed.database(kind).await?;
    database.fill_delivered(stored).await?;
    let mut figures = vec![Vec::new(); FIGURES.len()];
    let shop = bed.counter(&database).await?;
    for _ in 0..bed.rounds() {
        let load = for_a_while(bed, shop.port, CONNECTIONS, 200);
        add(&mut figures[3..], &load.run(reads(stored)?).await?);
    }
    shop.process.kill().await?;
    for _ in 0..bed.rounds() {
        figures[6].push(life::without_calls(&database, LIVES).await?);
    }
    // Last, since nobody works on these orders.
    let shop = bed.counter(&database).await?;
    for _ in 0..bed.rounds() {
        let until = Until::Count(CREATES);
        let load = Load { port: shop.port, connections: CONNECTIONS, until, status: 201 };
        add(&mut figures, &load.run(creates()).await?);
    }
    shop.process.kill().await?;
    database.remove().await?;
    Ok(figures)
}

fn add(figures: &mut [Vec<f64>], measured: &Measured) {
    let samples = [measured.rate, measured.quantile(0.5), measured.quantile(0.99)];
    for (figure, sample) in figures.iter_mut().zip(samples) {
        figure.push(sample);
    }
}
