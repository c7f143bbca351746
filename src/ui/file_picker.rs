//! The system's file dialogs. They block whoever calls them, so they run on a thread of their own, one at a time.

use std::path::PathBuf;

use rfd::FileDialog;

use crate::app::{Action, Pick};
use crate::ui::errand::Errand;

/// The file dialog that is open, if any.
#[derive(Debug, Default)]
pub(super) struct FilePicker {
    open: Errand<(Pick, Option<PathBuf>)>,
}

impl FilePicker {
    /// Opens the system's dialog; `ctx` is woken when it is answered. Does nothing while another one is open.
    pub(super) fn open(&mut self, pick: Pick, ctx: &egui::Context) {
        self.open.run(ctx, "file-picker", move || (pick, ask(pick)));
    }

    /// What was chosen, once; nothing where the user cancelled, or this system has no such dialog.
    pub(super) fn poll(&mut self) -> Option<Action> {
        let (pick, chosen) = self.open.poll()?;
        Some(Action::Picked(pick, chosen?))
    }
}

fn ask(pick: Pick) -> Option<PathBuf> {
    let dialog = FileDialog::new();
    match pick {
        Pick::ImportSites => dialog
            .set_title("Import sites")
            .add_filter("Site lists (FileZilla, Twinport)", &["xml", "ron"])
            .add_filter("All files", &["*"])
            .pick_file(),
        Pick::ExportSites => dialog
            .set_title("Export sites")
            .add_filter("Twinport site list", &["ron"])
            .set_file_name("sites.ron")
            .save_file(),
        Pick::SiteCertificate => pem(dialog).set_title("Client certificate").pick_file(),
        Pick::SiteKey => pem(dialog).set_title("Private key").pick_file(),
        Pick::SiteLocalDir => dialog.set_title("Local folder to begin in").pick_folder(),
    }
}

fn pem(dialog: FileDialog) -> FileDialog {
    dialog.add_filter("PEM files", &["pem", "crt", "cer", "key"]).add_filter("All files", &["*"])
}
