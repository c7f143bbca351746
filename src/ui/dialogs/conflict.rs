//! File exists: both sides beside each other, and what to do. A window, not a modal dialog: the queue goes on, and so
//! may the user.

use egui::{Align2, Button, Id, Key, Label, Margin, Modifiers, RichText, Ui, Window, vec2};

use crate::domain::bytes;
use crate::engine::message::{Answer, ConflictPolicy, Direction, FileFacts};
use crate::ui::dialogs::parts::note;
use crate::ui::format;
use crate::ui::theme;
use crate::ui::theme::CONTROL;

/// What is ticked.
#[derive(Default)]
pub(super) struct FileExists {
    for_all: bool,
    shown: bool,
}

const WIDTH: f32 = 560.0;

impl FileExists {
    /// `more` = so many questions wait behind this one.
    pub(super) fn show(
        &mut self,
        ui: &Ui,
        direction: Direction,
        source: &FileFacts,
        target: &FileFacts,
        more: usize,
    ) -> Option<Answer> {
        let ctx = ui.ctx();
        let look = theme::palette(ui);
        let frame = egui::Frame::window(ui.style()).inner_margin(Margin::same(16)).fill(look.raised);
        let window = Window::new("File exists")
            .id(Id::unique("file exists"))
            .frame(frame)
            .title_bar(false)
            .resizable(false)
            .pivot(Align2::CENTER_CENTER)
            .default_pos(ctx.content_rect().center())
            .fixed_size(vec2(WIDTH, 0.0));
        let shown = window.show(ctx, |ui| {
            ui.spacing_mut().item_spacing = vec2(8.0, 8.0);
            crate::ui::dialogs::parts::heading(ui, "File exists");
            let dialog = crate::ui::dialogs::parts::node(ui, egui::UiKind::Window);
            (self.contents(ui, direction, source, target, more), dialog)
        })?;
        let (answer, dialog) = shown.inner.unwrap_or_default();
        crate::ui::dialogs::parts::place(ctx, dialog, "File exists", shown.response.rect);
        // Esc means this window only where the user is in it.
        let inside = ctx.top_layer_id() == Some(shown.response.layer_id);
        if answer.is_none()
            && inside
            && !ctx.egui_wants_keyboard_input()
            && ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape))
        {
            return Some(Answer::Never);
        }
        answer
    }

    fn contents(
        &mut self,
        ui: &mut Ui,
        direction: Direction,
        source: &FileFacts,
        target: &FileFacts,
        more: usize,
    ) -> Option<Answer> {
        let (here, there) = ("on this computer", "on the server");
        let (from, to) = match direction {
            Direction::Download => (there, here),
            Direction::Upload => (here, there),
        };
        let name = source.path.rsplit(['/', '\\']).next().unwrap_or(&source.path);
        ui.add(Label::new(format!("“{name}” is there already. What should become of it?")).wrap());
        let newer = newest(source, target);
        let larger = largest(source, target);
        ui.columns(2, |columns| {
            side(&mut columns[0], &format!("The new one, {from}"), source, newer == Some(true), larger == Some(true));
            side(&mut columns[1], &format!("The one there, {to}"), target, newer == Some(false), larger == Some(false));
        });
        ui.checkbox(&mut self.for_all, "Apply to all");
        let what = match direction {
            Direction::Download => "downloads",
            Direction::Upload => "uploads",
        };
        note(ui, &format!("Do the same with all {what} that wait in the queue and find their file."), None);
        let mut chosen = None;
        let resumable = target.size.zip(source.size).is_none_or(|(target, source)| target < source);
        ui.add_space(4.0);
        ui.horizontal(|ui| {
            let size = vec2((ui.available_width() - 3.0 * 8.0) / 4.0, CONTROL);
            let mut button = |ui: &mut Ui, text: &str, enabled: bool, hover: &str, policy| {
                let response = ui.add_enabled(enabled, Button::new(text).min_size(size)).on_hover_text(hover);
                if response.clicked() {
                    chosen = Some(policy);
                }
                response.on_disabled_hover_text("The one there is not shorter than the new one: nothing is missing.")
            };
            button(ui, "Overwrite", true, "The new one replaces the one there.", ConflictPolicy::Overwrite);
            button(ui, "Resume", resumable, "What is missing at its end is appended.", ConflictPolicy::Resume);
            button(ui, "Rename", true, "Both are kept: the new one gets a number.", ConflictPolicy::Rename);
            let skip = button(ui, "Skip", true, "The one there stays as it is.", ConflictPolicy::Skip);
            // The harmless one is the default; but nobody's typing is interrupted.
            if !std::mem::replace(&mut self.shown, true) && !ui.ctx().egui_wants_keyboard_input() {
                skip.request_focus();
            }
        });
        if more > 0 {
            note(
                ui,
                &format!("Behind it: {} with the same question.", crate::app::words::count(more, "file", "files")),
                None,
            );
        }
        chosen.map(|policy| Answer::OnExists { policy, for_all: self.for_all })
    }
}

fn side(ui: &mut Ui, title: &str, facts: &FileFacts, newer: bool, larger: bool) {
    let look = theme::palette(ui);
    let frame = egui::Frame::new().fill(look.panel).corner_radius(6.0).inner_margin(Margin::same(12));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 4.0;
        ui.label(theme::weak(ui, title));
        let path = RichText::new(&facts.path).monospace();
        ui.add(Label::new(path).truncate()).on_hover_text(&facts.path);
        let size = facts.size.map_or_else(|| "size unknown".to_owned(), size_text);
        fact(ui, &size, larger.then_some("larger"));
        let date = facts.modified.map_or_else(|| "date unknown".to_owned(), format::time);
        fact(ui, &date, newer.then_some("newer"));
    });
}

/// A value, and a mark behind it where it is the greater one.
fn fact(ui: &mut Ui, text: &str, mark: Option<&str>) {
    let look = theme::palette(ui);
    ui.spacing_mut().interact_size.y = 20.0;
    ui.horizontal(|ui| {
        ui.label(text);
        if let Some(mark) = mark {
            let (rect, _) = ui.allocate_exact_size(vec2(6.0, 6.0), egui::Sense::hover());
            ui.painter().circle_filled(rect.center(), 3.0, look.accent);
            ui.label(RichText::new(mark).size(theme::SMALL));
        }
    });
}

fn size_text(size: u64) -> String {
    if size < 1024 { bytes(size) } else { format!("{} ({} bytes)", bytes(size), grouped(size)) }
}

fn grouped(number: u64) -> String {
    crate::app::words::grouped(usize::try_from(number).unwrap_or(usize::MAX))
}

/// `Some(true)` = the source is newer. Times of different zones cannot be compared to the hour, so only a difference of
/// more than a day counts then.
fn newest(source: &FileFacts, target: &FileFacts) -> Option<bool> {
    let (source, target) = (source.modified?, target.modified?);
    let difference = source.seconds - target.seconds;
    let least = if source.zone == target.zone { 2 } else { 86_400 };
    (difference.abs() >= least).then_some(difference > 0)
}

/// `Some(true)` = the source is larger.
fn largest(source: &FileFacts, target: &FileFacts) -> Option<bool> {
    let (source, target) = (source.size?, target.size?);
    (source != target).then_some(source > target)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Precision, Timestamp, Zone};

    #[test]
    fn newer_is_only_said_where_it_can_be_known() {
        let facts = |seconds, zone| FileFacts {
            path: String::new(),
            size: None,
            modified: Some(Timestamp { seconds, precision: Precision::Second, zone }),
        };
        assert_eq!(newest(&facts(100, Zone::Utc), &facts(10, Zone::Utc)), Some(true));
        assert_eq!(newest(&facts(100, Zone::Utc), &facts(101, Zone::Utc)), None);
        assert_eq!(newest(&facts(3600, Zone::Utc), &facts(0, Zone::Server)), None);
        assert_eq!(newest(&facts(0, Zone::Utc), &facts(90_000, Zone::Server)), Some(false));
    }
}
