//! The transfer queue: four tabs, what moves now and how long it will take, and in words why something failed.

use egui::accesskit::Role;
use egui::{
    Align, Button, Color32, Key, Layout, Popup, Rect, Response, RichText, Sense, TextEdit, Ui, UiBuilder, WidgetInfo,
    pos2, vec2,
};
use egui_extras::{Column, TableBuilder, TableRow};

use crate::app::files::selection::Click;
use crate::app::queue_view::tab::Tab;
use crate::app::queue_view::{Found, Job, QueueSelection};
use crate::app::{Action, Actions, Model, words};
use crate::domain::{EntryKind, JobId, bytes, bytes_of, rate, time_left};
use crate::engine::message::{Direction, JobState, Outcome, Place, QueueCommand};
use crate::ui::dialogs::painted;
use crate::ui::{format, icons, keys, theme};

/// The queue panel's own state.
pub(super) struct QueuePanel {
    tab: Tab,
    selection: QueueSelection,
    filter: String,
    found: Found,
}

impl Default for QueuePanel {
    fn default() -> Self {
        Self { tab: Tab::Active, selection: QueueSelection::default(), filter: String::new(), found: Found::default() }
    }
}

impl QueuePanel {
    /// Draws it into its panel.
    pub(super) fn show(&mut self, ui: &mut Ui, model: &Model, actions: &mut Actions) {
        let container = UiBuilder::new().id_salt("transfer queue").max_rect(ui.available_rect_before_wrap());
        let scope = ui.scope_builder(container, |ui| {
            ui.spacing_mut().item_spacing = vec2(4.0, 0.0);
            self.header(ui, model, actions);
            if model.settings.window.queue_open {
                self.body(ui, model, actions);
            }
        });
        ui.ctx().accesskit_node_builder(scope.response.id, |node| {
            node.set_role(Role::Region);
            node.set_label(words::TRANSFER_QUEUE);
        });
    }

    fn header(&mut self, ui: &mut Ui, model: &Model, actions: &mut Actions) {
        let open = model.settings.window.queue_open;
        ui.allocate_ui_with_layout(vec2(ui.available_width(), HEADER), Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_height(HEADER);
            ui.add_space(4.0);
            let caret = if open { icons::CARET_DOWN } else { icons::CARET_RIGHT };
            let name = if open { "Hide the queue" } else { "Show the queue" };
            let toggle = ui.add(Button::new(icons::text(caret)).frame(false)).on_hover_text(name).accessible_name(name);
            if toggle.clicked() {
                actions.push(Action::ToggleQueue);
            }
            for tab in Tab::ALL {
                if self.tab_button(ui, model, tab).clicked() {
                    self.tab = tab;
                    self.selection.clear();
                    if !open {
                        actions.push(Action::ToggleQueue);
                    }
                }
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.add_space(4.0);
                let mut button = |ui: &mut Ui, text: &str, enabled: bool, action: Action| {
                    let text = RichText::new(text).size(theme::SMALL);
                    if ui.add_enabled(enabled, Button::new(text).min_size(vec2(0.0, 24.0))).clicked() {
                        actions.push(action);
                    }
                };
                let any = |tab| model.queue.count(tab) > 0;
                button(ui, "Clear done", any(Tab::Done), Action::Queue(QueueCommand::ClearDone));
                if self.tab == Tab::Failed && any(Tab::Failed) {
                    button(ui, "Clear failed", true, Action::Queue(QueueCommand::ClearFailed));
                }
                button(ui, "Retry failed", any(Tab::Failed), Action::Queue(QueueCommand::RetryFailed));
                let pause = Action::TogglePauseQueue;
                button(ui, pause.label(model), pause.enabled(model), pause.clone());
                if open {
                    ui.add_space(4.0);
                    self.filter(ui);
                }
                ui.add_space(8.0);
                let look = theme::palette(ui);
                if let Some(totals) = totals(ui, model, ui.available_width()) {
                    ui.add(egui::Label::new(RichText::new(totals).size(theme::SMALL).color(look.weak)).truncate());
                }
            });
        });
    }

    fn filter(&mut self, ui: &mut Ui) {
        let look = theme::palette(ui);
        let narrow = ui.available_width() < 320.0;
        let edit = TextEdit::singleline(&mut self.filter)
            .prefix(RichText::new(icons::SEARCH).font(icons::font()).color(look.faint))
            .hint_text(words::FILTER)
            .font(egui::FontId::proportional(theme::SMALL))
            .align(egui::Align2::LEFT_CENTER)
            .margin(egui::Margin::symmetric(6, 2))
            .min_size(vec2(0.0, 24.0))
            .desired_width(if narrow { 96.0 } else { 140.0 });
        let response = ui.add(edit).accessible_name(words::FILTER_TRANSFERS);
        if response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Escape)) {
            self.filter.clear();
        }
        // A filter that hides transfers must be seen.
        if !self.filter.is_empty() {
            let stroke = egui::Stroke::new(1.0, look.accent);
            ui.painter().rect_stroke(response.rect, f32::from(theme::RADIUS), stroke, egui::StrokeKind::Inside);
        }
    }

    fn tab_button(&self, ui: &mut Ui, model: &Model, tab: Tab) -> Response {
        let look = theme::palette(ui);
        let text = format!("{} ({})", tab_name(tab), model.queue.count(tab));
        let selected = self.tab == tab && model.settings.window.queue_open;
        let colour = if selected { look.text } else { look.weak };
        let failed = tab == Tab::Failed && model.queue.count(tab) > 0;
        let galley = egui::WidgetText::from(RichText::new(&text).color(colour)).into_galley(
            ui,
            Some(egui::TextWrapMode::Extend),
            f32::INFINITY,
            egui::TextStyle::Body,
        );
        let mark = if failed { 12.0 } else { 0.0 };
        let size = vec2(galley.size().x + 20.0 + mark, HEADER);
        let (rect, response) = ui.allocate_exact_size(size, Sense::click());
        response.widget_info(|| WidgetInfo::selected(Role::Tab, true, selected, &text));
        let inner = rect.shrink2(vec2(0.0, 6.0));
        if response.hovered() || response.has_focus() {
            ui.painter().rect_filled(inner, f32::from(theme::RADIUS), look.hover);
        }
        if failed {
            ui.painter().circle_filled(pos2(rect.left() + 13.0, rect.center().y), 3.0, look.error);
        }
        let at = pos2(rect.left() + 10.0 + mark, rect.center().y - galley.size().y / 2.0);
        ui.painter().galley(at, galley, colour);
        if selected {
            let line = Rect::from_min_max(
                pos2(rect.left() + 8.0, rect.bottom() - 2.0),
                pos2(rect.right() - 8.0, rect.bottom()),
            );
            ui.painter().rect_filled(line, 1.0, look.accent);
        }
        response
    }

    fn body(&mut self, ui: &mut Ui, model: &Model, actions: &mut Actions) {
        let look = theme::palette(ui);
        let line = ui.cursor().top();
        ui.painter().hline(ui.max_rect().x_range(), line, egui::Stroke::new(1.0, look.line));
        ui.add_space(1.0);
        // Taken out while the rows change the selection.
        let mut found = std::mem::take(&mut self.found);
        let filtered = !self.filter.trim().is_empty();
        if filtered && !found.look(&model.queue, self.tab, &self.filter, LOOKS_A_FRAME) {
            ui.ctx().request_repaint();
        }
        let jobs = if filtered { found.rows() } else { model.queue.tab(self.tab) };
        self.rows(ui, model, jobs, actions);
        self.found = found;
    }

    fn rows(&mut self, ui: &mut Ui, model: &Model, jobs: &[JobId], actions: &mut Actions) {
        if jobs.is_empty() {
            let filtered = model.queue.count(self.tab) > 0 && !self.filter.trim().is_empty();
            if filtered {
                nothing(ui, words::NO_MATCH_IN_QUEUE, &format!("“{}”", self.filter.trim()));
            } else {
                empty(ui, self.tab, model);
            }
            return;
        }
        let moved = self.keys(ui, jobs, model, actions);
        // Columns are told apart by their alignment; a line shows while one is dragged.
        ui.visuals_mut().widgets.noninteractive.bg_stroke = egui::Stroke::NONE;
        let wide = ui.available_width();
        let place = (wide * 0.15).clamp(80.0, 260.0);
        // A table keeps its columns as they were, and a narrower window would hide the last ones: each width has its own.
        #[expect(clippy::cast_possible_truncation, reason = "points on a screen")]
        let width = wide.round() as i32;
        let mut table = TableBuilder::new(ui)
            .id_salt(("queue", self.tab as usize, width))
            .sense(Sense::click())
            .resizable(true)
            .auto_shrink(false)
            .min_scrolled_height(0.0)
            .max_scroll_height(f32::INFINITY)
            .cell_layout(Layout::left_to_right(Align::Center));
        if let Some(row) = moved {
            table = table.scroll_to_row(row, None);
        }
        table = match self.tab {
            Tab::Active => table
                .column(Column::remainder().at_least(120.0).clip(true))
                .column(Column::initial(place).at_least(60.0).clip(true))
                .column(Column::initial(place).at_least(60.0).clip(true))
                .column(Column::initial(88.0).at_least(56.0).clip(true))
                .column(Column::initial(136.0).at_least(80.0).clip(true))
                // The longest is “1023.9 KiB/s”.
                .column(Column::initial(100.0).at_least(56.0).clip(true))
                .column(Column::initial(92.0).at_least(56.0).clip(true).resizable(false)),
            Tab::Queued => table
                .column(Column::initial((wide * 0.26).clamp(120.0, 360.0)).at_least(100.0).clip(true))
                .column(Column::initial(place).at_least(60.0).clip(true))
                .column(Column::initial(place).at_least(60.0).clip(true))
                .column(Column::initial(88.0).at_least(56.0).clip(true))
                .column(Column::remainder().at_least(100.0).clip(true)),
            tab => table
                .column(Column::initial((wide * 0.22).clamp(120.0, 360.0)).at_least(100.0).clip(true))
                .column(Column::initial(place).at_least(60.0).clip(true))
                .column(Column::initial(place).at_least(60.0).clip(true))
                .column(Column::initial(88.0).at_least(56.0).clip(true))
                // The longest is “2026-11-24 14:32”.
                .column(Column::initial(144.0).at_least(64.0).clip(true))
                .column(Column::remainder().at_least(if tab == Tab::Failed { 200.0 } else { 100.0 }).clip(true)),
        };
        let titles: &[&str] = match self.tab {
            Tab::Active => &["Name", "Remote folder", "Local folder", "Size", "Progress", "Speed", "Left"],
            Tab::Queued => &["Name", "Remote folder", "Local folder", "Size", "State"],
            Tab::Failed | Tab::Done => &["Name", "Remote folder", "Local folder", "Size", "Finished", "State"],
        };
        let active = self.tab == Tab::Active;
        table
            .header(theme::LINE, |mut row| {
                for title in titles {
                    row.col(|ui| {
                        // Numbers stand right, and so do their titles.
                        let number = matches!(*title, "Size" | "Speed" | "Left");
                        let layout = if number { Layout::right_to_left } else { Layout::left_to_right };
                        ui.with_layout(layout(Align::Center), |ui| {
                            ui.add_space(8.0);
                            let text = theme::weak(ui, *title);
                            ui.add(egui::Label::new(text).truncate());
                        });
                    });
                }
            })
            .body(|body| {
                body.rows(theme::ROW, jobs.len(), |mut row| {
                    let Some(job) = jobs.get(row.index()).and_then(|id| model.queue.job(*id)) else {
                        // A table's row needs a cell.
                        row.col(|_| {});
                        return;
                    };
                    row.set_selected(self.selection.contains(job.view.id));
                    if active {
                        active_cells(&mut row, &job)
                    } else {
                        settled_cells(&mut row, &job)
                    }
                    let response = row.response();
                    self.react(&response, &job, jobs, actions);
                });
            });
    }

    fn react(&mut self, response: &Response, job: &Job, jobs: &[JobId], actions: &mut Actions) {
        let id = job.view.id;
        let name = format!("{}: {}", name_of(job), state_words(job));
        response.widget_info(|| WidgetInfo::selected(Role::Row, true, self.selection.contains(id), &name));
        if self.selection.cursor() == Some(id) {
            response
                .ctx
                .accesskit_node_builder(keys::queue(), |node| node.set_active_descendant(response.id.accesskit_id()));
        }
        if response.clicked() || response.secondary_clicked() {
            let modifiers = response.ctx.input(|input| input.modifiers);
            let how = match (modifiers.command, modifiers.shift) {
                _ if response.secondary_clicked() => Click::Menu,
                (_, true) => Click::Range,
                (true, false) => Click::Toggle,
                (false, false) => Click::Only,
            };
            self.selection.click(jobs, id, how);
            // From now on keys mean these rows, not those of a pane.
            response.ctx.memory_mut(|memory| memory.request_focus(keys::queue()));
        }
        let explained = explanation(job);
        let ended = job.view.ended.map(|time| format!("Finished {}", format::time(time)));
        if let Some(ended) = &ended {
            response.ctx.accesskit_node_builder(response.id, |node| node.set_description(ended.as_str()));
        }
        let hints = [ended, Some(explained.clone())].into_iter().flatten().filter(|text| !text.is_empty());
        let hint = hints.collect::<Vec<_>>().join("\n");
        let response = if hint.is_empty() { response.clone() } else { response.clone().on_hover_text(hint) };
        Popup::context_menu(&response).show(|ui| self.menu(ui, job, jobs, &explained, actions));
    }

    /// While the rows have the keys: arrows move, Del takes out, Ctrl+A selects all, Enter tries again. The row that the
    /// cursor was moved to comes back.
    fn keys(&mut self, ui: &Ui, jobs: &[JobId], model: &Model, actions: &mut Actions) -> Option<usize> {
        let list = ui.interact(ui.available_rect_before_wrap(), keys::queue(), Sense::focusable_noninteractive());
        list.widget_info(|| WidgetInfo::labeled(Role::List, true, words::TRANSFERS));
        if !list.has_focus() || keys::is_modal(model) || ui.ctx().any_popup_open() {
            return None;
        }
        let filter = egui::EventFilter { vertical_arrows: true, ..egui::EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(list.id, filter));
        let mut pressed = Vec::new();
        ui.input_mut(|input| {
            input.events.retain(|event| {
                let egui::Event::Key { key, pressed: true, modifiers, repeat, .. } = event else { return true };
                let moves = keys::motion(*key, PAGE).is_some();
                let acts = match key {
                    Key::A => modifiers.command && !modifiers.shift,
                    Key::Delete | Key::Enter | Key::Space => true,
                    _ => moves,
                };
                if acts && (moves || !repeat) && !modifiers.alt {
                    pressed.push((*key, *modifiers));
                }
                !acts || modifiers.alt
            });
        });
        let mut moved = None;
        for (key, modifiers) in pressed {
            match (key, self.selection.cursor()) {
                (Key::A, _) => self.selection.select_all(jobs),
                (Key::Space, Some(cursor)) => self.selection.click(jobs, cursor, Click::Toggle),
                (Key::Delete, _) => {
                    let gone = self.selection.take(jobs);
                    if !gone.is_empty() {
                        actions.push(Action::Queue(QueueCommand::Remove(gone)));
                    }
                }
                (Key::Enter, _) => self.go_on(jobs, model, actions),
                _ => {
                    let to = keys::motion(key, PAGE)
                        .and_then(|motion| self.selection.move_cursor(jobs, motion, modifiers.shift));
                    moved = to.or(moved);
                }
            }
        }
        moved
    }

    /// Of the selected ones, what failed is tried again and what is paused goes on.
    fn go_on(&self, jobs: &[JobId], model: &Model, actions: &mut Actions) {
        let (mut failed, mut paused) = (Vec::new(), Vec::new());
        for id in self.selection.of(jobs) {
            match model.queue.job(id).map(|job| job.view.state) {
                Some(JobState::Failed(_)) => failed.push(id),
                Some(JobState::Paused) => paused.push(id),
                _ => {}
            }
        }
        if !failed.is_empty() {
            actions.push(Action::Queue(QueueCommand::Retry(failed)));
        }
        if !paused.is_empty() {
            actions.push(Action::Queue(QueueCommand::Resume(paused)));
        }
    }

    fn menu(&self, ui: &mut Ui, job: &Job, jobs: &[JobId], explained: &str, actions: &mut Actions) {
        ui.set_min_width(168.0);
        // In the queue's order, so that a move keeps it.
        let mut chosen = self.selection.of(jobs);
        if chosen.is_empty() {
            chosen.push(job.view.id);
        }
        let mut entry = |ui: &mut Ui, text: &str, enabled: bool, command: fn(Vec<JobId>) -> QueueCommand| {
            if ui.add_enabled(enabled, Button::new(text)).clicked() {
                actions.push(Action::Queue(command(chosen.clone())));
                ui.close();
            }
        };
        let waits = self.tab == Tab::Queued;
        let runs = self.tab == Tab::Active;
        if waits || runs {
            entry(ui, "Pause", job.view.state != JobState::Paused, QueueCommand::Pause);
            entry(ui, "Resume", job.view.state == JobState::Paused, QueueCommand::Resume);
            entry(ui, "Cancel transfer", true, QueueCommand::Cancel);
        }
        if self.tab == Tab::Failed {
            entry(ui, "Retry", true, QueueCommand::Retry);
        }
        entry(ui, "Remove from queue", true, QueueCommand::Remove);
        if waits {
            ui.separator();
            entry(ui, "Move to top", true, |ids| QueueCommand::Move(ids, Place::First));
            entry(ui, "Move up", true, |ids| QueueCommand::Move(ids, Place::Up));
            entry(ui, "Move down", true, |ids| QueueCommand::Move(ids, Place::Down));
            entry(ui, "Move to bottom", true, |ids| QueueCommand::Move(ids, Place::Last));
        }
        if !explained.is_empty() {
            ui.separator();
            if ui.button("Copy explanation").clicked() {
                actions.push(Action::CopyText(explained.to_owned()));
                ui.close();
            }
        }
    }
}

/// Rows that PageUp and PageDown move: the panel shows about so many.
const PAGE: usize = 8;

/// Of a filter, so many jobs are looked at before a frame is drawn.
const LOOKS_A_FRAME: usize = 20_000;

/// The tabs and buttons; all there is while the panel is shut.
pub(super) const HEADER: f32 = 36.0;

fn active_cells(row: &mut TableRow<'_, '_>, job: &Job) {
    common_cells(row, job);
    row.col(|ui| progress(ui, job));
    let rate = if job.rate > 0 { rate(job.rate) } else { String::new() };
    text_cell(row, &rate, Align::Max, false);
    text_cell(row, &job.time_left.map(time_left).unwrap_or_default(), Align::Max, false);
}

fn settled_cells(row: &mut TableRow<'_, '_>, job: &Job) {
    common_cells(row, job);
    if job.view.state.is_ended() {
        text_cell(row, &job.view.ended.map(format::time).unwrap_or_default(), Align::Min, true);
    }
    row.col(|ui| {
        let look = theme::palette(ui);
        let mark = match &job.view.state {
            JobState::Failed(_) => Some(look.error),
            JobState::Waiting { .. } => Some(look.warn),
            JobState::Done(Outcome::Transferred) => Some(look.ok),
            _ => None,
        };
        ui.add_space(8.0);
        if let Some(colour) = mark {
            let (rect, _) = ui.allocate_exact_size(vec2(6.0, 6.0), Sense::hover());
            ui.painter().circle_filled(rect.center(), 3.0, colour);
            ui.add_space(2.0);
        }
        let width = ui.available_width() - 8.0;
        painted(ui, &state_words(job), theme::TEXT, text_colour(ui, false), width, Align::Min);
    });
}

fn common_cells(row: &mut TableRow<'_, '_>, job: &Job) {
    let view = &job.view;
    row.col(|ui| {
        let look = theme::palette(ui);
        ui.add_space(8.0);
        let (arrow, colour) = match view.direction {
            Direction::Download => (icons::ARROW_DOWN, look.ok),
            Direction::Upload => (icons::ARROW_UP, look.accent),
        };
        icon(ui, arrow, colour, false);
        if view.kind == EntryKind::Directory {
            icon(ui, icons::FOLDER, look.folder, true);
        }
        let width = ui.available_width();
        painted(ui, &name_of(job), theme::TEXT, text_colour(ui, false), width, Align::Min);
    });
    let remote = view.remote.parent().map(|dir| dir.text(&view.site.charset)).unwrap_or_default();
    text_cell(row, &remote, Align::Min, true);
    let local = view.local.parent().map(|dir| dir.display().to_string()).unwrap_or_default();
    text_cell(row, &local, Align::Min, true);
    let size = view.size.filter(|_| view.kind != EntryKind::Directory);
    text_cell(row, &size.map(bytes).unwrap_or_default(), Align::Max, true);
}

fn text_cell(row: &mut TableRow<'_, '_>, text: &str, align: Align, weak: bool) {
    row.col(|ui| {
        ui.add_space(8.0);
        let width = ui.available_width() - if align == Align::Max { 8.0 } else { 0.0 };
        painted(ui, text, theme::TEXT, text_colour(ui, weak), width, align);
    });
}

/// On a selected row the row's own colour for text.
fn text_colour(ui: &Ui, weak: bool) -> Color32 {
    let look = theme::palette(ui);
    if weak { look.weak } else { ui.visuals().override_text_color.unwrap_or(look.text) }
}

fn icon(ui: &mut Ui, icon: char, colour: Color32, filled: bool) {
    let (rect, _) = ui.allocate_exact_size(vec2(theme::ICON, theme::ICON), Sense::hover());
    let font = if filled { icons::filled_font() } else { icons::font() };
    ui.painter().text(rect.center(), egui::Align2::CENTER_CENTER, icon, font, colour);
}

/// A bar with its percentage behind it; where the size is not known, what came so far.
fn progress(ui: &mut Ui, job: &Job) {
    let look = theme::palette(ui);
    ui.add_space(8.0);
    let share = share(job);
    if matches!(job.view.state, JobState::Asking(_)) || job.view.kind == EntryKind::Directory {
        return painted(ui, &state_words(job), theme::TEXT, look.weak, ui.available_width(), Align::Min);
    }
    let text = match share {
        Some(share) => format!("{:.0} %", (share * 100.0).floor()),
        None => bytes(job.view.bytes),
    };
    let width = ui.available_width() - 8.0;
    let bar = (width - 44.0).max(24.0);
    let (rect, _) = ui.allocate_exact_size(vec2(bar, 6.0), Sense::hover());
    ui.painter().rect_filled(rect, 3.0, look.track);
    if let Some(share) = share {
        let done = Rect::from_min_size(rect.min, vec2(rect.width() * share, rect.height()));
        ui.painter().rect_filled(done, 3.0, look.accent);
    }
    painted(ui, &text, theme::SMALL, look.text, ui.available_width() - 8.0, Align::Max);
}

/// 0 to 1; `None` where the size is not known.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a bar of some hundred points")]
fn share(job: &Job) -> Option<f32> {
    let size = job.view.size.filter(|size| *size > 0)?;
    Some((job.view.bytes as f64 / size as f64).clamp(0.0, 1.0) as f32)
}

fn name_of(job: &Job) -> String {
    let view = &job.view;
    let remote = || view.remote.file_name().map(|name| view.site.charset.show(name));
    let local = || view.local.file_name().map(|name| name.to_string_lossy().into_owned());
    match view.direction {
        Direction::Download => remote().or_else(local),
        Direction::Upload => local().or_else(remote),
    }
    .unwrap_or_else(|| view.remote.to_string())
}

/// The state in a few words; of what failed, what happened and why.
fn state_words(job: &Job) -> String {
    match &job.view.state {
        JobState::Queued => "Waiting".into(),
        JobState::Waiting { error, .. } if error.lacks_room() => {
            format!("Waits for room. {}", error.explain().what)
        }
        JobState::Waiting { attempt, error, .. } => {
            format!("Tries again soon (after try {attempt}). {}", error.explain().what)
        }
        JobState::Asking(_) => "Asks you".into(),
        JobState::Running if job.view.kind == EntryKind::Directory => "Reading the folder".into(),
        JobState::Running => match share(job) {
            Some(share) => format!("{:.0} %", (share * 100.0).floor()),
            None => bytes(job.view.bytes),
        },
        JobState::Paused => "Paused".into(),
        JobState::Done(Outcome::Skipped) => "Skipped: it was there already".into(),
        JobState::LeftOut(why) => format!("Left out. {}", [why.what.as_str(), why.why.as_str()].join(" ").trim_end()),
        JobState::Done(_) => "Done".into(),
        JobState::Failed(error) => {
            let text = error.explain();
            [text.what, text.why].join(" ").trim_end().to_owned()
        }
        JobState::Cancelled => "Cancelled".into(),
    }
}

fn explanation(job: &Job) -> String {
    match &job.view.state {
        JobState::Failed(error) | JobState::Waiting { error, .. } => error.explain().line(),
        JobState::LeftOut(why) => why.line(),
        _ => String::new(),
    }
}

fn tab_name(tab: Tab) -> &'static str {
    match tab {
        Tab::Queued => "Queued",
        Tab::Active => "Active",
        Tab::Failed => "Failed",
        Tab::Done => "Done",
    }
}

/// `12 of 340 files · 1.2 of 4.5 GiB · 35.0 MiB/s · 1 min 20 s left`; nothing where nothing is to be done. As the engine
/// counts: what was done since the queue had nothing to do last, and what is open. Where there is no room for all, the
/// speed goes first, which the status bar shows as well, and then the bytes.
fn totals(ui: &Ui, model: &Model, room: f32) -> Option<String> {
    let queue = &model.queue;
    if queue.count(Tab::Queued) + queue.count(Tab::Active) == 0 {
        return None;
    }
    let progress = &queue.progress;
    let (done, all) = (&progress.done, &progress.all);
    let number = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let mut parts: Vec<(u8, String)> = Vec::new();
    if all.files > 0 {
        let files = words::count(number(all.files), "file", "files");
        parts.push((0, format!("{} of {files}", words::grouped(number(done.files)))));
    }
    if progress.folders > 0 {
        parts.push((2, format!("{} to read", words::count(number(progress.folders), "folder", "folders"))));
    }
    if all.bytes > 0 {
        parts.push((3, bytes_of(done.bytes, all.bytes)));
    }
    if queue.paused || model.limited.paused {
        parts.push((0, "paused".into()));
    }
    let speed = progress.rate_down.saturating_add(progress.rate_up);
    if speed > 0 {
        parts.push((4, rate(speed)));
    }
    if let Some(left) = progress.time_left {
        parts.push((1, format!("{} left", time_left(left))));
    }
    let text = |least: u8| {
        let kept: Vec<&str> = parts.iter().filter(|(rank, _)| *rank <= least).map(|(_, part)| part.as_str()).collect();
        kept.join("  ·  ")
    };
    let fits = |text: &String| {
        let font = egui::FontId::proportional(theme::SMALL);
        ui.painter().layout_no_wrap(text.clone(), font, Color32::PLACEHOLDER).size().x <= room
    };
    [4, 3, 2, 1, 0].map(text).into_iter().find(fits)
}

fn empty(ui: &mut Ui, tab: Tab, model: &Model) {
    let (title, text) = match tab {
        Tab::Queued if model.queue.count(Tab::Active) > 0 => ("Nothing waits", "All that is left is on its way."),
        Tab::Queued | Tab::Active if model.queue.paused && model.queue.count(Tab::Queued) > 0 => {
            ("The queue is paused", "Resume queue goes on where it stopped.")
        }
        Tab::Queued | Tab::Active => ("Nothing to transfer", "Drag files from one pane to the other."),
        Tab::Failed => ("Nothing failed", ""),
        Tab::Done => ("Nothing finished yet", ""),
    };
    nothing(ui, title, text);
}

/// In place of rows.
fn nothing(ui: &mut Ui, title: &str, text: &str) {
    let look = theme::palette(ui);
    ui.add_space((ui.available_height() / 2.0 - 24.0).max(4.0));
    ui.vertical_centered(|ui| {
        ui.label(RichText::new(title).color(look.weak));
        if !text.is_empty() {
            ui.label(theme::weak(ui, text));
        }
    });
    ui.allocate_rect(ui.available_rect_before_wrap(), Sense::hover());
}
