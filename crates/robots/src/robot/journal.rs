//! The journal: one JSON line a fact, appended and synced before anybody is told.
//!
//! One thread writes. Whatever queued up while it synced is the next group, so that many answers
//! share one sync and nothing waits for a timer.

use std::sync::mpsc::{self, Receiver, Sender};
use std::{fs, fs::File, io, io::Write, path::Path, thread, thread::JoinHandle};

use anyhow::{Context, Result};
use tokio::sync::watch;

use super::state::{Fact, State};
use crate::{http::Checked, http::Refusal, trade::Trade};

/// The facts of a robot: their sum, and the file that keeps them if there is one.
pub(crate) struct Journal {
    pub(crate) state: State,
    /// `None` where nothing is kept.
    lines: Option<Sender<Line>>,
    /// The number of the last line that is durable.
    durable: watch::Receiver<u64>,
    writer: Option<JoinHandle<()>>,
}

/// The bytes, and whether somebody waits for them to be synced.
type Line = (Vec<u8>, bool);

impl Journal {
    /// Opens the file for this process alone, making it where there is none, and reads it back.
    /// Without a directory everything is forgotten when the journal is dropped.
    pub(crate) fn open(directory: Option<&Path>, trade: &'static Trade) -> Result<Self> {
        let Some(directory) = directory else {
            let durable = watch::channel(u64::MAX).1;
            return Ok(Self { state: State::new(trade), lines: None, durable, writer: None });
        };
        let path = directory.join(trade.name).with_extension("jsonl");
        let place = path.display();
        let unusable = || format!("cannot use {place}; stop who has it or choose another --data");
        let (file, bytes) = open_file(directory, &path).with_context(unusable)?;
        let (state, length) = replay(&bytes, trade).with_context(|| place.to_string())?;
        file.set_len(length)?;

        let ((lines, queue), (synced, durable)) = (mpsc::channel(), watch::channel(state.facts));
        let writer = thread::spawn(move || write(file, length, &queue, &synced));
        Ok(Self { state, lines: Some(lines), durable, writer: Some(writer) })
    }

    /// Adds a fact to the state and to the next group. `awaited` says whether it must be synced.
    pub(crate) fn record(&mut self, fact: Fact, awaited: bool) -> Checked<()> {
        if let Some(lines) = &self.lines {
            let mut bytes = serde_json::to_vec(&fact)?;
            bytes.push(b'\n');
            lines.send((bytes, awaited)).map_err(|_| Refusal::Unavailable)?;
        }
        self.state.apply(fact);
        Ok(())
    }

    /// Waits until all facts so far are durable: nobody is told of what might still be lost. Once
    /// the file could not be written, the robot has to be started again.
    pub(crate) fn settled(&self) -> impl Future<Output = Checked<()>> + use<> {
        let (mut durable, facts) = (self.durable.clone(), self.state.facts);
        async move {
            let settled = durable.wait_for(|durable| *durable >= facts).await;
            settled.map(drop).map_err(|_| Refusal::Unavailable)
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.lines = None;
        // The writer ends with the queue; only then is the file free for others.
        let _ = self.writer.take().map(JoinHandle::join);
    }
}

/// Opens a file that no other process has, makes its name durable and reads it.
fn open_file(directory: &Path, path: &Path) -> io::Result<(File, Vec<u8>)> {
    fs::create_dir_all(directory)?;
    let file = File::options().append(true).create(true).open(path)?;
    file.try_lock()?;
    File::open(directory)?.sync_all()?;
    Ok((file, fs::read(path)?))
}

/// Adds up the facts and says how many bytes are good. A last line that was torn by a crash was
/// never acknowledged and is dropped.
fn replay(bytes: &[u8], trade: &'static Trade) -> Result<(State, u64)> {
    let (mut state, mut length) = (State::new(trade), 0);
    let mut lines = bytes.split_inclusive(|byte| *byte == b'\n').peekable();
    while let Some(line) = lines.next() {
        let number = state.facts + 1;
        match serde_json::from_slice(line) {
            Ok(fact) if line.ends_with(b"\n") => state.apply(fact),
            _ if lines.peek().is_none() => {
                tracing::warn!("dropped line {number}, the last of the journal: it was torn");
                break;
            }
            other => drop(other.context(format!("line {number} is damaged; restore the file"))?),
        }
        length += line.len() as u64;
    }
    Ok((state, length))
}

fn write(mut file: File, mut length: u64, queue: &Receiver<Line>, durable: &watch::Sender<u64>) {
    while let Ok((mut group, mut awaited)) = queue.recv() {
        let mut lines = 1;
        for (bytes, more) in queue.try_iter() {
            group.extend(bytes);
            awaited |= more;
            lines += 1;
        }
        let sync = |file: &File| if awaited { file.sync_data() } else { Ok(()) };
        if let Err(error) = file.write_all(&group).and_then(|()| sync(&file)) {
            // Whoever opens the file next must not find half of the group.
            let undone = file.set_len(length);
            tracing::error!(%error, ?undone, "cannot write the journal; make room, start again");
            break;
        }
        length += group.len() as u64;
        durable.send_modify(|durable| *durable += lines);
    }
    // A process that is just being started from this one has the handle too, and with it the lock.
    let _ = file.unlock();
}
