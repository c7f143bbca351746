//! What happens to files: where one exists, what makes one whole, and what is remembered of it.

use egui::{TextEdit, Ui};

use crate::app::forms::settings_form::{SettingsForm, SettingsProblems};
use crate::store::settings::{ConflictPolicy, Flush, Verify};
use crate::ui::dialogs::parts::{field, hint, label_cell, note, section, text_edit};
use crate::ui::dialogs::settings::{NUMBER, combo, indented, number};

pub(super) fn show(ui: &mut Ui, form: &mut SettingsForm, problems: &SettingsProblems) {
    section(ui, "Files");
    combo(ui, "When a file exists", policy_text(form.on_exists), |ui| {
        for policy in [
            ConflictPolicy::Ask,
            ConflictPolicy::Overwrite,
            ConflictPolicy::Newer,
            ConflictPolicy::Size,
            ConflictPolicy::Resume,
            ConflictPolicy::Rename,
            ConflictPolicy::Skip,
        ] {
            ui.selectable_value(&mut form.on_exists, policy, policy_text(policy));
        }
    });
    indented(ui, |ui| {
        ui.checkbox(&mut form.preserve_times, "Keep modification times");
    });
    field(ui, "Text files", |ui| {
        let edit = TextEdit::singleline(&mut form.ascii_extensions).hint_text("none");
        text_edit(ui, edit, 240.0, problems.ascii_extensions.is_some())
    });
    let text = "Extensions such as txt, html. Line ends of such files are converted (ASCII), so their size changes on \
                the way and they are never resumed. Empty = every file arrives byte for byte.";
    hint(ui, text, problems.ascii_extensions);

    section(ui, "Whole and safe");
    indented(ui, |ui| {
        ui.checkbox(&mut form.safe_uploads, "Upload under a temporary name and rename when whole");
    });
    combo(ui, "Check", verify_text(form.verify), |ui| {
        for verify in [Verify::Size, Verify::Hash, Verify::None] {
            ui.selectable_value(&mut form.verify, verify, verify_text(verify));
        }
    });
    hint(ui, verify_hint(form.verify), None);
    combo(ui, "Force to disk", flush_text(form.flush), |ui| {
        for flush in [Flush::Never, Flush::Large, Flush::Always] {
            ui.selectable_value(&mut form.flush, flush, flush_text(flush));
        }
    });
    let text = "Force downloads to the disk before renaming: a power cut then leaves no file empty that seemed whole.";
    hint(ui, text, None);

    section(ui, "Large files");
    ui.horizontal(|ui| {
        label_cell(ui, "One large file");
        let edit = TextEdit::singleline(&mut form.segments).hint_text("automatic");
        let edit = text_edit(ui, edit, NUMBER, problems.segments.is_some());
        edit.accessible_name("Connections for one large file");
        note(ui, "connections at most, 1 to 32; empty = as many as make it faster.", problems.segments);
    });

    section(ui, "History");
    let text = "days: finished and failed transfers; 0 = never.";
    number(ui, "Forget after", &mut form.history_days, text, problems.history_days);
}

fn policy_text(policy: ConflictPolicy) -> &'static str {
    match policy {
        ConflictPolicy::Ask => "Ask",
        ConflictPolicy::Overwrite => "Overwrite it",
        ConflictPolicy::Newer => "Overwrite if the new one is newer",
        ConflictPolicy::Size => "Overwrite if the sizes differ",
        ConflictPolicy::Resume => "Resume: append what is missing",
        ConflictPolicy::Rename => "Keep both, with a number",
        ConflictPolicy::Skip => "Skip",
    }
}

fn verify_text(verify: Verify) -> &'static str {
    match verify {
        Verify::Size => "The size",
        Verify::Hash => "The hash, where the server can",
        Verify::None => "Nothing",
    }
}

fn verify_hint(verify: Verify) -> &'static str {
    match verify {
        Verify::Size => "A finished file counts as right when both sides have the same size.",
        Verify::Hash => "The server reads each finished file once more and tells its hash; else the size is compared.",
        Verify::None => "The server's word that all arrived is taken.",
    }
}

fn flush_text(flush: Flush) -> &'static str {
    match flush {
        Flush::Never => "Never: when the system likes",
        Flush::Large => "Files of a megabyte and more",
        Flush::Always => "Every file: slow with many small ones",
    }
}
