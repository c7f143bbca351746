//! MODE Z (draft-preston-ftpext-deflate): the data connection's bytes as one zlib stream (RFC 1950). Out of scope: when to
//! ask for it; that is a site's choice, and the files' for which it pays ([`pays`]).

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use crate::ftp::ascii::has_extension;

/// What is wrong with a compressed stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// These are no compressed bytes.
    Garbage,
    /// The bytes ended before the stream did.
    Cut,
}

/// Unpacks a stream, in bounded memory whatever it holds.
#[derive(Debug)]
pub struct Inflater {
    stream: Decompress,
    packed: Vec<u8>,
    /// So much of `packed` is unpacked already.
    used: usize,
    begun: bool,
    ended: bool,
}

/// Packs a stream.
#[derive(Debug)]
pub struct Deflater {
    stream: Compress,
}

impl Default for Inflater {
    fn default() -> Self {
        Self { stream: Decompress::new(true), packed: Vec::new(), used: 0, begun: false, ended: false }
    }
}

impl Inflater {
    /// Takes packed bytes; they are unpacked by [`Inflater::pull`].
    pub fn push(&mut self, bytes: &[u8]) {
        self.packed.drain(..self.used);
        self.used = 0;
        self.packed.extend_from_slice(bytes);
        self.begun |= !bytes.is_empty();
    }

    /// Unpacks as much as fits; 0 = it needs more packed bytes.
    ///
    /// # Errors
    /// [`Damage::Garbage`].
    pub fn pull(&mut self, out: &mut [u8]) -> Result<usize, Damage> {
        if self.ended || out.is_empty() {
            return Ok(0);
        }
        let (read, written) = (self.stream.total_in(), self.stream.total_out());
        let status = self.stream.decompress(&self.packed[self.used..], out, FlushDecompress::None);
        self.used += step(self.stream.total_in(), read);
        match status {
            Ok(Status::StreamEnd) => self.ended = true,
            Ok(Status::Ok | Status::BufError) => {}
            Err(_) => return Err(Damage::Garbage),
        }
        Ok(step(self.stream.total_out(), written))
    }

    /// The packed bytes have ended: whether that is the end of the stream. No bytes at all are an empty file.
    ///
    /// # Errors
    /// [`Damage::Cut`].
    pub fn finish(&self) -> Result<(), Damage> {
        if self.ended || !self.begun { Ok(()) } else { Err(Damage::Cut) }
    }
}

impl Default for Deflater {
    fn default() -> Self {
        // Level 6: zlib's own default, several times as fast as the best one and nearly as small.
        Self { stream: Compress::new(Compression::new(6), true) }
    }
}

impl Deflater {
    /// Appends what the bytes become, as far as it is known yet.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let mut rest = bytes;
        while !rest.is_empty() {
            out.reserve(CHUNK);
            let read = self.stream.total_in();
            self.stream.compress_vec(rest, out, FlushCompress::None).ok();
            rest = &rest[step(self.stream.total_in(), read)..];
        }
    }

    /// Appends the end of the stream.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        loop {
            out.reserve(CHUNK);
            match self.stream.compress_vec(&[], out, FlushCompress::Finish) {
                Ok(Status::Ok | Status::BufError) => {}
                Ok(Status::StreamEnd) | Err(_) => return,
            }
        }
    }
}

/// Whether a file of that name is likely to shrink. What is packed already (pictures, films, archives) is not.
pub fn pays(name: &[u8]) -> bool {
    has_extension(name, TEXTS)
}

fn step(now: u64, before: u64) -> usize {
    usize::try_from(now - before).unwrap_or(usize::MAX)
}

const CHUNK: usize = 32 * 1024;

#[rustfmt::skip]
const TEXTS: &[&str] = &[
    "txt", "text", "log", "md", "csv", "tsv", "json", "jsonl", "ndjson", "geojson", "xml", "xsd", "xsl", "html", "htm", "xhtml",
    "css", "js", "mjs", "ts", "jsx", "tsx", "vue", "svg", "map", "sql", "php", "py", "rb", "pl", "rs", "go", "c", "h", "cc",
    "cpp", "hpp", "cs", "java", "kt", "swift", "sh", "bat", "ps1", "yaml", "yml", "toml", "ini", "conf", "cfg", "tex", "bib",
    "rtf", "ps", "eps", "bmp", "tif", "dbf", "tar", "dat", "ldif", "vcf", "ics", "srt", "po", "edi", "asc", "dxf", "stl", "obj",
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pack(pieces: &[&[u8]]) -> Vec<u8> {
        let mut deflater = Deflater::default();
        let mut out = Vec::new();
        pieces.iter().for_each(|piece| deflater.push(piece, &mut out));
        deflater.finish(&mut out);
        out
    }

    fn unpack(packed: &[u8], piece: usize, room: usize) -> Result<Vec<u8>, Damage> {
        let mut inflater = Inflater::default();
        let (mut out, mut buffer) = (Vec::new(), vec![0; room]);
        for piece in packed.chunks(piece) {
            inflater.push(piece);
            loop {
                match inflater.pull(&mut buffer)? {
                    0 => break,
                    count => out.extend_from_slice(&buffer[..count]),
                }
            }
        }
        inflater.finish().map(|()| out)
    }

    #[test]
    fn a_stream_that_is_cut_is_never_whole() {
        let packed = pack(&[&b"hello ".repeat(1000)]);
        for length in 1..packed.len() {
            assert_eq!(unpack(&packed[..length], 7, 100), Err(Damage::Cut), "{length} of {}", packed.len());
        }
        assert_eq!(unpack(b"this is plain text", 7, 100), Err(Damage::Garbage));
        assert_eq!(unpack(b"", 7, 100), Ok(Vec::new()), "nothing at all is an empty file");
    }

    #[test]
    fn text_pays_and_what_is_packed_does_not() {
        assert!(pays(b"/logs/a.LOG") && pays(b"a.csv"));
        assert!(!pays(b"a.jpg") && !pays(b"a.log.gz") && !pays(b"log"));
    }

    proptest! {
        #[test]
        fn what_is_packed_comes_back(
            bytes in proptest::collection::vec(any::<u8>(), 0..3000), piece in 1..500_usize, room in 1..500_usize,
        ) {
            let pieces: Vec<&[u8]> = bytes.chunks(piece).collect();
            prop_assert_eq!(unpack(&pack(&pieces), piece, room), Ok(bytes));
        }

        #[test]
        fn any_bytes_end_and_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            unpack(&bytes, 10, 100).ok();
        }
    }
}
