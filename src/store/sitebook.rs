//! `sites.ron`: the sites that the user saved, in folders. Holds no secret: a site's password lies in the keyring,
//! under the site's id.

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::domain::{Learned, Site, SiteId};
use crate::store::file;
use crate::store::file::{Loaded, numbered};

/// All saved sites, as a tree in the user's order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SiteBook {
    /// The top level.
    pub items: Vec<Node>,
    /// What was found out about servers that are not saved, by [`Site::server_key`].
    pub visited: BTreeMap<String, Learned>,
}

/// A folder or a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::large_enum_variant, reason = "nearly all of them are sites")]
pub enum Node {
    /// Holds more of them.
    Folder(Folder),
    /// A saved site.
    Site(Site),
}

/// A folder of the Site Manager.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Folder {
    /// Stable while the folder exists.
    pub id: u64,
    /// What the user calls it.
    pub name: String,
    /// Whether the Site Manager shows what is in it.
    pub open: bool,
    /// What is in it.
    pub items: Vec<Node>,
}

/// Which folder or site. Both draw from the same numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u64);

/// Where to put something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Spot {
    /// At the end of the top level.
    #[default]
    End,
    /// At the end of that folder.
    Into(NodeId),
    /// Right before that folder or site.
    Before(NodeId),
    /// Right behind that folder or site.
    After(NodeId),
}

impl SiteBook {
    /// Reads `sites.ron`. An id that stands there twice (a site copied by hand) is replaced, and told.
    pub fn load(path: &Path) -> Loaded<Self> {
        let mut loaded: Loaded<Self> = file::load_ron(path);
        let changed = loaded.value.repair_ids();
        if changed > 0 {
            loaded.warnings.push(format!(
                "sites.ron: {changed} sites or folders had no id of their own and were given one. Their passwords are asked for once."
            ));
        }
        loaded
    }

    /// As `sites.ron` holds it; also what an export is. Without secrets.
    ///
    /// # Errors
    /// Where a start directory cannot be written as text.
    pub fn to_ron(&self) -> std::io::Result<String> {
        file::to_ron(self)
    }

    /// Whether nothing was saved yet.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// All sites, from top to bottom.
    pub fn sites(&self) -> Vec<&Site> {
        let mut found = Vec::new();
        walk(&self.items, &mut |node| {
            if let Node::Site(site) = node {
                found.push(site);
            }
        });
        found
    }

    /// All folders, from top to bottom.
    pub fn folders(&self) -> Vec<&Folder> {
        let mut found = Vec::new();
        walk(&self.items, &mut |node| {
            if let Node::Folder(folder) = node {
                found.push(folder);
            }
        });
        found
    }

    /// The site of that id.
    pub fn site(&self, id: SiteId) -> Option<&Site> {
        match self.node(NodeId(id.0))? {
            Node::Site(site) => Some(site),
            Node::Folder(_) => None,
        }
    }

    /// The folder or site of that id.
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        fn find(items: &[Node], id: NodeId) -> Option<&Node> {
            items.iter().find_map(|node| if node.id() == id { Some(node) } else { find(node.items(), id) })
        }
        find(&self.items, id)
    }

    /// The folder or site of that id, to change.
    pub fn node_mut(&mut self, id: NodeId) -> Option<&mut Node> {
        fn find(items: &mut [Node], id: NodeId) -> Option<&mut Node> {
            for node in items {
                if node.id() == id {
                    return Some(node);
                }
                if let Node::Folder(folder) = node
                    && let Some(found) = find(&mut folder.items, id)
                {
                    return Some(found);
                }
            }
            None
        }
        find(&mut self.items, id)
    }

    /// The site that the user means: its name, `Folder/Name`, or its name in any case where only one is called so.
    pub fn find(&self, name: &str) -> Option<&Site> {
        let mut named = Vec::new();
        named_paths(&self.items, "", &mut named);
        let exact = named.iter().find(|(path, site)| site.name == name || path == name);
        let mut alike = named.iter().filter(|(path, site)| same_text(&site.name, name) || same_text(path, name));
        let only = match (alike.next(), alike.next()) {
            (Some(one), None) => Some(one),
            _ => None,
        };
        exact.or(only).map(|(_, site)| *site)
    }

    /// The folders above it, from the top.
    pub fn path_to(&self, id: NodeId) -> Option<Vec<&Folder>> {
        fn find<'a>(items: &'a [Node], id: NodeId, above: &mut Vec<&'a Folder>) -> bool {
            items.iter().any(|node| {
                if node.id() == id {
                    return true;
                }
                let Node::Folder(folder) = node else { return false };
                above.push(folder);
                let found = find(&folder.items, id, above);
                if !found {
                    above.pop();
                }
                found
            })
        }
        let mut above = Vec::new();
        find(&self.items, id, &mut above).then_some(above)
    }

    /// Which of them the search shows: those whose name, host, user or notes hold every word, in any case, and the
    /// folders above them. A folder that fits shows all that is in it.
    pub fn search(&self, text: &str) -> HashSet<NodeId> {
        fn look(node: &Node, words: &[String], shown: &mut HashSet<NodeId>) -> bool {
            let fits = words.iter().all(|word| node.says(word));
            let mut any = fits;
            for below in node.items() {
                // Nothing to look for below a folder that fits: all of it is shown.
                any |= look(below, if fits { &[] } else { words }, shown);
            }
            if any {
                shown.insert(node.id());
            }
            any
        }
        let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
        let mut shown = HashSet::new();
        for node in &self.items {
            look(node, &words, &mut shown);
        }
        shown
    }

    /// Adds a folder or site (with all in it) under a new id.
    pub fn add(&mut self, mut node: Node, spot: Spot) -> NodeId {
        self.give_ids(&mut node);
        let id = node.id();
        self.insert(node, spot);
        id
    }

    /// Takes it out, with all in it.
    pub fn remove(&mut self, id: NodeId) -> Option<Node> {
        fn take(items: &mut Vec<Node>, id: NodeId) -> Option<Node> {
            if let Some(at) = items.iter().position(|node| node.id() == id) {
                return Some(items.remove(at));
            }
            items.iter_mut().find_map(|node| match node {
                Node::Folder(folder) => take(&mut folder.items, id),
                Node::Site(_) => None,
            })
        }
        take(&mut self.items, id)
    }

    /// Moves it; `false` where that cannot be (into itself, or to a place that is gone).
    pub fn move_to(&mut self, id: NodeId, spot: Spot) -> bool {
        if let Spot::Into(to) | Spot::Before(to) | Spot::After(to) = spot {
            let Some(above) = self.path_to(to) else { return false };
            let inside = to == id || above.iter().any(|folder| folder.id == id.0);
            let no_folder = matches!(spot, Spot::Into(_)) && matches!(self.node(to), Some(Node::Site(_)));
            if inside || no_folder {
                return false;
            }
        }
        let Some(node) = self.remove(id) else { return false };
        self.insert(node, spot);
        true
    }

    /// A copy right behind it, under new ids and a numbered name. Passwords are not copied: they belong to an id.
    pub fn duplicate(&mut self, id: NodeId) -> Option<NodeId> {
        let mut copy = self.node(id)?.clone();
        let beside = match self.path_to(id)?.last() {
            Some(folder) => &folder.items,
            None => &self.items,
        };
        copy.rename(numbered(copy.name(), |name| beside.iter().any(|node| node.name() == name)));
        Some(self.add(copy, Spot::After(id)))
    }

    /// Changes its name.
    pub fn rename(&mut self, id: NodeId, name: &str) {
        if let Some(node) = self.node_mut(id) {
            node.rename(name.to_owned());
        }
    }

    /// Remembers what was found out about a server, with the saved site or (`server_key`) by itself; `false` where that is
    /// nothing new.
    pub fn learn(&mut self, id: SiteId, server_key: &str, learned: Learned) -> bool {
        let known = match self.node_mut(NodeId(id.0)) {
            Some(Node::Site(site)) => &mut site.learned,
            _ if server_key.is_empty() => return false,
            _ => self.visited.entry(server_key.to_owned()).or_default(),
        };
        let news = *known != learned;
        *known = learned;
        news
    }

    /// Hosts, in lower case, and ports that have spoken TLS, by whatever user.
    pub fn tls_servers(&self) -> HashSet<(String, u16)> {
        let saved = self.sites().into_iter().filter(|site| site.learned.spoke_tls);
        let saved = saved.map(|site| (site.host.trim().to_ascii_lowercase(), site.port()));
        let visited = self.visited.iter().filter(|(_, learned)| learned.spoke_tls).filter_map(|(key, _)| {
            // `user@host:port`: a user's name may hold either sign.
            let (host, port) = key.rsplit_once('@').map_or(key.as_str(), |(_, server)| server).rsplit_once(':')?;
            Some((host.to_owned(), port.parse().ok()?))
        });
        saved.chain(visited).collect()
    }

    /// What is known of a server that no saved site names.
    pub fn learned(&self, server_key: &str) -> Learned {
        self.visited.get(server_key).copied().unwrap_or_default()
    }

    fn insert(&mut self, node: Node, spot: Spot) {
        fn place(items: &mut Vec<Node>, node: Node, spot: Spot) -> Option<Node> {
            let beside = match spot {
                Spot::End => return Some(node),
                Spot::Into(_) => None,
                Spot::Before(id) => items.iter().position(|item| item.id() == id),
                Spot::After(id) => items.iter().position(|item| item.id() == id).map(|at| at + 1),
            };
            if let Some(at) = beside {
                items.insert(at, node);
                return None;
            }
            let mut node = Some(node);
            for item in items {
                let Node::Folder(folder) = item else { continue };
                let Some(homeless) = node.take() else { break };
                if spot == Spot::Into(NodeId(folder.id)) {
                    folder.open = true;
                    folder.items.push(homeless);
                } else {
                    node = place(&mut folder.items, homeless, spot);
                }
            }
            node
        }
        if let Some(node) = place(&mut self.items, node, spot) {
            self.items.push(node);
        }
    }

    fn give_ids(&self, node: &mut Node) {
        let mut taken = HashSet::new();
        walk(&self.items, &mut |node| {
            taken.insert(node.id().0);
        });
        fn give(node: &mut Node, taken: &mut HashSet<u64>) {
            node.set_id(new_id(taken));
            if let Node::Folder(folder) = node {
                folder.items.iter_mut().for_each(|node| give(node, taken));
            }
        }
        give(node, &mut taken);
    }

    fn repair_ids(&mut self) -> usize {
        fn repair(items: &mut [Node], taken: &mut HashSet<u64>, changed: &mut usize) {
            for node in items {
                if node.id().0 == 0 || !taken.insert(node.id().0) {
                    node.set_id(new_id(taken));
                    *changed += 1;
                }
                if let Node::Folder(folder) = node {
                    repair(&mut folder.items, taken, changed);
                }
            }
        }
        let mut changed = 0;
        repair(&mut self.items, &mut HashSet::new(), &mut changed);
        changed
    }
}

impl Node {
    /// Its id.
    pub fn id(&self) -> NodeId {
        match self {
            Self::Folder(folder) => NodeId(folder.id),
            Self::Site(site) => NodeId(site.id.0),
        }
    }

    /// What the user calls it; a site without a name goes by its host.
    pub fn name(&self) -> &str {
        match self {
            Self::Folder(folder) => &folder.name,
            Self::Site(site) => site.title(),
        }
    }

    /// What is in it; nothing in a site.
    pub fn items(&self) -> &[Self] {
        match self {
            Self::Folder(folder) => &folder.items,
            Self::Site(_) => &[],
        }
    }

    /// The sites in it, itself included.
    pub fn sites(&self) -> Vec<&Site> {
        let mut found = Vec::new();
        walk(std::slice::from_ref(self), &mut |node| {
            if let Self::Site(site) = node {
                found.push(site);
            }
        });
        found
    }

    fn rename(&mut self, name: String) {
        match self {
            Self::Folder(folder) => folder.name = name,
            Self::Site(site) => site.name = name,
        }
    }

    fn set_id(&mut self, id: u64) {
        match self {
            Self::Folder(folder) => folder.id = id,
            Self::Site(site) => site.id = SiteId(id),
        }
    }

    fn says(&self, word: &str) -> bool {
        match self {
            Self::Folder(folder) => folder.name.to_lowercase().contains(word),
            Self::Site(site) => {
                [&site.name, &site.host, &site.user, &site.notes].iter().any(|text| text.to_lowercase().contains(word))
            }
        }
    }
}

fn walk<'a>(items: &'a [Node], visit: &mut impl FnMut(&'a Node)) {
    for node in items {
        visit(node);
        walk(node.items(), visit);
    }
}

fn named_paths<'a>(items: &'a [Node], above: &str, found: &mut Vec<(String, &'a Site)>) {
    for node in items {
        let path = format!("{above}{}", node.name());
        match node {
            Node::Site(site) => found.push((path, site)),
            Node::Folder(folder) => named_paths(&folder.items, &format!("{path}/"), found),
        }
    }
}

fn same_text(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}

/// A number nobody has. Drawn, not counted: two profiles share one keyring, and the first site of one must not find
/// the password of the first site of the other. 53 bits, so that every program can read it.
fn new_id(taken: &mut HashSet<u64>) -> u64 {
    loop {
        let id = RandomState::new().build_hasher().finish() >> 11;
        if id != 0 && taken.insert(id) {
            return id;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(name: &str, host: &str) -> Node {
        Node::Site(Site { name: name.into(), host: host.into(), ..Site::default() })
    }

    fn folder(name: &str, items: Vec<Node>) -> Node {
        Node::Folder(Folder { name: name.into(), items, ..Folder::default() })
    }

    fn book() -> (SiteBook, NodeId, NodeId, NodeId) {
        let mut book = SiteBook::default();
        let work = book.add(folder("Work", vec![]), Spot::End);
        let live = book.add(site("Live", "live.example.com"), Spot::Into(work));
        let home = book.add(site("Home", "10.0.0.1"), Spot::End);
        (book, work, live, home)
    }

    fn shape(items: &[Node]) -> String {
        items
            .iter()
            .map(|node| match node {
                Node::Folder(folder) => format!("{}[{}]", folder.name, shape(&folder.items)),
                Node::Site(site) => site.name.clone(),
            })
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn moves_between_folders_but_never_into_itself() {
        let (mut book, work, live, home) = book();
        assert!(book.move_to(home, Spot::Before(live)));
        assert_eq!(shape(&book.items), "Work[Home Live]");
        assert!(book.move_to(live, Spot::End));
        assert_eq!(shape(&book.items), "Work[Home] Live");
        let inner = book.add(folder("Inner", vec![]), Spot::Into(work));
        for bad in [Spot::Into(work), Spot::Into(inner), Spot::Before(inner), Spot::After(home), Spot::Into(home)] {
            assert!(!book.move_to(work, bad), "{bad:?}");
        }
        assert_eq!(shape(&book.items), "Work[Home Inner[]] Live");
    }

    #[test]
    fn a_copy_has_its_own_ids_so_that_it_shares_no_password() {
        let (mut book, work, live, _) = book();
        let copy = book.duplicate(live).expect("copied");
        assert_eq!(shape(&book.items), "Work[Live Live (2)] Home");
        assert_ne!(copy, live);
        book.duplicate(work).expect("copied");
        let ids: HashSet<_> = book.sites().iter().map(|site| site.id).collect();
        assert_eq!(ids.len(), book.sites().len());
    }

    #[test]
    fn finds_by_name_path_and_unambiguous_case() {
        let (mut book, _, live, _) = book();
        assert_eq!(book.find("Live").map(|site| site.id.0), Some(live.0));
        assert!(book.find("Work/Live").is_some() && book.find("live").is_some());
        book.add(site("LIVE", "x"), Spot::End);
        assert_eq!(book.find("live"), None);
        assert_eq!(book.find("Live").map(|site| site.id.0), Some(live.0));
    }

    #[test]
    fn a_search_shows_what_fits_and_the_folders_above_it() {
        let (book, work, live, home) = book();
        assert_eq!(book.search("EXAMPLE live"), HashSet::from([work, live]));
        assert_eq!(book.search("10.0"), HashSet::from([home]));
        assert_eq!(book.search("work"), HashSet::from([work, live]));
        assert_eq!(book.search("nothing"), HashSet::new());
        assert_eq!(book.search(" ").len(), 3);
    }

    #[test]
    fn an_id_that_stands_twice_is_replaced() {
        let (mut book, _, live, home) = book();
        if let Some(Node::Site(site)) = book.node_mut(home) {
            site.id = SiteId(live.0);
        }
        assert_eq!(book.repair_ids(), 1);
        assert_eq!(book.site(SiteId(live.0)).map(|site| site.name.as_str()), Some("Live"));
    }
}
