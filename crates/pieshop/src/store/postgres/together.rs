//! Reads of single orders in groups: whoever asks while a question is under way shares the next
//! one, as writers share a commit.

use std::collections::HashMap;
use std::sync::Arc;

use sqlx::Row;
use sqlx::postgres::{PgPool, PgRow};
use tokio::sync::{Mutex, mpsc, oneshot};
use uuid::Uuid;

use super::statements::WITH_HISTORY;

/// Questions under way at once.
const AT_ONCE: usize = 2;
/// Orders in one question.
const LARGEST: usize = 100;

/// Asks for orders with their histories.
pub(super) struct Together {
    pool: PgPool,
    queue: mpsc::Sender<Asked>,
}

struct Asked {
    id: Uuid,
    answer: oneshot::Sender<Option<PgRow>>,
}

impl Together {
    /// Begins to answer; ends when this value is dropped.
    pub(super) fn start(pool: PgPool) -> Self {
        let (queue, asked) = mpsc::channel(LARGEST);
        let asked = Arc::new(Mutex::new(asked));
        for _ in 0..AT_ONCE {
            tokio::spawn(answer_all(pool.clone(), asked.clone()));
        }
        Self { pool, queue }
    }

    /// The order of this id with its history.
    pub(super) async fn ask(&self, id: Uuid) -> sqlx::Result<Option<PgRow>> {
        let (answer, answered) = oneshot::channel();
        if self.queue.send(Asked { id, answer }).await.is_ok()
            && let Ok(row) = answered.await
        {
            return Ok(row);
        }
        // The question that this one shared has failed: alone, it gets an error of its own.
        sqlx::query(WITH_HISTORY).bind([id]).fetch_optional(&self.pool).await
    }
}

async fn answer_all(pool: PgPool, queue: Arc<Mutex<mpsc::Receiver<Asked>>>) {
    let mut asked = Vec::with_capacity(LARGEST);
    while queue.lock().await.recv_many(&mut asked, LARGEST).await > 0 {
        let mut waiting: HashMap<Uuid, Vec<_>> = HashMap::with_capacity(asked.len());
        let ids: Vec<Uuid> = asked.iter().map(|it| it.id).collect();
        for Asked { id, answer } in asked.drain(..) {
            waiting.entry(id).or_default().push(answer);
        }
        // Whoever gets no answer asks alone.
        let Ok(rows) = sqlx::query(WITH_HISTORY).bind(ids).fetch_all(&pool).await else { continue };
        for row in rows {
            let id = row.try_get("id").unwrap_or_default();
            if let Some(answer) = waiting.get_mut(&id).and_then(Vec::pop) {
                // Whoever has given up waiting needs no answer.
                let _ = answer.send(Some(row));
            }
        }
        for answer in waiting.into_values().flatten() {
            let _ = answer.send(None);
        }
    }
}
