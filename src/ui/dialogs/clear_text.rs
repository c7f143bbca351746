//! Unencrypted connection: the server takes no TLS. What that means, and whether to go on. Where it has spoken TLS
//! before, it is an alarm. The default is not to.

use egui::{Label, RichText, Ui};

use crate::app::words;
use crate::domain::{Logon, Site, SiteId, visible};
use crate::engine::message::Answer;
use crate::ui::dialogs::certificate::marked;
use crate::ui::dialogs::parts::{alarm, footer, modal_under, note, plain, primary};
use crate::ui::theme;

/// The accessible name.
const NAME: &str = "Unencrypted connection";

/// `said` = the server's refusal; `downgrade` = it has spoken TLS before.
pub(super) fn show(ui: &Ui, site: &Site, said: &str, downgrade: bool) -> Option<Answer> {
    let title = if downgrade { "The server refuses encryption, and it did not before" } else { NAME };
    let heading = |ui: &mut Ui| alarm(ui, title, downgrade);
    let shown = modal_under(ui, NAME, 520.0, heading, |ui| {
        let look = theme::palette(ui);
        let host = &site.host;
        let what = if downgrade {
            format!("“{host}” has encrypted with TLS until now, and refuses to today.")
        } else {
            format!("“{host}” offers no encryption (TLS).")
        };
        ui.add(Label::new(what).wrap());
        if !said.trim().is_empty() {
            ui.horizontal_wrapped(|ui| {
                ui.label(RichText::new("It says:").color(look.weak));
                let said = RichText::new(visible(said.trim())).monospace().color(look.text);
                ui.add(Label::new(said).selectable(true));
            });
        }
        let private = if site.logon == Logon::Anonymous { "everything" } else { "your password and everything" };
        let danger =
            format!("Whoever is on the way to the server can read {private} that you transfer, and change it.");
        if downgrade {
            marked(ui, "Somebody on the way may have taken the encryption out, to read along.", look.error);
            let advice = "Nothing was sent yet, no password either. Ask the server's administrator, and go on only if \
                          encryption was switched off on purpose.";
            note(ui, &format!("{danger} {advice}"), None);
        } else {
            marked(ui, &danger, look.warn);
            let kept = if site.id == SiteId(0) {
                "If you go on, you are not asked again for this server. Nothing was sent yet, no password either."
            } else {
                "If you go on, you are not asked again for this site; the Site Manager lists it under Learned. Nothing \
                 was sent yet, no password either."
            };
            note(ui, kept, None);
        }
        let mut answer = None;
        footer(ui, |ui| {
            let cancel = if downgrade { primary(ui, words::CANCEL, true) } else { plain(ui, words::CANCEL) };
            crate::ui::dialogs::focus_once(ui, &cancel);
            if cancel.clicked() {
                answer = Some(Answer::Never);
            }
            if plain(ui, "Go on without encryption").clicked() {
                answer = Some(Answer::ClearText);
            }
        });
        answer
    });
    shown.inner.or(shown.escaped.then_some(Answer::Never))
}
