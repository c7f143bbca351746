//! The scripted server's file system: in memory, paths are absolute bytes.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// 2024-03-05T06:07:08Z: the time of what a test does not date.
pub const SOME_TIME: i64 = 1_709_618_828;

/// What a path holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    File { data: Vec<u8>, modified: i64, mode: u16 },
    Dir { modified: i64, mode: u16 },
    Link { target: Vec<u8> },
}

/// All paths of a server; `/` is always there.
#[derive(Debug, Clone)]
pub struct Files {
    nodes: BTreeMap<Vec<u8>, Node>,
}

impl Default for Files {
    fn default() -> Self {
        let root = Node::Dir { modified: SOME_TIME, mode: 0o755 };
        Self { nodes: BTreeMap::from([(b"/".to_vec(), root)]) }
    }
}

impl Files {
    /// Adds or replaces, making what is missing above it.
    pub fn put(&mut self, path: &[u8], node: Node) {
        let mut above = parent(path);
        while !self.nodes.contains_key(&above) {
            self.nodes.insert(above.clone(), Node::Dir { modified: SOME_TIME, mode: 0o755 });
            above = parent(&above);
        }
        self.nodes.insert(path.to_vec(), node);
    }

    /// What is there, links not followed.
    pub fn get(&self, path: &[u8]) -> Option<&Node> {
        self.nodes.get(path)
    }

    pub fn get_mut(&mut self, path: &[u8]) -> Option<&mut Node> {
        self.nodes.get_mut(path)
    }

    /// The path with a link at its end followed once.
    pub fn follow(&self, path: &[u8]) -> Vec<u8> {
        match self.nodes.get(path) {
            Some(Node::Link { target }) => join(&parent(path), target),
            _ => path.to_vec(),
        }
    }

    /// The path with every link on its way followed, as the system would.
    pub fn real_path(&self, path: &[u8]) -> Vec<u8> {
        let mut real = b"/".to_vec();
        for part in path.split(|b| *b == b'/').filter(|part| !part.is_empty()) {
            real = self.follow(&join(&real, part));
        }
        real
    }

    pub fn is_dir(&self, path: &[u8]) -> bool {
        matches!(self.nodes.get(&self.follow(path)), Some(Node::Dir { .. }))
    }

    pub fn remove(&mut self, path: &[u8]) -> Option<Node> {
        self.nodes.remove(path)
    }

    /// The names in a directory, in order.
    pub fn children(&self, dir: &[u8]) -> Vec<(Vec<u8>, Node)> {
        let mut prefix = dir.to_vec();
        if prefix.last() != Some(&b'/') {
            prefix.push(b'/');
        }
        let inside = |path: &Vec<u8>| path.len() > prefix.len() && !path[prefix.len()..].contains(&b'/');
        self.nodes
            .range(prefix.clone()..)
            .take_while(|(path, _)| path.starts_with(&prefix))
            .filter(|(path, _)| inside(path))
            .map(|(path, node)| (path[prefix.len()..].to_vec(), node.clone()))
            .collect()
    }

    /// Moves a path with everything below it, replacing.
    pub fn rename(&mut self, from: &[u8], to: &[u8]) {
        let mut below = from.to_vec();
        below.push(b'/');
        let moved: Vec<Vec<u8>> =
            self.nodes.keys().filter(|path| *path == from || path.starts_with(&below)).cloned().collect();
        for path in moved {
            let node = self.nodes.remove(&path).unwrap();
            let mut new = to.to_vec();
            new.extend_from_slice(&path[from.len()..]);
            self.put(&new, node);
        }
    }

    /// All paths, as text.
    pub fn paths(&self) -> Vec<String> {
        self.nodes.keys().map(|path| String::from_utf8_lossy(path).into_owned()).collect()
    }
}

/// What `named` means in the directory `cwd`: absolute, without `.` and `..`.
pub fn resolve(cwd: &[u8], named: &[u8]) -> Vec<u8> {
    let whole = if named.first() == Some(&b'/') { named.to_vec() } else { join(cwd, named) };
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in whole.split(|b| *b == b'/') {
        match part {
            b"" | b"." => {}
            b".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let mut path = b"/".to_vec();
    path.extend_from_slice(&parts.join(&b'/'));
    path
}

pub fn parent(path: &[u8]) -> Vec<u8> {
    match path.iter().rposition(|b| *b == b'/') {
        Some(slash) if slash > 0 => path[..slash].to_vec(),
        _ => b"/".to_vec(),
    }
}

fn join(dir: &[u8], name: &[u8]) -> Vec<u8> {
    if name.first() == Some(&b'/') {
        return name.to_vec();
    }
    let mut path = dir.to_vec();
    if path.last() != Some(&b'/') {
        path.push(b'/');
    }
    path.extend_from_slice(name);
    path
}

/// `YYYYMMDDHHMMSS`.
pub fn rfc3659(seconds: i64) -> String {
    Timestamp::from_second(seconds).unwrap().strftime("%Y%m%d%H%M%S").to_string()
}

/// The other way round.
pub fn from_rfc3659(text: &str) -> Option<i64> {
    let time = jiff::civil::DateTime::strptime("%Y%m%d%H%M%S", text).ok()?;
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second())
}

/// RFC 3659's facts of a node, each with its semicolon.
pub fn facts(node: &Node) -> String {
    match node {
        Node::File { data, modified, mode } => {
            format!("type=file;size={};modify={};UNIX.mode={mode:04o};", data.len(), rfc3659(*modified))
        }
        Node::Dir { modified, mode } => format!("type=dir;modify={};UNIX.mode={mode:04o};", rfc3659(*modified)),
        Node::Link { target } => format!("type=OS.unix=slink:{};", String::from_utf8_lossy(target)),
    }
}

/// A line of `ls -l`, without its end.
pub fn ls_line(name: &[u8], node: &Node) -> Vec<u8> {
    let (letter, mode, size, modified) = match node {
        Node::File { data, modified, mode } => ('-', *mode, data.len(), *modified),
        Node::Dir { modified, mode } => ('d', *mode, 4096, *modified),
        Node::Link { target } => ('l', 0o777, target.len(), SOME_TIME),
    };
    let bits: String = (0..9).map(|at| if mode & (0o400 >> at) == 0 { '-' } else { ['r', 'w', 'x'][at % 3] }).collect();
    let time = Timestamp::from_second(modified).unwrap();
    let age = Timestamp::now().as_second() - modified;
    let date = if (0..180 * 86_400).contains(&age) { "%b %e %H:%M" } else { "%b %e  %Y" };
    let mut line = format!("{letter}{bits}   1 owner    group    {size:>12} {} ", time.strftime(date)).into_bytes();
    line.extend_from_slice(name);
    if let Node::Link { target } = node {
        line.extend_from_slice(b" -> ");
        line.extend_from_slice(target);
    }
    line
}

/// A line of IIS, without its end.
pub fn dos_line(name: &[u8], node: &Node) -> Vec<u8> {
    let (size, modified) = match node {
        Node::File { data, modified, .. } => (format!("{:>20}", data.len()), *modified),
        Node::Dir { modified, .. } => ("       <DIR>         ".to_owned(), *modified),
        Node::Link { target } => (format!("{:>20}", target.len()), SOME_TIME),
    };
    let time = Timestamp::from_second(modified).unwrap().strftime("%m-%d-%y  %I:%M%p");
    let mut line = format!("{time}{size} ").into_bytes();
    line.extend_from_slice(name);
    line
}
