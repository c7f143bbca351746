//! The Site Manager: a tree of folders and sites at the left, the selected one's form at the right. Works on a copy
//! ([`SiteDrafts`]) until the user saves.

mod form;
mod learned;
mod tree;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::{Key, Modifiers, RichText, Ui, vec2};

use crate::app::forms::site_drafts::SiteDrafts;
use crate::app::{Action, Actions, Model, Pick, words};
use crate::store::import;
use crate::store::import::Import;
use crate::store::secrets::{Keyring as _, SystemKeyring};
use crate::store::sitebook::{Node, NodeId};
use crate::ui::dialogs::parts::{danger, field, footer, hint, input, modal, plain, primary};
use crate::ui::errand::Errand;
use crate::ui::theme;

/// The open Site Manager.
pub(super) struct SiteManager {
    drafts: SiteDrafts,
    search: String,
    form: form::State,
    sheet: Option<Sheet>,
    reading: Errand<Result<Import, String>>,
    writing: Errand<Result<String, String>>,
    looking: Errand<Option<PathBuf>>,
    keyring: Errand<Result<(), String>>,
    told: Option<String>,
}

/// A small dialog on top of the Site Manager.
enum Sheet {
    /// Delete what is selected?
    Delete(NodeId),
    /// Save before closing?
    Unsaved,
    /// Which file to read.
    Import { path: String },
    /// Which file to write.
    Export { path: String },
    /// What an import left out, and why.
    LeftOut(Vec<String>),
}

impl SiteManager {
    pub(super) fn new(model: &Model) -> Self {
        let connected = model.saved_site().map(|id| NodeId(id.0));
        Self {
            drafts: SiteDrafts::new(model.sites.clone(), connected),
            search: String::new(),
            form: form::State::default(),
            sheet: None,
            reading: Errand::default(),
            writing: Errand::default(),
            looking: Errand::default(),
            keyring: Errand::default(),
            told: None,
        }
    }

    /// A file was chosen with the system's dialog.
    pub(super) fn picked(&mut self, pick: Pick, chosen: &Path) {
        let text = chosen.display().to_string();
        match (pick, &mut self.sheet) {
            (Pick::ImportSites, Some(Sheet::Import { path })) | (Pick::ExportSites, Some(Sheet::Export { path })) => {
                *path = text;
            }
            (Pick::SiteLocalDir | Pick::SiteCertificate | Pick::SiteKey, _) => {
                if let Some(form) = self.drafts.selected.and_then(|id| self.drafts.form_mut(id)) {
                    match pick {
                        Pick::SiteCertificate => form.certificate = text,
                        Pick::SiteKey => form.key = text,
                        _ => form.local_dir = text,
                    }
                }
            }
            _ => {}
        }
    }

    pub(super) fn show(&mut self, ui: &Ui, model: &Model, actions: &mut Actions) {
        if self.form.keyring.is_none() && !self.keyring.is_busy() {
            // Asks the system, which may take a while: never on this thread.
            self.keyring.run(ui.ctx(), "keyring", || SystemKeyring::default().usable());
        }
        self.collect();
        self.drafts.follow(&model.sites);
        let shown = modal(ui, words::SITE_MANAGER, 860.0, |ui| self.contents(ui, model, actions));
        let closing = shown.inner || (shown.escaped && self.sheet.is_none());
        if closing {
            self.close(model, actions);
        }
        self.show_sheet(ui, model, actions);
        if self.sheet.is_none() && ui.ctx().input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::Enter)) {
            self.connect(model, actions);
        }
    }

    /// Whether `Close` was pressed.
    fn contents(&mut self, ui: &mut Ui, model: &Model, actions: &mut Actions) -> bool {
        let height = (ui.ctx().content_rect().height() - 176.0).clamp(240.0, 560.0);
        let width = ui.available_width();
        let look = theme::palette(ui);
        let mut connect = false;
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            let column = egui::Layout::top_down(egui::Align::Min);
            ui.allocate_ui_with_layout(vec2(TREE_WIDTH, height), column, |ui| {
                ui.set_min_size(vec2(TREE_WIDTH, height));
                ui.spacing_mut().item_spacing = vec2(8.0, 4.0);
                connect = self.left(ui, height);
            });
            ui.add_space(16.0);
            let x = ui.cursor().left();
            ui.painter().vline(x, ui.cursor().top()..=ui.cursor().top() + height, egui::Stroke::new(1.0, look.line));
            ui.add_space(17.0);
            ui.allocate_ui_with_layout(vec2(width - TREE_WIDTH - 33.0, height), column, |ui| {
                ui.set_min_size(vec2(width - TREE_WIDTH - 33.0, height));
                ui.spacing_mut().item_spacing = vec2(8.0, 8.0);
                self.right(ui, height, model, actions);
            });
        });
        let mut closing = false;
        footer(ui, |ui| {
            let usable =
                self.drafts.selected.is_some_and(|id| matches!(self.drafts.book.node(id), Some(Node::Site(_))));
            connect |= primary(ui, "Connect", usable).clicked();
            if plain(ui, "Save").clicked() {
                self.save(model, actions);
            }
            closing = plain(ui, "Close").clicked();
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                if plain(ui, "Import").on_hover_text("Sites of FileZilla, or a Twinport export").clicked() {
                    self.looking.run(ui.ctx(), "look-for-sites", import::filezilla_file);
                    self.sheet = Some(Sheet::Import { path: String::new() });
                }
                if plain(ui, "Export").on_hover_text("All saved sites in one file, without passwords").clicked() {
                    let path = model.home.join("twinport-sites.ron").display().to_string();
                    self.sheet = Some(Sheet::Export { path });
                }
                if let Some(told) = &self.told {
                    ui.add(egui::Label::new(RichText::new(told).size(12.0).color(look.weak)).truncate());
                }
            });
        });
        if connect {
            self.connect(model, actions);
        }
        closing
    }

    /// The tree and what changes it; whether a site was double-clicked.
    fn left(&mut self, ui: &mut Ui, height: f32) -> bool {
        let edit = egui::TextEdit::singleline(&mut self.search).hint_text("Search sites");
        crate::ui::dialogs::parts::text_edit(ui, edit, TREE_WIDTH, false).accessible_name("Search sites");
        let asked = tree::show(ui, &mut self.drafts, &self.search, height - 2.0 * 36.0 - 32.0);
        let half = vec2((TREE_WIDTH - 8.0) / 2.0, 28.0);
        ui.horizontal(|ui| {
            if ui.add(egui::Button::new("New site").min_size(half)).clicked() {
                self.add_site();
            }
            if ui.add(egui::Button::new("New folder").min_size(half)).clicked() {
                self.add_folder();
            }
        });
        ui.horizontal(|ui| {
            let any = self.drafts.selected.is_some();
            if ui.add_enabled(any, egui::Button::new("Duplicate").min_size(half)).clicked() {
                self.duplicate();
            }
            if ui.add_enabled(any, egui::Button::new("Delete").min_size(half)).clicked() {
                self.sheet = self.drafts.selected.map(Sheet::Delete);
            }
        });
        match asked {
            Some(tree::Ask::Connect) => return true,
            Some(tree::Ask::NewSite) => self.add_site(),
            Some(tree::Ask::NewFolder) => self.add_folder(),
            Some(tree::Ask::Duplicate) => self.duplicate(),
            Some(tree::Ask::Rename) => self.form.focus_name(),
            Some(tree::Ask::Delete) => self.sheet = self.drafts.selected.map(Sheet::Delete),
            None => {}
        }
        false
    }

    fn right(&mut self, ui: &mut Ui, height: f32, model: &Model, actions: &mut Actions) {
        let Some(id) = self.drafts.selected else {
            let look = theme::palette(ui);
            ui.add_space(height / 3.0);
            ui.vertical_centered(|ui| {
                ui.label(RichText::new("No sites yet").size(15.0).color(look.text));
                let text = "A site keeps a server's address and how you log in.\nMake one with New site, or import those of FileZilla.";
                ui.label(RichText::new(text).color(look.weak));
            });
            return;
        };
        if self.drafts.form_mut(id).is_some() {
            form::site(ui, &mut self.drafts, id, &mut self.form, model, actions);
        } else if let Some(Node::Folder(folder)) = self.drafts.book.node_mut(id) {
            form::folder(ui, folder, &mut self.form);
        }
    }

    fn add_site(&mut self) {
        self.drafts.add_site();
        self.search.clear();
        self.form.begin();
    }

    fn add_folder(&mut self) {
        self.drafts.add_folder();
        self.search.clear();
        self.form.begin();
    }

    fn duplicate(&mut self) {
        if self.drafts.duplicate().is_some() {
            self.form.begin();
        }
    }

    /// Whether everything could be saved; else the site that cannot is shown with what is wrong.
    fn save(&mut self, model: &Model, actions: &mut Actions) -> bool {
        match self.drafts.commit(&model.sites) {
            Ok(commit) => {
                let sites = commit.book.sites().len();
                self.told = Some(format!("Saved {}.", words::count(sites, "site", "sites")));
                self.form.tried = false;
                // Secrets last: a site without its password is asked for one, a password without its site is lost.
                actions.push(Action::SaveSites(commit.book));
                actions.extend(commit.secrets.into_iter().map(|(site, secret)| Action::KeepSecret { site, secret }));
                let teach = |(server_key, learned)| Action::Teach { server_key, learned: Box::new(learned) };
                actions.extend(commit.taught.into_iter().map(teach));
                true
            }
            Err(id) => {
                self.drafts.selected = Some(id);
                self.refused(id);
                self.told = None;
                false
            }
        }
    }

    fn connect(&mut self, model: &Model, actions: &mut Actions) {
        let Some(id) = self.drafts.selected.and_then(|id| self.drafts.selected_site().map(|_| id)) else {
            if let Some(id) = self.drafts.selected {
                self.refused(id);
            }
            return;
        };
        let secret = self.drafts.typed_secret(crate::domain::SiteId(id.0));
        if self.drafts.is_worth_saving() || self.drafts.is_changed() {
            if !self.save(model, actions) {
                return;
            }
            self.drafts.selected = Some(id);
        }
        if let Some(site) = self.drafts.selected_site() {
            actions.push(Action::CloseDialog);
            actions.push(Action::Connect { site: Arc::new(site), secret });
        }
    }

    /// What is wrong with that site comes in sight.
    fn refused(&mut self, id: NodeId) {
        let problems = self.drafts.form_mut(id).and_then(|form| form.site().err());
        self.form.refused(&problems.unwrap_or_default());
    }

    /// Asks what is to become of changes that are not saved; `false` = there are none.
    pub(super) fn asks_before_closing(&mut self) -> bool {
        let changed = self.drafts.is_changed();
        if changed {
            self.sheet = Some(Sheet::Unsaved);
        }
        changed
    }

    fn close(&mut self, model: &Model, actions: &mut Actions) {
        if self.drafts.is_changed() {
            self.sheet = Some(Sheet::Unsaved);
            return;
        }
        // Folders that were opened; with what the engine has learned since.
        if self.drafts.is_worth_saving()
            && let Ok(commit) = self.drafts.commit(&model.sites)
        {
            actions.push(Action::SaveSites(commit.book));
        }
        actions.push(Action::CloseDialog);
    }

    fn show_sheet(&mut self, ui: &Ui, model: &Model, actions: &mut Actions) {
        let Some(mut sheet) = self.sheet.take() else { return };
        let stays = match &mut sheet {
            Sheet::Delete(id) => self.delete_sheet(ui, *id),
            Sheet::Unsaved => self.unsaved_sheet(ui, model, actions),
            Sheet::Import { path } => self.import_sheet(ui, path, actions),
            Sheet::Export { path } => self.export_sheet(ui, path, actions),
            Sheet::LeftOut(notes) => left_out(ui, notes),
        };
        if stays {
            self.sheet = Some(sheet);
        }
    }

    fn delete_sheet(&mut self, ui: &Ui, id: NodeId) -> bool {
        let Some(node) = self.drafts.book.node(id) else { return false };
        let sites = node.sites().len();
        let text = match node {
            Node::Site(_) => format!("Delete the site “{}”?", self.drafts.name(node)),
            Node::Folder(folder) if sites == 0 => format!("Delete the empty folder “{}”?", folder.name),
            Node::Folder(folder) => {
                format!("Delete the folder “{}” and {} in it?", folder.name, words::count(sites, "site", "sites"))
            }
        };
        let shown = modal(ui, words::DELETE, 400.0, |ui| {
            ui.label(text);
            let why =
                if sites == 0 { "" } else { "The passwords in the system's keyring go with them, once you save." };
            crate::ui::dialogs::parts::note(ui, why, None);
            let mut answer = None;
            footer(ui, |ui| {
                let delete = danger(ui, words::DELETE);
                if delete.clicked() {
                    answer = Some(true);
                }
                crate::ui::dialogs::focus_once(ui, &delete);
                if plain(ui, words::CANCEL).clicked() {
                    answer = Some(false);
                }
            });
            answer
        });
        if shown.inner == Some(true) {
            self.drafts.selected = Some(id);
            self.drafts.remove();
        }
        shown.inner.is_none() && !shown.escaped
    }

    fn unsaved_sheet(&mut self, ui: &Ui, model: &Model, actions: &mut Actions) -> bool {
        enum Answer {
            Save,
            Discard,
            Stay,
        }
        let shown = modal(ui, "Unsaved changes", 420.0, |ui| {
            ui.label("Some sites were changed and not saved yet.");
            let mut answer = None;
            footer(ui, |ui| {
                let save = primary(ui, "Save changes", true);
                if save.clicked() {
                    answer = Some(Answer::Save);
                }
                crate::ui::dialogs::focus_once(ui, &save);
                if plain(ui, "Discard").clicked() {
                    answer = Some(Answer::Discard);
                }
                if plain(ui, "Keep editing").clicked() {
                    answer = Some(Answer::Stay);
                }
            });
            answer
        });
        match shown.inner {
            Some(Answer::Save) => {
                if self.save(model, actions) {
                    actions.push(Action::CloseDialog);
                }
                false
            }
            Some(Answer::Discard) => {
                actions.push(Action::CloseDialog);
                false
            }
            Some(Answer::Stay) => false,
            None => !shown.escaped,
        }
    }

    fn import_sheet(&mut self, ui: &Ui, path: &mut String, actions: &mut Actions) -> bool {
        if let Some(Some(found)) = self.looking.poll()
            && path.is_empty()
        {
            *path = found.display().to_string();
        }
        let answer = IMPORT.show(ui, path, self.told.as_deref(), actions);
        if answer == Some(true) {
            let path = PathBuf::from(path.trim());
            self.told = None;
            self.reading.run(ui.ctx(), "read-sites", move || {
                let bytes = std::fs::read(&path)
                    .map_err(|error| format!("“{}” could not be read: {error}.", path.display()))?;
                Import::read(&bytes)
            });
        }
        answer != Some(false)
    }

    fn export_sheet(&mut self, ui: &Ui, path: &mut String, actions: &mut Actions) -> bool {
        let answer = EXPORT.show(ui, path, self.told.as_deref(), actions);
        if answer == Some(true) {
            let path = PathBuf::from(path.trim());
            let text = self.drafts.book.to_ron();
            self.told = None;
            self.writing.run(ui.ctx(), "write-sites", move || {
                let text = text.map_err(|error| error.to_string())?;
                if path.symlink_metadata().is_ok() {
                    return Err(format!("“{}” exists already. Choose another name.", path.display()));
                }
                crate::store::file::write_whole(&path, text.as_bytes())
                    .map_err(|error| format!("“{}” could not be written: {error}.", path.display()))?;
                Ok(format!("Exported to {}.", path.display()))
            });
        }
        answer != Some(false)
    }

    /// Answers of errands.
    fn collect(&mut self) {
        if let Some(usable) = self.keyring.poll() {
            self.form.keyring = Some(usable.is_ok());
        }
        match self.reading.poll() {
            Some(Ok(import)) => {
                let added = self.drafts.import(import);
                self.sheet = (!added.notes.is_empty()).then_some(Sheet::LeftOut(added.notes));
                let known = match added.known {
                    0 => String::new(),
                    some => format!(", {} of which you have already", words::grouped(some)),
                };
                let sites = words::count(added.sites, "site", "sites");
                self.told = Some(format!("Imported {sites}{known}; not saved yet."));
            }
            Some(Err(error)) => self.told = Some(error),
            None => {}
        }
        match self.writing.poll() {
            Some(Ok(told)) => {
                self.sheet = None;
                self.told = Some(told);
            }
            Some(Err(error)) => self.told = Some(error),
            None => {}
        }
    }
}

const TREE_WIDTH: f32 = 248.0;

/// What an import left out; whether it stays in sight.
fn left_out(ui: &Ui, notes: &[String]) -> bool {
    let shown = modal(ui, "Not everything could be imported", 560.0, |ui| {
        crate::ui::dialogs::parts::scrolled_to(ui, 320.0, |ui| {
            for note in notes {
                ui.add(egui::Label::new(note).wrap());
            }
        });
        let mut close = false;
        footer(ui, |ui| {
            let ok = primary(ui, "OK", true);
            crate::ui::dialogs::focus_once(ui, &ok);
            close = ok.clicked();
        });
        close
    });
    !shown.inner && !shown.escaped
}

/// Asks for a file: typed, or with the system's dialog.
struct FileSheet {
    title: &'static str,
    help: &'static str,
    pick: Pick,
}

const IMPORT: FileSheet = FileSheet {
    title: "Import sites",
    help: "FileZilla keeps its sites in sitemanager.xml. Passwords go to the system's keyring, never into a file.",
    pick: Pick::ImportSites,
};

const EXPORT: FileSheet = FileSheet {
    title: "Export sites",
    help: "All saved sites and folders. Passwords are not in it.",
    pick: Pick::ExportSites,
};

impl FileSheet {
    /// `Some(true)` = go on, `Some(false)` = not.
    fn show(&self, ui: &Ui, path: &mut String, problem: Option<&str>, actions: &mut Actions) -> Option<bool> {
        let shown = modal(ui, self.title, 560.0, |ui| {
            let mut answer = None;
            ui.horizontal(|ui| {
                let width = ui.available_width() - 96.0;
                let file = field_of(ui, path, width);
                crate::ui::dialogs::focus_once(ui, &file);
                if crate::ui::dialogs::parts::entered(&file) && !path.trim().is_empty() {
                    answer = Some(true);
                }
                if plain(ui, "Browse…").clicked() {
                    actions.push(Action::Pick(self.pick));
                }
            });
            hint(ui, self.help, problem);
            footer(ui, |ui| {
                if primary(ui, "OK", !path.trim().is_empty()).clicked() {
                    answer = Some(true);
                }
                if plain(ui, words::CANCEL).clicked() {
                    answer = Some(false);
                }
            });
            answer
        });
        if shown.escaped { Some(false) } else { shown.inner }
    }
}

fn field_of(ui: &mut Ui, path: &mut String, width: f32) -> egui::Response {
    field(ui, "File", |ui| input(ui, path, width - crate::ui::dialogs::parts::LABEL_WIDTH - 8.0, false))
}
