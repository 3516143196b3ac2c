//! Rollup files: one gzip member a day, one after the other, so that a day is appended, found, read and replaced
//! without touching the others. To `zcat` they are ordinary files.

use super::rollup_line;
use crate::base::files::write_durable;
use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

/// How a gzip member begins: its mark and the method.
const MAGIC: &[u8] = &[0x1f, 0x8b, 8];

/// Where a day's member lies in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// From this byte on …
    pub(super) offset: u64,
    /// … so many.
    pub(super) length: u64,
}

impl Place {
    /// The byte after the member.
    pub(super) fn end(self) -> u64 {
        self.offset.saturating_add(self.length)
    }
}

/// One member.
pub(super) fn compress(text: &str) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(4));
    encoder.write_all(text.as_bytes())?;
    encoder.finish()
}

/// Writes a member at `end`; what lies behind is the remains of a run that was killed. The disk has it before the
/// index says so.
pub(super) fn append(path: &Path, end: u64, member: &[u8]) -> io::Result<Place> {
    let file = File::options()
        .create(true)
        .read(true)
        .write(true)
        .truncate(false)
        .custom_flags(i32::from_ne_bytes(OFlags::NOFOLLOW.bits().to_ne_bytes()))
        .open(path)?;
    file.set_len(end)?;
    file.write_all_at(member, end)?;
    file.sync_data()?;
    Ok(Place { offset: end, length: member.len() as u64 })
}

/// Writes a file anew from members that it has and members that are new, in this order.
pub(super) fn rewrite(path: &Path, members: &[Member<'_>]) -> io::Result<Vec<Place>> {
    let mut bytes = Vec::new();
    let mut places = Vec::new();
    for member in members {
        let offset = bytes.len() as u64;
        match member {
            Member::Present(place) => bytes.extend(raw(path, *place)?),
            Member::New(member) => bytes.extend_from_slice(member),
        }
        places.push(Place { offset, length: bytes.len() as u64 - offset });
    }
    write_durable(path, &bytes)?;
    Ok(places)
}

/// A member of a file that is written anew.
pub(super) enum Member<'a> {
    /// It has it already.
    Present(Place),
    /// It is new.
    New(&'a [u8]),
}

fn raw(path: &Path, place: Place) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let length = usize::try_from(place.length).map_err(io::Error::other)?;
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, place.offset)?;
    Ok(bytes)
}

/// The lines of a member.
pub(super) fn lines(path: &Path, place: Place) -> io::Result<impl BufRead> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(place.offset))?;
    Ok(BufReader::new(GzDecoder::new(BufReader::new(file.take(place.length)))))
}

/// The whole members from a byte on, each with the time of its first line: what an index that was lost knew.
/// What lies between them and is none is passed over.
pub(super) fn scan(path: &Path, from: u64) -> io::Result<Vec<(i64, Place)>> {
    let bytes = fs_err::read(path)?;
    let mut found = Vec::new();
    let mut offset = usize::try_from(from).unwrap_or(usize::MAX);
    while let Some(rest) = bytes.get(offset..).filter(|rest| !rest.is_empty()) {
        if let Some((time, length)) = member_at(rest) {
            found.push((time, Place { offset: offset as u64, length: length as u64 }));
            offset += length;
        } else {
            let next = rest[1..].windows(MAGIC.len()).position(|window| window == MAGIC);
            offset += next.map_or(rest.len(), |next| next + 1);
        }
    }
    Ok(found)
}

/// The time of the first line and the length of the member at the start of `bytes`.
fn member_at(bytes: &[u8]) -> Option<(i64, usize)> {
    let mut rest = bytes;
    let mut member = BufReader::new(GzDecoder::new(&mut rest));
    let mut first = Vec::new();
    member.read_until(b'\n', &mut first).ok()?;
    io::copy(&mut member, &mut io::sink()).ok()?;
    Some((rollup_line::time(&first)?, bytes.len() - rest.len()))
}
