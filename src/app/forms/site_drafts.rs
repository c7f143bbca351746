//! The Site Manager's working copy: sites and folders as they will be once saved. Nothing typed is lost by looking at
//! another site; nothing is saved before the user says so.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::domain::{Learned, Secret, Site, SiteId};
use crate::store::import::{Added, Import};
use crate::store::sitebook::{Folder, Node, NodeId, SiteBook, Spot};

use crate::app::forms::site_form::SiteForm;

/// The working copy.
#[derive(Debug, Clone)]
pub struct SiteDrafts {
    saved: Arc<SiteBook>,
    /// The tree as it will be; names of sites that are being edited are in their forms.
    pub book: SiteBook,
    /// What is selected in the tree.
    pub selected: Option<NodeId>,
    forms: BTreeMap<NodeId, SiteForm>,
    imported: HashMap<SiteId, Secret>,
}

/// What is to be saved.
#[derive(Debug, Clone)]
pub struct Commit {
    /// For `sites.ron`.
    pub book: Arc<SiteBook>,
    /// For the keyring: to keep, or (`None`) to forget.
    pub secrets: Vec<(SiteId, Option<Secret>)>,
    /// For the engine: what is known of a server from now on, by [`Site::server_key`].
    pub taught: Vec<(String, Learned)>,
}

impl SiteDrafts {
    /// A working copy of the saved sites.
    pub fn new(saved: Arc<SiteBook>, selected: Option<NodeId>) -> Self {
        let book = SiteBook::clone(&saved);
        let first = || book.sites().first().map(|site| NodeId(site.id.0)).or_else(|| book.items.first().map(Node::id));
        let selected = selected.filter(|id| book.node(*id).is_some()).or_else(first);
        Self { saved, book, selected, forms: BTreeMap::new(), imported: HashMap::new() }
    }

    /// The form of a site, opened where it is not open yet; `None` for a folder.
    pub fn form_mut(&mut self, id: NodeId) -> Option<&mut SiteForm> {
        let site = self.book.site(SiteId(id.0))?;
        Some(self.forms.entry(id).or_insert_with(|| SiteForm::new(site)))
    }

    /// Takes in what the engine has learned since. `live` = the saved sites as they are now.
    pub fn follow(&mut self, live: &SiteBook) {
        for (id, form) in &mut self.forms {
            if let Some(site) = live.site(SiteId(id.0)) {
                form.follow(site);
            }
        }
    }

    /// What it is called now, typed but unsaved changes included.
    pub fn name(&self, node: &Node) -> String {
        match self.forms.get(&node.id()) {
            Some(form) if !form.name.trim().is_empty() => form.name.trim().to_owned(),
            Some(form) => form.host.trim().to_owned(),
            None => node.name().to_owned(),
        }
    }

    /// Whether this site has changes that are not saved.
    pub fn is_site_changed(&self, id: NodeId) -> bool {
        self.forms.get(&id).is_some_and(SiteForm::is_changed) || self.saved.node(id).is_none()
    }

    /// Whether anything has changes that are not saved. An opened folder is none.
    pub fn is_changed(&self) -> bool {
        self.forms.values().any(SiteForm::is_changed)
            || with_closed_folders(&self.book) != with_closed_folders(&self.saved)
    }

    /// Whether there is something worth saving without a question: folders that were opened or closed.
    pub fn is_worth_saving(&self) -> bool {
        self.book != *self.saved
    }

    /// A new site beside what is selected, or in the folder that is; it is selected then.
    pub fn add_site(&mut self) -> NodeId {
        let site = Site { name: self.free_name("New site"), ..Site::default() };
        let id = self.book.add(Node::Site(site), self.spot());
        self.selected = Some(id);
        id
    }

    /// A new folder, likewise.
    pub fn add_folder(&mut self) -> NodeId {
        let folder = Folder { name: self.free_name("New folder"), open: true, ..Folder::default() };
        let id = self.book.add(Node::Folder(folder), self.spot());
        self.selected = Some(id);
        id
    }

    /// A copy of what is selected, with what was typed.
    pub fn duplicate(&mut self) -> Option<NodeId> {
        let id = self.selected?;
        // The copy is of what is seen, not of what was saved.
        if let Some(site) = self.forms.get(&id).and_then(|form| form.site().ok()) {
            self.replace(id, site);
        }
        let copy = self.book.duplicate(id)?;
        self.selected = Some(copy);
        Some(copy)
    }

    /// Takes out what is selected; what was beside it is selected then.
    pub fn remove(&mut self) {
        let Some(id) = self.selected else { return };
        let siblings: Vec<NodeId> = match self.book.path_to(id).as_ref().and_then(|path| path.last()) {
            Some(folder) => folder.items.iter().map(Node::id).collect(),
            None => self.book.items.iter().map(Node::id).collect(),
        };
        let at = siblings.iter().position(|other| *other == id).unwrap_or_default();
        let parent = self.book.path_to(id).and_then(|path| path.last().map(|folder| NodeId(folder.id)));
        if let Some(node) = self.book.remove(id) {
            for site in node.sites() {
                self.forms.remove(&NodeId(site.id.0));
                self.imported.remove(&site.id);
            }
        }
        let neighbour = siblings.get(at + 1).or_else(|| at.checked_sub(1).and_then(|at| siblings.get(at)));
        self.selected = neighbour.copied().or(parent);
    }

    /// Adds what a file held, at the end.
    pub fn import(&mut self, import: Import) -> Added {
        let first = self.book.items.len();
        let mut added = import.add_to(&mut self.book, Spot::End);
        self.imported.extend(std::mem::take(&mut added.secrets));
        if let Some(node) = self.book.items.get(first) {
            self.selected = Some(node.id());
        }
        added
    }

    /// The selected site as it will be saved; `None` where it is a folder or cannot be used.
    pub fn selected_site(&self) -> Option<Site> {
        let id = self.selected?;
        match self.forms.get(&id) {
            Some(form) => form.site().ok(),
            None => self.book.site(SiteId(id.0)).filter(|site| !site.host.is_empty()).cloned(),
        }
    }

    /// The password to connect with that is not in the keyring yet.
    pub fn typed_secret(&self, id: SiteId) -> Option<Secret> {
        let typed = self.forms.get(&NodeId(id.0)).and_then(SiteForm::keeps).flatten();
        typed.or_else(|| self.imported.get(&id).cloned())
    }

    /// Makes the drafts what is saved. `live` = the saved sites as they are now: the engine may have learned something.
    ///
    /// # Errors
    /// The first site that cannot be used as it is; nothing is changed then.
    pub fn commit(&mut self, live: &SiteBook) -> Result<Commit, NodeId> {
        self.follow(live);
        let mut sites = Vec::new();
        let mut taught = Vec::new();
        let mut secrets: Vec<(SiteId, Option<Secret>)> =
            self.imported.iter().map(|(id, secret)| (*id, Some(secret.clone()))).collect();
        for site in self.book.sites() {
            let id = NodeId(site.id.0);
            let unsaved = SiteForm::new(site);
            let form = self.forms.get(&id).unwrap_or(&unsaved);
            if !form.is_changed() && self.saved.node(id).is_some() {
                continue;
            }
            let made = form.site().map_err(|_| id)?;
            // The account goes where the password goes.
            if made.account != site.account || (self.saved.node(id).is_none() && !made.account.is_empty()) {
                let account = Some(made.account.as_str()).filter(|account| !account.is_empty());
                secrets.push((site.account_secret(), account.map(Secret::from)));
            }
            sites.push((id, made));
            taught.extend(form.teaches());
            if let Some(secret) = form.keeps() {
                secrets.retain(|(other, _)| *other != site.id);
                secrets.push((site.id, secret));
            }
        }
        for site in live.sites() {
            let same = self.book.site(site.id).is_some_and(|ours| ours.host.eq_ignore_ascii_case(&site.host));
            if same {
                self.book.learn(site.id, "", site.learned);
            }
        }
        // The forms have taken it in, and know what the user forgot.
        for (id, site) in sites {
            self.replace(id, site);
        }
        self.book.visited.clone_from(&live.visited);
        let gone = live.sites().into_iter().filter(|site| self.book.site(site.id).is_none());
        secrets.extend(gone.map(|site| (site.id, None)));
        self.saved = Arc::new(self.book.clone());
        self.forms.clear();
        self.imported.clear();
        Ok(Commit { book: self.saved.clone(), secrets, taught })
    }

    fn replace(&mut self, id: NodeId, new: Site) {
        if let Some(Node::Site(site)) = self.book.node_mut(id) {
            *site = new;
        }
    }

    /// Into the selected folder, or behind the selected site.
    fn spot(&self) -> Spot {
        match self.selected.and_then(|id| self.book.node(id)) {
            Some(Node::Folder(folder)) => Spot::Into(NodeId(folder.id)),
            Some(Node::Site(site)) => Spot::After(NodeId(site.id.0)),
            None => Spot::End,
        }
    }

    fn free_name(&self, name: &str) -> String {
        let mut taken: Vec<String> = self.book.sites().iter().map(|site| site.name.clone()).collect();
        taken.extend(self.book.folders().iter().map(|folder| folder.name.clone()));
        crate::store::file::numbered(name, |name| taken.iter().any(|other| other == name))
    }
}

fn with_closed_folders(book: &SiteBook) -> SiteBook {
    fn close(items: &mut [Node]) {
        for node in items {
            if let Node::Folder(folder) = node {
                folder.open = false;
                close(&mut folder.items);
            }
        }
    }
    let mut book = book.clone();
    close(&mut book.items);
    book
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::forms::learned_form::Known;
    use crate::domain::Mode;

    fn drafts() -> (SiteDrafts, NodeId, NodeId) {
        let mut book = SiteBook::default();
        let site =
            |name: &str| Node::Site(Site { name: name.into(), host: "h".into(), user: "u".into(), ..Site::default() });
        let a = book.add(site("A"), Spot::End);
        let b = book.add(site("B"), Spot::End);
        (SiteDrafts::new(Arc::new(book), Some(a)), a, b)
    }

    #[test]
    fn what_was_typed_survives_looking_at_another_site() {
        let (mut drafts, a, b) = drafts();
        drafts.form_mut(a).expect("a site").host = "typed".into();
        drafts.selected = Some(b);
        drafts.form_mut(b).expect("a site");
        assert!(drafts.is_changed() && drafts.is_site_changed(a) && !drafts.is_site_changed(b));
        let live = drafts.saved.clone();
        let commit = drafts.commit(&live).expect("all right");
        assert_eq!(commit.book.site(SiteId(a.0)).map(|site| site.host.as_str()), Some("typed"));
        assert!(!drafts.is_changed());
    }

    #[test]
    fn a_site_that_cannot_be_used_is_named_and_nothing_is_saved() {
        let (mut drafts, a, _) = drafts();
        drafts.form_mut(a).expect("a site").host = "typed".into();
        let new = drafts.add_site();
        let live = drafts.saved.clone();
        assert_eq!(drafts.commit(&live).err(), Some(new));
        assert!(drafts.is_changed());
        drafts.remove();
        assert_eq!(drafts.selected, Some(drafts.book.items[1].id()));
        assert!(drafts.commit(&live).is_ok());
    }

    #[test]
    fn passwords_go_with_the_save_and_those_of_deleted_sites_are_forgotten() {
        let (mut drafts, a, b) = drafts();
        drafts.form_mut(a).expect("a site").password = Secret::from("x");
        drafts.selected = Some(b);
        drafts.remove();
        let mut live = SiteBook::clone(&drafts.saved);
        live.learn(SiteId(a.0), "", Learned { mode: Some(Mode::Active), ..Learned::default() });
        let commit = drafts.commit(&live).expect("all right");
        assert_eq!(commit.secrets, [(SiteId(a.0), Some(Secret::from("x"))), (SiteId(b.0), None)]);
        assert_eq!(commit.book.site(SiteId(a.0)).and_then(|site| site.learned.mode), Some(Mode::Active));
    }

    #[test]
    fn what_the_user_forgot_is_told_to_the_engine_and_what_it_learned_meanwhile_is_kept() {
        let (mut drafts, a, b) = drafts();
        let mut live = SiteBook::clone(&drafts.saved);
        let first = Learned { epsv: Some(false), spoke_tls: true, ..Learned::default() };
        live.learn(SiteId(a.0), "", first);
        drafts.form_mut(a).expect("a site");
        drafts.follow(&live);
        assert!(!drafts.is_changed(), "what the engine learns is no change of the user's");
        drafts.form_mut(a).expect("a site").learned.forget(Known::Epsv);
        let later = Learned { mode: Some(Mode::Active), ..first };
        live.learn(SiteId(a.0), "", later);
        live.learn(SiteId(b.0), "", later);
        live.visited.insert("x@y:21".into(), later);
        let commit = drafts.commit(&live).expect("all right");
        let wanted = Learned { epsv: None, ..later };
        assert_eq!(commit.book.site(SiteId(a.0)).map(|site| site.learned), Some(wanted));
        assert_eq!(commit.book.site(SiteId(b.0)).map(|site| site.learned), Some(later));
        assert_eq!(commit.book.visited, live.visited);
        assert_eq!(commit.taught, [("u@h:21".to_owned(), wanted)]);
    }

    #[test]
    fn an_opened_folder_is_no_change_to_ask_about() {
        let (mut drafts, _, _) = drafts();
        let folder = drafts.add_folder();
        let live = drafts.saved.clone();
        drafts.commit(&live).expect("all right");
        if let Some(Node::Folder(folder)) = drafts.book.node_mut(folder) {
            folder.open = false;
        }
        assert!(!drafts.is_changed() && drafts.is_worth_saving());
    }
}
