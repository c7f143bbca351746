//! What this program is.

use egui::{RichText, Ui};

use crate::app::{Action, Actions, words};
use crate::ui::dialogs::parts::{footer, modal, note, primary};
use crate::ui::theme;

pub(super) fn show(ui: &Ui, actions: &mut Actions) {
    let shown = modal(ui, words::ABOUT, 400.0, |ui| {
        ui.label(RichText::new(words::APP).size(20.0).family(theme::medium()));
        ui.label(format!("Version {}", env!("CARGO_PKG_VERSION")));
        ui.label("An FTP client that loses no byte and says plainly what is wrong.");
        note(ui, "Free software under the MIT licence or the Apache licence 2.0, as you like.", None);
        note(ui, "Fonts: Inter (SIL Open Font License), Phosphor icons (MIT).", None);
        let mut close = false;
        footer(ui, |ui| {
            let button = primary(ui, "Close", true);
            crate::ui::dialogs::focus_once(ui, &button);
            close = button.clicked();
        });
        close
    });
    if shown.inner || shown.escaped {
        actions.push(Action::CloseDialog);
    }
}
