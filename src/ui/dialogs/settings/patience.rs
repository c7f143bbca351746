//! How long to wait, and how often to try again.

use egui::Ui;

use crate::app::forms::settings_form::{SettingsForm, SettingsProblems};
use crate::ui::dialogs::parts::section;
use crate::ui::dialogs::settings::number;

pub(super) fn show(ui: &mut Ui, form: &mut SettingsForm, problems: &SettingsProblems) {
    section(ui, "Timeouts");
    let text = "seconds to wait for a connection";
    number(ui, "Connect timeout", &mut form.connect_timeout, text, problems.connect_timeout);
    let text = "seconds to wait for a reply, or the next byte";
    number(ui, "Reply timeout", &mut form.reply_timeout, text, problems.reply_timeout);
    section(ui, "Retries");
    number(ui, "Retries", &mut form.retries, "times, of what may pass by itself", problems.retries);
    let text = "seconds before the first retry; each further one waits twice as long";
    number(ui, "Retry delay", &mut form.retry_delay, text, problems.retry_delay);
}
