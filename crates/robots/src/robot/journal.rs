//! The journal: one JSON line a fact, appended and synced before anybody is told.
//!
//! One thread writes. Whatever queued up while it synced is the next group, so that many answers
//! share one sync and nothing waits for a timer.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, BufRead, BufReader, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::mpsc,
    thread::{self, JoinHandle},
};

use tokio::sync::watch;

use super::{OpenError, state::State};

/// More than this is not written in one go, in bytes.
const GROUP_LIMIT: usize = 1 << 20;

/// The writing end of a journal file that this process has for itself. After a failed write it is
/// *over*: it takes nothing more and has to be opened anew.
pub(super) struct Journal {
    lines: Option<mpsc::Sender<Line>>,
    /// How many lines are durable.
    durable: watch::Receiver<u64>,
    writer: Option<JoinHandle<()>>,
}

struct Line {
    bytes: Vec<u8>,
    sync: bool,
}

/// Waits until a line is durable.
pub(super) struct Ticket {
    durable: watch::Receiver<u64>,
    line: u64,
}

impl Journal {
    /// Opens the file, making it where there is none, and reads it back. A last line that was torn by
    /// a crash was never acknowledged and is dropped.
    pub(super) fn open(path: &Path) -> Result<(Self, State), OpenError> {
        let unusable = |source| OpenError::Data { path: path.to_owned(), source };
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory).map_err(unusable)?;
        }
        let mut options = OpenOptions::new();
        let mut file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(OpenError::Locked(path.to_owned())),
            Err(TryLockError::Error(error)) => return Err(unusable(error)),
        }
        let (state, length) = replay(&file, path)?;
        file.set_len(length)
            .and_then(|()| file.seek(SeekFrom::Start(length)))
            .and_then(|_| file.sync_all())
            .and_then(|()| sync_directory(path))
            .map_err(unusable)?;

        let (lines, queue) = mpsc::channel();
        let (synced, durable) = watch::channel(state.facts);
        let path = path.to_owned();
        let writer = thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || write(file, length, &path, &queue, &synced))
            .map_err(|source| OpenError::Data { path: PathBuf::from("a thread"), source })?;
        Ok((Self { lines: Some(lines), durable, writer: Some(writer) }, state))
    }

    /// Queues a line for the next group. `sync` says whether somebody waits for it.
    pub(super) fn append(&self, bytes: Vec<u8>, sync: bool) {
        if let Some(lines) = &self.lines {
            // Fails when the journal is over; whoever waits for the line hears of it.
            let _ = lines.send(Line { bytes, sync });
        }
    }

    pub(super) fn ticket(&self, line: u64) -> Ticket {
        Ticket { durable: self.durable.clone(), line }
    }

    pub(super) fn is_over(&self) -> bool {
        self.durable.has_changed().is_err()
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        drop(self.lines.take());
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

impl Ticket {
    /// Whether the line became durable; `false` when it is lost.
    pub(super) async fn kept(mut self) -> bool {
        self.durable.wait_for(|durable| *durable >= self.line).await.is_ok()
    }
}

/// Adds up the facts in the file and says where the last good line ends, in bytes.
fn replay(file: &File, path: &Path) -> Result<(State, u64), OpenError> {
    let mut state = State::default();
    let mut reader = BufReader::new(file);
    let (mut length, mut number, mut bad) = (0, 0, None);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = reader
            .read_until(b'\n', &mut line)
            .map_err(|source| OpenError::Data { path: path.to_owned(), source })?;
        match bad.take() {
            Some(reason) if read > 0 => {
                return Err(OpenError::Corrupt { path: path.to_owned(), line: number, reason });
            }
            Some(_) => {
                tracing::warn!(journal.path = %path.display(), journal.line = number,
                    "dropped the torn last line of the journal");
                return Ok((state, length));
            }
            None if read == 0 => return Ok((state, length)),
            None => {}
        }
        number += 1;
        match serde_json::from_slice(&line) {
            Ok(fact) if line.ends_with(b"\n") => {
                state.apply(fact);
                length += u64::try_from(read).unwrap_or_default();
            }
            Ok(_) => bad = Some("the line has no end".to_owned()),
            Err(error) => bad = Some(error.to_string()),
        }
    }
}

fn write(
    mut file: File,
    mut length: u64,
    path: &Path,
    queue: &mpsc::Receiver<Line>,
    durable: &watch::Sender<u64>,
) {
    let mut lines = *durable.borrow();
    while let Ok(mut line) = queue.recv() {
        let mut group = Vec::new();
        let mut sync = false;
        loop {
            lines += 1;
            sync |= line.sync;
            group.append(&mut line.bytes);
            if group.len() >= GROUP_LIMIT {
                break;
            }
            match queue.try_recv() {
                Ok(next) => line = next,
                Err(_) => break,
            }
        }
        if let Err(error) = append(&mut file, &group, sync) {
            // What was written of the group must not be found by whoever opens the file next.
            let undone = file.set_len(length);
            tracing::error!(journal.path = %path.display(), error = %error,
                undone = undone.is_ok(), "cannot write the journal");
            return;
        }
        length += u64::try_from(group.len()).unwrap_or_default();
        if sync {
            durable.send_replace(lines);
        }
    }
}

fn append(file: &mut File, group: &[u8], sync: bool) -> io::Result<()> {
    file.write_all(group)?;
    if sync { file.sync_data() } else { Ok(()) }
}

/// Makes a new file's name durable.
fn sync_directory(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(directory) if !directory.as_os_str().is_empty() => File::open(directory)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}
